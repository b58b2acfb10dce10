"""Every sample, brought by the deployed doors, leaves in the tables what events/expected.json says."""

import pytest
import samples
from tables import Snapshot


def identify(sample: samples.Sample) -> str:
    return sample.name


def test_no_sample_is_left_out():
    """Each is brought by one of the doors below or, with EventBridge enabled, by its bus."""
    webhooks = samples.of("tencent", "mailjet")
    assert len(samples.of_topic()) + len(samples.of_bus()) + len(webhooks) == len(samples.ALL)
    assert {sample.notification()["Type"] for sample in samples.of_topic()} == {"Notification"}


@pytest.fixture(scope="module")
def last(stack) -> list[Snapshot]:
    """The latest look at the tables: what comes late is held against the next sample."""
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
    """Providers deliver again. Left out is what has no identity but that of its SNS message, which is a new one."""
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
