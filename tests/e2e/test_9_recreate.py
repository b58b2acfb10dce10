"""A new stack takes over the tables and the configuration set of a deleted one."""

import messages
import pytest
from stack import Stack
from tables import Snapshot

KEPT = ("EventTableName", "SuppressionTableName", "SuppressionStreamArn", "ConfigurationSetName")


@pytest.fixture(scope="module")
def before(stack) -> Snapshot:
    return Snapshot.take(stack)


@pytest.fixture(scope="module")
def again(deployment, stack, before) -> Stack:
    name = f"{stack.name}-again"
    adopted = {
        "ExistingEventTable": stack.outputs["EventTableName"],
        "ExistingSuppressionTable": stack.outputs["SuppressionTableName"],
        "ExistingSuppressionStreamArn": stack.outputs["SuppressionStreamArn"],
        "ConfigurationSet": stack.outputs["ConfigurationSetName"],
    }
    deployment.sam.deploy(deployment.template, name, **deployment.trust, **adopted)
    return Stack(stack.cloud, name)


def test_it_names_what_was_kept(stack, again):
    assert {name: again.outputs[name] for name in KEPT} == {name: stack.outputs[name] for name in KEPT}
    assert not {"EventTable", "SuppressionTable", "NewConfigurationSet"} & again.resources().keys()


def test_the_configuration_set_reports_to_it(again):
    answer = again.cloud.client("sesv2").get_configuration_set_event_destinations(
        ConfigurationSetName=again.outputs["ConfigurationSetName"]
    )
    topics = [each["SnsDestination"]["TopicArn"] for each in answer["EventDestinations"]]
    assert topics == [again.topic]


def test_it_still_has_the_suppression_list_and_adds_to_it(again, before):
    address = "recreated@example.com"
    assert before.suppressions and address not in before.suppressions
    assert Snapshot.take(again) == before
    finished = again.finished()
    again.publish(messages.bounce(address))
    again.await_finished(finished + 1)
    after = Snapshot.take(again)
    assert after.since(before).suppressions == [(address, "*", "hard_bounce", "suppressed")]
    assert after.suppressions.keys() == before.suppressions.keys() | {address}


def test_it_leaves_them_when_it_is_deleted_in_turn(deployment, again):
    after = Snapshot.take(again)
    deployment.sam.delete(again.name)
    assert Snapshot.take(again) == after
