"""The smoke test of a live account, run on the emulator: its answers, its failures, and that it leaves nothing."""

import json
import signal
import time

import permissions
import pytest
import queues
import simulator
import smoked
import tls_proxy
from tables import Snapshot
from waiting import until

SENDER = "orders@example.com"
SETTINGS = "Does the alias have the stack's settings?"
CHANGE = "Does a changed setting take over?"
DIGEST = "With which digest does SNS sign for Lambda?"
PARKED = "Does a parked message move back to its queue?"
REPLY = "What does an automatic reply become?"
BOUNCE = "Does a bounce suppress its address for all mail?"
COMPLAINT = "Does a complaint suppress its address for all mail?"
MAIL = {
    BOUNCE,
    COMPLAINT,
    REPLY,
    "Is a delivery recorded?",
    "Does SES's own suppression list suppress its address for mail through SES?",
}
POSTED = {
    f"Is a report of {provider} with {case}?"
    for provider in ("mailjet", "tencent")
    for case in ("the password recorded", "a wrong password refused")
}
EARLIER = "Are earlier runs cleaned up?"
GONE = "Is everything cleaned up?"
QUICK = ("--no-park", "--wait", "5")


@pytest.fixture(scope="module")
def proxy(stack, folder):
    with tls_proxy.running(stack, folder) as running:
        yield running


@pytest.fixture(scope="module")
def mailboxes(stack):
    with simulator.running(stack) as running:
        yield running


@pytest.fixture(scope="module")
def smoke(stack, proxy, mailboxes, folder):
    queues.purge(stack)
    stack.cloud.client("sesv2").create_email_identity(EmailIdentity=SENDER)
    return smoked.Smoke(stack, proxy, folder / "smoke", smoked.somebody(stack))


@pytest.fixture(autouse=True)
def clean(stack, smoke, mailboxes, proxy):
    """After every run, tables and queues are unchanged, and no notes are left."""
    before = Snapshot.take(stack)
    yield
    mailboxes.silent.clear()
    proxy.statuses.clear()
    assert Snapshot.take(stack) == before
    assert depths(stack) == [0, 0, 0]
    assert list(smoke.notes.glob("*")) == []


def depths(stack) -> list[int]:
    return [queues.depth(stack, name) for name in ("UndeliveredQueueUrl", "FailedQueueUrl", "ParkedQueueUrl")]


def test_every_question_is_answered(stack, smoke):
    told = smoke.make(STACK=stack.name, FROM=SENDER)
    assert told.code == 0, told.out + told.err
    assert set(told.verdicts) == {SETTINGS, DIGEST, PARKED, GONE} | MAIL | POSTED
    assert set(told.verdicts.values()) == {"ok"}, told.out
    assert (told.answers[DIGEST], told.answers[REPLY]) == ("SHA-256", "autoresponded")
    assert "13 ok, 0 FAILED, 0 unknown" in told.out
    secret = stack.credential()["password"]
    assert secret not in told.out + told.err


def test_a_changed_setting_takes_over_and_is_put_back(stack, smoke):
    """With the permissions to deploy."""
    before = stack.environment()
    version = stack.configuration()["Version"]
    admin = smoked.Smoke(stack, smoke.proxy, smoke.notes)
    told = admin.run("--change", *QUICK)
    assert (told.code, told.verdicts[CHANGE]) == (0, "ok"), told.out + told.err
    assert stack.environment() == before
    assert int(stack.configuration()["Version"]) == int(version) + 2


def test_it_tells_that_sns_signs_with_sha1(stack, smoke):
    """The function accepts SHA-1 from Lambda, and the test says so."""
    sns = stack.cloud.client("sns")
    sns.set_topic_attributes(TopicArn=stack.topic, AttributeName="SignatureVersion", AttributeValue="1")
    told = smoke.run(*QUICK)
    sns.set_topic_attributes(TopicArn=stack.topic, AttributeName="SignatureVersion", AttributeValue="2")
    assert (told.code, told.answers[DIGEST]) == (0, "SHA-1"), told.out + told.err


