"""Failed messages wait in a queue, and one parameter sends them through the function again."""

import json

import messages
import permissions
import pytest
import queues
from tables import Snapshot
from waiting import until

FAILED, UNDELIVERED, PARKED = "FailedQueueUrl", "UndeliveredQueueUrl", "ParkedQueueUrl"
ADDRESSES = {
    "an asynchronous invocation": "redrive-invoked@example.com",
    "a notification": "redrive-published@example.com",
    "an undelivered message": "redrive-undelivered@example.com",
}


def recorded(stack) -> set[str]:
    return {address for address in ADDRESSES.values() if address in Snapshot.take(stack).suppressions}


@pytest.fixture(scope="module")
def failed(stack, signer):
    """Two invocations that failed after all retries, and a message that SNS could not deliver."""
    invoked, published, undelivered = ADDRESSES.values()
    assert queues.depth(stack, FAILED) == 0
    with permissions.without(stack, "Events"):
        envelope = messages.notification(signer, stack.topic, messages.bounce(invoked))
        stack.invoke_later(messages.lambda_event(envelope))
        stack.publish(messages.bounce(published))
        until("both records", lambda: queues.depth(stack, FAILED) == 2, seconds=60)
    queues.send(
        stack, UNDELIVERED, json.dumps(messages.notification(signer, stack.topic, messages.bounce(undelivered)))
    )


@pytest.mark.usefixtures("failed")
def test_a_failed_invocation_keeps_its_event(stack):
    records = queues.peek(stack, FAILED)
    assert len(records) == 2
    for record in records:
        assert record["requestContext"]["condition"] == "RetriesExhausted"
        assert record["responsePayload"]["errorType"] == "Transient"
        assert record["requestPayload"]["Records"][0]["Sns"]["TopicArn"] == stack.topic


@pytest.mark.usefixtures("failed")
def test_switched_on_it_records_them_all(deployment, stack):
    deployment.sam.deploy(deployment.template, stack.name, RedriveEnabled="true")
    until("all in the table", lambda: recorded(stack) == set(ADDRESSES.values()), seconds=60)
    until("empty queues", lambda: queues.depth(stack, FAILED) + queues.depth(stack, UNDELIVERED) == 0)
    mappings = stack.cloud.client("lambda").list_event_source_mappings(FunctionName=stack.invoked)
    states = [mapping["State"] for mapping in mappings["EventSourceMappings"]]
    assert states == ["Enabled", "Enabled"]


def test_what_fails_again_does_not_hold_up_the_rest(stack, signer):
    """In one batch or not: the good message is recorded and deleted, the forged one stays and is finally parked."""
    before = Snapshot.take(stack)
    address = "redrive-beside@example.com"
    genuine = messages.notification(signer, stack.topic, messages.bounce(address))
    forged = messages.notification(signer.impostor(), stack.topic, messages.bounce(f"forged-{address}"))
    queues.set_visibility_timeout(stack, UNDELIVERED, 1)
    for envelope in (forged, genuine):
        queues.send(stack, UNDELIVERED, json.dumps(envelope))
    until("the good one", lambda: address in Snapshot.take(stack).suppressions)
    until("the forged one alone", lambda: queues.depth(stack, UNDELIVERED) <= 1)
    until("parking", lambda: queues.depth(stack, PARKED) == 1, seconds=90)
    assert queues.peek(stack, PARKED) == [forged]
    assert queues.depth(stack, UNDELIVERED) == 0
    assert [event[0] for event in Snapshot.take(stack).since(before).events] == [address]


def test_switched_off_the_queues_are_left_alone(deployment, stack, signer):
    deployment.sam.deploy(deployment.template, stack.name, RedriveEnabled="false")
    mappings = stack.cloud.client("lambda").list_event_source_mappings(FunctionName=stack.invoked)
    assert {mapping["State"] for mapping in mappings["EventSourceMappings"]} == {"Disabled"}
