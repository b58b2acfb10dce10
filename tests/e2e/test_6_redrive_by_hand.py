"""The operators' redrive: what it shows, what it sends, and what it leaves behind."""

import json
import signal

import messages
import permissions
import program
import pytest
import queues
from tables import Snapshot
from waiting import until

FAILED, UNDELIVERED, PARKED = "FailedQueueUrl", "UndeliveredQueueUrl", "ParkedQueueUrl"
GENUINE = {f"by-hand-{name}@example.com" for name in ("invoked", "published", "undelivered")}
FORGED = "by-hand-forged@example.com"
ATTEMPTS = 10


@pytest.fixture(scope="module")
def operator(stack):
    queues.purge(stack)
    queues.set_visibility_timeout(stack, UNDELIVERED, 1)
    return program.Operator(program.build(), stack, program.on_call(stack))


@pytest.fixture(scope="module")
def failed(stack, signer, operator):
    """Two invocations that failed after all retries, an undelivered message, and a forged one."""
    invoked, published, undelivered = sorted(GENUINE)
    with permissions.without(stack, "Events"):
        envelope = messages.notification(signer, stack.topic, messages.bounce(invoked))
        stack.invoke_later(messages.lambda_event(envelope))
        stack.publish(messages.bounce(published))
        until("both records", lambda: queues.depth(stack, FAILED) == 2, seconds=60)
    for authority, address in ((signer, undelivered), (signer.impostor(), FORGED)):
        envelope = messages.notification(authority, stack.topic, messages.bounce(address))
        queues.send(stack, UNDELIVERED, json.dumps(envelope))


def groups(document: dict) -> set[tuple]:
    """Queue, count, why the messages are there, what the checks say now, and whether a retry may help."""
    return {
        (queue["queue"], group["count"], group["why"], group["now"], group["retry"])
        for queue in document["queues"]
        for group in queue["groups"]
    }


def states(stack) -> set[str]:
    mappings = stack.cloud.client("lambda").list_event_source_mappings(FunctionName=stack.invoked)
    return {mapping["State"] for mapping in mappings["EventSourceMappings"]}


def attempts(stack, message_id: str) -> list[tuple]:
    """The log lines about a queue message."""
    group = stack.configuration()["LoggingConfig"]["LogGroup"]
    pages = stack.cloud.client("logs").get_paginator("filter_log_events").paginate(logGroupName=group)
    lines = [each["message"] for page in pages for each in page["events"] if message_id in each["message"]]
    return [(line["door"], line["class"], line["label"]) for line in map(json.loads, lines)]


PASSES, SAYS_NOTHING = "passes the checks of the function", "the message does not say"
IS_FORGED = "refused: Unauthentic signature"


@pytest.mark.usefixtures("failed")
def test_a_look_tells_the_reasons_and_no_address(stack, operator):
    ran = operator.redrive("--json")
    assert ran.code == 0, ran.err
    assert groups(ran.document) == {
        ("FailedQueue", 2, "RetriesExhausted: Transient forbidden", PASSES, True),
        ("UndeliveredQueue", 1, SAYS_NOTHING, PASSES, True),
        ("UndeliveredQueue", 1, SAYS_NOTHING, IS_FORGED, False),
    }
    looked = [message for queue in ran.document["queues"] for group in queue["groups"] for message in group["messages"]]
    assert {(message["received"], message["receives_left"]) for message in looked} == {(1, ATTEMPTS - 1)}
    assert "example.com" not in ran.out + ran.err
    assert queues.depth(stack, FAILED) == 2 and states(stack) == {"Disabled"}


def test_make_redrive_is_the_same(stack, operator):
    ran = operator.make("redrive")
    assert (ran.code, "UndeliveredQueue: 2 messages" in ran.out) == (0, True), ran.err
    assert operator.make("redrive", stack="").code == 2