def test_a_report_that_does_not_come_is_a_failure(smoke, mailboxes):
    mailboxes.silent = {"complaint-abuse", "bounce-auto-reply"}
    told = smoke.run(*QUICK)
    assert (told.code, told.verdicts[COMPLAINT], told.verdicts[BOUNCE]) == (1, "FAILED", "ok"), told.out + told.err
    assert (told.verdicts[REPLY], told.verdicts[PARKED]) == ("unknown", "unknown")
    assert told.verdicts[GONE] == "unknown"
    assert "reports of complained may still come; run it again" in told.out
    mailboxes.silent.clear()
    assert smoke.run(*QUICK).verdicts[EARLIER] == "ok"


def test_reports_that_the_function_cannot_record_are_failures(stack, smoke):
    with permissions.without(stack, "Suppressions"):
        told = smoke.run(*QUICK)
        until("the failed ones", lambda: queues.depth(stack, "FailedQueueUrl") >= 4, seconds=60)
    assert told.code == 1
    assert "503" in told.out
    assert told.verdicts[BOUNCE] == "FAILED", told.out
    queues.purge(stack)
    assert smoke.run(*QUICK).code == 0


def test_a_wrong_answer_is_a_failure(smoke, proxy):
    proxy.statuses = {"/webhooks/mailjet": 200, "/webhooks/tencent": 503}
    told = smoke.run(*QUICK)
    assert told.code == 1, told.out + told.err
    verdicts = {question: told.verdicts[question] for question in POSTED}
    assert set(verdicts.values()) == {"ok", "FAILED"}
    right = {question for question, verdict in verdicts.items() if verdict == "ok"}
    assert right == {"Is a report of mailjet with the password recorded?"}, told.out


def test_what_cannot_be_erased_is_a_failure_and_goes_with_the_next_run(stack, smoke):
    whole = smoked.rights(stack)
    smoked.allow(stack, json.loads(json.dumps(whole).replace("dynamodb:DeleteItem", "dynamodb:DescribeTable")))
    told = smoke.run(*QUICK)
    smoked.allow(stack, whole)
    assert (told.code, "DeleteItem answered AccessDenied" in told.out) == (1, True), told.out + told.err
    told = smoke.run(*QUICK)
    assert (told.code, told.verdicts[EARLIER]) == (0, "ok"), told.out + told.err


def test_what_is_refused_is_named(stack, smoke):
    stranger = smoked.Smoke(stack, smoke.proxy, smoke.notes, {"AWS_ACCESS_KEY_ID": "AKIASTRANGER"})
    told = stranger.run(*QUICK)
    assert (told.code, "cannot read stack" in told.err, told.out) == (2, True, ""), told.err
    told = smoke.run(*QUICK, stack="no-such-stack")
    assert (told.code, told.out) == (2, ""), told.err


def test_beside_other_messages_nothing_is_parked(stack, smoke):
    queues.send(stack, "FailedQueueUrl", "of somebody else")
    told = smoke.run("--wait", "5")
    assert (told.code, told.verdicts[PARKED]) == (0, "unknown"), told.out + told.err
    assert "FailedQueue not empty" in told.out
    assert queues.depth(stack, "FailedQueueUrl") == 1
    queues.purge(stack)


def await_records(stack, before: Snapshot) -> None:
    """Waits until a run has created its first records."""
    until("first records", lambda: Snapshot.take(stack) != before, seconds=60)


def at_rest(stack) -> bool:
    """Whether the tables stay unchanged for some seconds."""
    before = Snapshot.take(stack)
    time.sleep(3)
    return Snapshot.take(stack) == before


def test_an_interrupted_run_cleans_up(stack, smoke):
    """While Lambda still has the forged message, and SES reports are in flight."""
    process = smoke.start("--from", SENDER)
    await_records(stack, Snapshot.take(stack))
    process.send_signal(signal.SIGINT)
    told = smoke.end(process)
    assert (told.code, "interrupted" in told.err, told.verdicts[GONE]) == (1, True, "ok"), told.out + told.err


def test_what_a_killed_run_left_goes_with_the_next(stack, smoke):
    process = smoke.start("--from", SENDER, "--no-park")
    await_records(stack, Snapshot.take(stack))
    process.kill()
    process.communicate()
    until("the last of its reports", lambda: at_rest(stack))
    assert len(list(smoke.notes.glob("*"))) == 1
    told = smoke.run(*QUICK)
    assert (told.code, told.verdicts[EARLIER]) == (0, "ok"), told.out + told.err
