"""Every sample, sent through the deployed doors, produces the records that events/expected.json lists."""

import pytest
import samples
from tables import Snapshot


def identify(sample: samples.Sample) -> str:
    return sample.name


def test_no_sample_is_left_out():
    """Each goes through one of the doors below or, with EventBridge enabled, through its bus."""
    webhooks = samples.of("tencent", "mailjet")
    assert len(samples.of_topic()) + len(samples.of_bus()) + len(webhooks) == len(samples.ALL)
    assert {sample.notification()["Type"] for sample in samples.of_topic()} == {"Notification"}


@pytest.fixture(scope="module")
def last(stack) -> list[Snapshot]:
    """The latest snapshot of the tables: late records count against the next sample."""
    return [Snapshot.take(stack)]


@pytest.mark.parametrize("sample", samples.of_topic(), ids=identify)
def test_through_the_topic(stack, last, sample):
    finished = stack.finished()
    sample.publish(stack)
    stack.await_finished(finished + 1)
    now = Snapshot.take(stack)
    effect = now.since(last[0])
    last[0] = now
    assert effect == sample.expected


@pytest.mark.parametrize("sample", samples.of("tencent", "mailjet"), ids=identify)
def test_through_the_webhook(stack, last, sample):
    answer = sample.post(stack)
    now = Snapshot.take(stack)
    effect = now.since(last[0])
    last[0] = now
    assert answer.status == sample.row["status"]
    assert effect == sample.expected


def test_all_of_them_once_more_change_nothing(stack, last):
    """Providers redeliver. Samples whose only identity is that of their SNS message are skipped, since it is new."""
    repeated = [sample for sample in samples.of_topic() if is_repeatable(sample)]
    finished = stack.finished()
    for sample in repeated:
        sample.publish(stack)
    for sample in samples.of("tencent", "mailjet"):
        assert sample.post(stack).status == 200, sample.name
    stack.await_finished(finished + len(repeated) + len(samples.of("tencent", "mailjet")), seconds=120)
    now = Snapshot.take(stack)
    assert now.events.keys() == last[0].events.keys()
    assert now.suppressions == last[0].suppressions


def is_repeatable(sample: samples.Sample) -> bool:
    identified_by_message = {"unknown", "misrouted", "recipient_mismatch"}
    kinds = {event["kind"] for event in sample.row["events"]} | {event.get("cause") for event in sample.row["events"]}
    return not kinds & identified_by_message and not sample.name.startswith(("ses/inbound", "ses/sms"))
