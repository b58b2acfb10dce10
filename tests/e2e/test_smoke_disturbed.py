"""What the smoke test does to messages of others, on queues that count receives and park messages."""

import itertools
import json
from dataclasses import dataclass, field
from types import SimpleNamespace

import pytest
from smoke import parked
from smoke.line import Verdict
from smoke.signals import Interrupted
from smoke.undo import Timeout

RUN = "smoke-1"
MAX_RECEIVES = 10
FAILED, PARKED, UNDELIVERED = "FailedQueueUrl", "ParkedQueueUrl", "UndeliveredQueueUrl"


@dataclass
class Clock:
    """A clock that advances only by sleeping; at `interrupted_at` somebody presses Ctrl-C."""

    now: float = 1000.0
    interrupted_at: float = float("inf")

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds
        if self.now >= self.interrupted_at:
            self.interrupted_at = float("inf")
            raise Interrupted


@dataclass
class Message:
    Body: str
    queue: str
    visible_at: float
    MessageId: str
    receives: int = 0


@dataclass
class Queues:
    """Like SQS: a receive counts and hides the message, and one received too often is parked."""

    clock: Clock
    messages: list[Message] = field(default_factory=list)
    ids: itertools.count = field(default_factory=itertools.count)

    def put(self, body: str, after: float, queue: str = FAILED) -> Message:
        message = Message(body, queue, self.clock.now + after, str(next(self.ids)))
        self.messages.append(message)
        return message

    def visible(self, url: str) -> list[Message]:
        return [each for each in self.messages if each.queue == url and each.visible_at <= self.clock.now]

    def get_queue_attributes(self, QueueUrl, AttributeNames):
        return {
            "Attributes": {
                "ApproximateNumberOfMessages": str(len(self.visible(QueueUrl))),
                "QueueArn": QueueUrl,
                "RedrivePolicy": json.dumps({"maxReceiveCount": MAX_RECEIVES}),
            }
        }

    def receive_message(self, QueueUrl, MaxNumberOfMessages, VisibilityTimeout, WaitTimeSeconds):
        found = self.visible(QueueUrl)[:MaxNumberOfMessages]
        for message in found:
            message.receives += 1
            message.visible_at = self.clock.now + VisibilityTimeout
            if message.receives > MAX_RECEIVES and message.queue == FAILED:
                message.queue = PARKED
        if not found:
            self.clock.now += WaitTimeSeconds
        there = [each for each in found if each.queue == QueueUrl]
        return {"Messages": [vars(each) | {"ReceiptHandle": each.MessageId} for each in there]}

    def message(self, handle: str) -> Message:
        return next(each for each in self.messages if each.MessageId == handle)

    def delete_message(self, QueueUrl, ReceiptHandle):
        self.messages.remove(self.message(ReceiptHandle))

    def change_message_visibility(self, QueueUrl, ReceiptHandle, VisibilityTimeout):
        self.message(ReceiptHandle).visible_at = self.clock.now + VisibilityTimeout


@pytest.fixture
def clock(monkeypatch):
    clock = Clock()
    for module in ("smoke.parked.time", "common.waiting.time"):
        monkeypatch.setattr(module, SimpleNamespace(monotonic=clock.monotonic, sleep=clock.sleep))
    return clock


@pytest.fixture
def queues(clock):
    return Queues(clock)


@pytest.fixture
def run(clock, queues):
    """A run that has just invoked the function."""
    outputs = {name: name for name in (FAILED, PARKED, UNDELIVERED)}
    account = SimpleNamespace(client=lambda _: queues, outputs=outputs, region="eu-west-1")
    return parked.Parked(account, RUN, invoked_at=clock.now)


def assert_untouched(queues, *foreign: Message) -> None:
    """The foreign messages are where they were, visible to everybody, and no others are left."""
    assert queues.messages == list(foreign)
    assert [each.queue for each in foreign] == [FAILED] * len(foreign)
    assert queues.visible(FAILED) == list(foreign)
    assert max(each.receives for each in foreign) <= 2


@pytest.mark.parametrize("forged_after", [185, 400])
def test_a_message_that_comes_in_between_is_received_twice_at_most(run, queues, forged_after):
    foreign = queues.put("of somebody else", after=30)
    queues.put(RUN, after=forged_after)
    told = run.finish()
    assert (told.verdict, "another message came into FailedQueue" in told.evidence) == (Verdict.UNKNOWN, True)
    later = queues.put("of another one", after=20)
    run.erase()
    assert run.is_gone
    assert_untouched(queues, foreign, later)


def test_a_message_that_comes_during_parking_is_received_twice_at_most(run, queues):
    queues.put(RUN, after=185)
    foreign = queues.put("of somebody else", after=186.4)
    assert run.finish().verdict is Verdict.UNKNOWN
    run.erase()
    assert_untouched(queues, foreign)


def test_after_an_interruption_it_is_the_same(run, queues, clock):
    foreign = queues.put("of somebody else", after=15)
    queues.put(RUN, after=185)
    clock.interrupted_at = clock.now + 10
    with pytest.raises(Interrupted):
        run.finish()
    run.erase()
    assert_untouched(queues, foreign)


def test_a_second_interruption_leaves_them_visible(run, queues, clock):
    foreign = queues.put("of somebody else", after=15)
    clock.interrupted_at = clock.now + 60
    with pytest.raises(Interrupted):
        run.erase()
    assert not run.is_gone
    assert_untouched(queues, foreign)


def test_if_the_forged_message_never_comes_they_are_visible_again(run, queues):
    foreign = queues.put("of somebody else", after=15)
    with pytest.raises(Timeout):
        run.erase()
    assert_untouched(queues, foreign)


def test_what_earlier_runs_left_is_found_with_one_receive(run, queues):
    foreign = [queues.put(f"of somebody else {number}", after=0) for number in range(25)]
    for number in range(5):
        queues.put(f"smoke-earlier-{number}", after=0)
    run.erase_of([f"smoke-earlier-{number}" for number in range(5)])
    assert_untouched(queues, *foreign)
    assert {each.receives for each in foreign} == {1}
