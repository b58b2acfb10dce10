"""An update with one changed parameter changes nothing else."""

import messages
import samples
from common.credential import basic
from tables import Snapshot


def live(stack) -> str:
    """The version that the alias names."""
    return stack.cloud.client("lambda").get_alias(FunctionName=stack.function, Name="live")["FunctionVersion"]


def versions(stack) -> set[str]:
    pages = stack.cloud.client("lambda").get_paginator("list_versions_by_function").paginate(FunctionName=stack.function)
    return {each["Version"] for page in pages for each in page["Versions"]}


def test_an_update_keeps_data_and_credentials_and_takes_effect(deployment, stack):
    before, credential, environment = Snapshot.take(stack), stack.credential(), stack.environment()
    outputs, trust = stack.outputs, environment["SNS_TRUST_ANCHORS"]
    deployment.sam.deploy(deployment.template, stack.name, EventRetentionDays="401")

    assert stack.describe()["StackStatus"] == "UPDATE_COMPLETE"
    assert type(stack)(stack.cloud, stack.name).outputs == outputs
    assert stack.environment() == environment | {"EVENT_RETENTION_DAYS": "401"}
    assert trust == deployment.trust["SnsTrustAnchors"], "a parameter that is not named keeps its value"
    assert Snapshot.take(stack) == before
    assert stack.credential() == credential


def test_a_changed_setting_makes_a_version_and_the_one_before_stays(deployment, stack):
    """Lambda may hold events for it."""
    old = live(stack)
    deployment.sam.deploy(deployment.template, stack.name, MemorySize="384")
    assert stack.configuration()["MemorySize"] == 384, "by the alias"
    assert live(stack) != old
    assert {old, live(stack)} <= versions(stack)


def test_events_arrive_after_an_update(stack):
    before, finished = Snapshot.take(stack), stack.finished()
    address = "updated@example.com"
    stack.publish(messages.bounce(address))
    stack.await_finished(finished + 1)
    after = Snapshot.take(stack)
    assert after.since(before).suppressions == [(address, "*", "hard_bounce", "suppressed")]
    (item,) = [item for (key, _), item in after.events.items() if key == address]
    occurred = samples.seconds(item["event"].partition("#")[0])
    assert round((int(item["expires_at"]) - occurred) / 86400) == 401


def test_webhooks_answer_after_an_update(stack):
    sample = samples.ALL["mailjet/open"]
    headers = basic(*stack.credential().values())
    assert stack.post(sample.event["rawPath"], sample.event["body"], headers).status == 200