@pytest.mark.usefixtures("failed")
def test_sent_they_are_recorded_and_what_cannot_succeed_is_parked_with_its_reason(stack, operator):
    before = Snapshot.take(stack)
    ran = operator.redrive("--send", "--yes", "--json")
    assert ran.code == 1, ran.err
    document = ran.document
    assert [document[name] for name in ("sent", "recorded", "failing", "parked")] == [4, 3, 0, 1]
    assert groups(document) == {("ParkedQueue", 1, SAYS_NOTHING, IS_FORGED, False)}
    assert states(stack) == {"Disabled"}
    assert {event[0] for event in Snapshot.take(stack).since(before).events} == GENUINE
    (parked,) = document["queues"][0]["groups"][0]["messages"]
    looks = 2
    assert attempts(stack, parked["id"]) == [("sqs", "Unauthentic", "signature")] * (ATTEMPTS - looks)


def test_what_is_parked_is_not_sent_again(stack, operator):
    ran = operator.redrive("--send", "--yes")
    assert (ran.code, "nothing to send" in ran.err) == (0, True), ran.err
    assert queues.depth(stack, PARKED) == 1


def test_one_message_is_shown_and_deleted(stack, operator):
    (group,) = operator.redrive("--json").document["queues"][2]["groups"]
    message_id = group["messages"][0]["id"]
    shown = operator.redrive("--delete", message_id)
    assert (shown.code, IS_FORGED in shown.out, queues.depth(stack, PARKED)) == (1, True, 1), shown.err
    assert operator.redrive("--delete", message_id, "--yes").code == 0
    assert queues.depth(stack, PARKED) == 0


def test_parked_messages_are_moved_back_and_sent(stack, signer, operator):
    address = "by-hand-parked@example.com"
    queues.send(stack, UNDELIVERED, json.dumps(messages.notification(signer, stack.topic, messages.bounce(address))))
    queues.park(stack, UNDELIVERED)
    look = operator.redrive("--json").document
    assert groups(look) == {("ParkedQueue", 1, SAYS_NOTHING, PASSES, True)}
    ran = operator.redrive("--parked", "--send", "--yes")
    assert (ran.code, ran.out) == (0, "1 sent, 1 recorded, 0 failing still, 0 parked\n"), ran.err
    assert address in Snapshot.take(stack).suppressions
    assert queues.depth(stack, PARKED) == 0


@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_an_interrupted_run_is_switched_off(stack, signer, operator, stop):
    queues.set_visibility_timeout(stack, UNDELIVERED, 180)
    forged = messages.notification(signer.impostor(), stack.topic, messages.bounce(FORGED))
    queues.send(stack, UNDELIVERED, json.dumps(forged))
    process = operator.start("--send", "--yes")
    until("the redrive", lambda: states(stack) == {"Enabled"})
    process.send_signal(stop)
    ran = operator.end(process)
    assert (ran.code, "interrupted" in ran.err, "off again" in ran.err) == (1, True, True), ran.err
    assert states(stack) == {"Disabled"}
    queues.purge(stack)


def test_what_is_not_as_it_should_be_is_said(stack, operator):
    ran = operator.redrive(stack="no-such-stack")
    assert (ran.code, "there is no stack no-such-stack in eu-west-1" in ran.err) == (1, True), ran.err
    stranger = program.Operator(operator.program, stack, {"AWS_ACCESS_KEY_ID": "AKIASTRANGER"})
    assert (stranger.redrive().code, stranger.redrive().out) == (1, "")
    client = stack.cloud.client("lambda")
    (one, _) = client.list_event_source_mappings(FunctionName=stack.invoked)["EventSourceMappings"]
    client.update_event_source_mapping(UUID=one["UUID"], Enabled=True)
    ran = operator.redrive("--send", "--yes")
    assert (ran.code, "--off" in ran.err) == (1, True), ran.err
    assert operator.redrive("--off").code == 0
    assert states(stack) == {"Disabled"}
