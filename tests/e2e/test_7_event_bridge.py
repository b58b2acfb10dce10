"""One parameter enables SES events through EventBridge; without it, they are refused."""

import json

import messages
import permissions
import pytest
import queues
import samples
from tables import NOTHING, Snapshot
from waiting import until

FAILED = "FailedQueueUrl"


def bounce(address: str) -> dict:
    """The detail of a bounce."""
    return json.loads(messages.bounce(address))


def event(stack, address: str) -> dict:
    """The complete event as EventBridge would deliver it."""
    (sample, *_) = samples.of_bus()
    return sample.event | {"account": stack.account, "detail": bounce(address)}


def test_without_the_parameter_such_an_event_is_refused(stack):
    """Even from somebody who may invoke the function."""
    before = Snapshot.take(stack)
    invocation = stack.invoke(event(stack, "bridged-early@example.com"))
    assert invocation.error and invocation.payload["errorType"] == "Unauthentic"
    assert Snapshot.take(stack).since(before) == NOTHING


@pytest.fixture(scope="module")
def enabled(deployment, stack):
    deployment.sam.deploy(deployment.template, stack.name, EventBridgeEnabled="true")
    return stack


@pytest.mark.parametrize("sample", samples.of_bus(), ids=lambda sample: sample.name)
def test_through_the_bus(enabled, sample):
    before, finished = Snapshot.take(enabled), enabled.finished()
    sample.put(enabled)
    enabled.await_finished(finished + 1)
    assert Snapshot.take(enabled).since(before) == sample.expected


def test_what_came_by_sns_changes_nothing_once_more(enabled):
    """The same bounce through both transports: one event, one suppression, written once."""
    address = "bridged-too@example.com"
    text = messages.bounce(address)
    finished = enabled.finished()
    enabled.publish(text)
    enabled.await_finished(finished + 1)
    before = Snapshot.take(enabled)
    enabled.put_event("Email Bounced", json.loads(text))
    enabled.await_finished(finished + 2)
    after = Snapshot.take(enabled)
    assert after.events.keys() == before.events.keys()
    assert after.suppressions == before.suppressions


def test_the_rule_leaves_what_is_not_about_mail(enabled):
    before, finished = Snapshot.take(enabled), enabled.finished()
    enabled.put_event("Sending Status Disabled", {})
    enabled.put_event("Email Bounced", bounce("bridged-after@example.com"))
    enabled.await_finished(finished + 1)
    assert [row[0] for row in Snapshot.take(enabled).since(before).events] == ["bridged-after@example.com"]
    assert enabled.finished() == finished + 1


def test_an_event_of_another_account_is_refused(enabled):
    invocation = enabled.invoke(event(enabled, "bridged-foreign@example.com") | {"account": "999999999999"})
    assert invocation.error and invocation.payload["errorType"] == "Unauthentic"


def test_an_event_that_failed_comes_back_by_redrive(deployment, enabled):
    address = "bridged-again@example.com"
    assert queues.depth(enabled, FAILED) == 0
    with permissions.without(enabled, "Events"):
        enabled.put_event("Email Bounced", bounce(address))
        until("the record", lambda: queues.depth(enabled, FAILED) == 1, seconds=60)
    (record,) = queues.peek(enabled, FAILED)
    assert record["requestPayload"]["source"] == "aws.ses"
    deployment.sam.deploy(deployment.template, enabled.name, RedriveEnabled="true")
    until("the bounce", lambda: address in Snapshot.take(enabled).suppressions, seconds=60)
    until("an empty queue", lambda: queues.depth(enabled, FAILED) == 0)


def test_switched_off_the_door_is_closed(deployment, enabled):
    deployment.sam.deploy(deployment.template, enabled.name, EventBridgeEnabled="false", RedriveEnabled="false")
    assert {"EventBridgeRule", "EventBridgePermission"} & enabled.resources().keys() == set()
    invocation = enabled.invoke(event(enabled, "bridged-late@example.com"))
    assert invocation.error and invocation.payload["errorType"] == "Unauthentic"
