"""Every optional parameter, on and off: the stack gets each of the parameter sets in turn."""

import json

import links
import messages
import needed
import pytest
import queues
import samples
import support
from applied import apply
from botocore.exceptions import ClientError
from permissions import new_user
from stack import Stack
from variants import VARIANTS
from waiting import until

NAME = "mail-feedback-variants"


@pytest.fixture(scope="module")
def existing(cloud, trust, stack) -> dict[str, str]:
    tables = {
        "event_table": stack.outputs["EventTableName"],
        "suppression_table": stack.outputs["SuppressionTableName"],
        "suppression_stream": stack.outputs["SuppressionStreamArn"],
    }
    return needed.make(cloud, trust["SnsTrustAnchors"]) | tables


@pytest.fixture(scope="module")
def url(deployment) -> str:
    """The URL of the packaged template; packaging it only once saves a minute."""
    return deployment.sam.upload(deployment.template, NAME)


@pytest.mark.parametrize("variant", VARIANTS, ids=lambda variant: variant.name)
def test_the_template_deploys_with(cloud, existing, url, trust, signer, variant):
    given = {name: value.format(**existing) for name, value in variant.parameters.items()}
    assert apply(cloud, NAME, url, trust | given) in ("CREATE_COMPLETE", "UPDATE_COMPLETE")
    stack = Stack(cloud, NAME)
    resources = stack.resources()
    states = {name: each["ResourceStatus"] for name, each in resources.items()}
    assert set(states.values()) <= {"CREATE_COMPLETE", "UPDATE_COMPLETE"}, states
    assert variant.present - resources.keys() == set()
    assert variant.absent & resources.keys() == set()
    environment = stack.environment()
    expected = {name: value.format(**existing) for name, value in variant.environment.items()}
    assert {name: environment.get(name) for name in expected} == expected
    assert stack.post("/webhooks/mailjet", "[]").status == 401, "the function starts under this configuration"
    answer = stack.ask({"addresses": ["nobody@example.com"]})
    assert answer.payload["results"][0]["allowed"] is True, answer
    if "WebhookDomain" in resources:
        assert stack.outputs["MailjetWebhookUrl"] == "https://feedback.example.com/webhooks/mailjet"
        assert stack.outputs["WebhookDomainTarget"]
    if "IntakeQueue" in resources:
        records_what_is_published_and_what_waits(stack, signer, variant.parameters["SesIntake"])
    if "UnsubscribeDomain" in resources:
        assert stack.outputs["UnsubscribeHost"] == "u.example.com"
        assert stack.outputs["UnsubscribeDomainTarget"]
    if "UnsubscribeFunction" in resources:
        links.leave_and_come_back(stack)
    if "SupportFunction" in resources:
        support.looks_and_decides(stack, signer, variant.parameters.get("SupportMayDecide") == "true")
    if "DecideFunction" in resources:
        carries_out_orders(stack)
    if "LoadBalancer" in resources:
        reaches_through_the_load_balancer(stack)


def records_what_is_published_and_what_waits(stack: Stack, signer, intake: str) -> None:
    """Reports reach the tables from the topic, and from the queue, whether or not the topic still fills it."""
    published, waiting = f"published-{intake}@example.com", f"waiting-{intake}@example.com"
    stack.publish(messages.bounce(published))
    envelope = messages.notification(signer, stack.topic, messages.bounce(waiting))
    queues.send(stack, "IntakeQueueUrl", json.dumps(envelope))

    def allowed() -> list[bool]:
        return [result["allowed"] for result in stack.ask({"addresses": [published, waiting]}).payload["results"]]

    until("both reports", lambda: allowed() == [False, False], seconds=60)
    until("an empty queue", lambda: queues.depth(stack, "IntakeQueueUrl") == 0, seconds=30)


def carries_out_orders(stack: Stack) -> None:
    """A program with permission suppresses and lifts, which senders' questions reflect; others are refused."""
    address = {"address": "Decided@Example.com", "scope": "list:ses:News", "reason": "unsubscribe", "actor": "e2e"}
    question = {"addresses": ["decided@example.com"], "provider": "ses", "lists": ["News"]}
    statement = {"Effect": "Allow", "Action": "lambda:InvokeFunction", "Resource": stack.outputs["DecideFunctionArn"]}
    program = new_user(stack, "program", statement)
    for action, allowed in (("suppress", False), ("lift", True)):
        done = stack.order(address | {"action": action}, **program)
        assert (done.error, done.payload["changed"]) == (None, True), done
        assert stack.ask(question).payload["results"][0]["allowed"] is allowed
    again = stack.order(address | {"action": "lift"}, **program)
    assert again.payload["changed"] is False, again
    refused = stack.order(address | {"action": "suppress", "scope": "*", "reason": "soft_bounce"}, **program)
    assert (refused.error, refused.payload["errorType"]) == ("Unhandled", "Refused"), refused
    sender = {"Effect": "Allow", "Action": "lambda:InvokeFunction", "Resource": stack.outputs["CheckFunctionArn"]}
    with pytest.raises(ClientError, match="AccessDenied"):
        stack.order(address | {"action": "lift"}, **new_user(stack, "sender-only", sender))


def reaches_through_the_load_balancer(stack: Stack) -> None:
    """The load balancer forwards callbacks, with their credential, and nothing else."""
    host, sample = stack.outputs["LoadBalancerDnsName"], samples.ALL["tencent/delivered"]
    path, body = sample.event["rawPath"], sample.event["body"]
    token = "token=" + stack.credential()["password"]
    assert stack.post(path, body, query=token, host=host).status == 200
    assert stack.post(path, body, host=host).status == 401
    assert stack.post("/", body, query=token, host=host).status == 404


def test_every_parameter_has_a_variant(deployment):
    """A new parameter needs a variant."""
    varied = {name for variant in VARIANTS for name in variant.parameters} | deployment.trust.keys()
    assert varied == deployment.processed["Parameters"].keys()


def test_it_is_deleted_from_the_last_of_them(cloud, deployment):
    deployment.sam.delete(NAME)
    with pytest.raises(ClientError, match="does not exist"):
        cloud.client("cloudformation").describe_stacks(StackName=NAME)
