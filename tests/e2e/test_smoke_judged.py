"""How the smoke test of a live account judges what it finds: its pure parts, without an account."""

import json

import pytest
from smoke import digest, line, mail, parked, settings, undo, webhooks
from smoke.expected import AUTOMATIC_REPLY, MAILBOXES, REPORTS
from smoke.line import Verdict
from smoke.records import Found
from smoke.signals import Interrupted

ALL_REPORTS = set(REPORTS.values())
TOPIC = "arn:aws:sns:eu-west-1:123456789012:topic"
BOUNCE, COMPLAINT, SUCCESS, _, LISTED = MAILBOXES


def found(*kinds: str, state: str = "suppressed", **suppressions: str) -> Found:
    """Events of some kinds, and one suppression per scope (`all` for every send)."""
    scopes = {"all": "*", "ses": "provider:ses"}
    entries = {scopes[scope]: {reason: {"state": state}} for scope, reason in suppressions.items()}
    record = {"suppressions": entries} if entries else None
    return Found([{"kind": kind, "sns_message_id": kind} for kind in kinds], record)


GOOD = [
    (BOUNCE, found("sent", "bounced", all="hard_bounce")),
    (COMPLAINT, found("delivered", "complained", all="complaint")),
    (SUCCESS, found("delivered")),
    (AUTOMATIC_REPLY, found("delivered", "autoresponded")),
    (LISTED, found("rejected", ses="provider_block")),
]
BAD = [
    (BOUNCE, found("sent")),
    (BOUNCE, found("bounced")),
    (BOUNCE, found("bounced", all="hard_bounce", state="lifted")),
    (BOUNCE, found("bounced", all="complaint")),
    (COMPLAINT, found("complained", ses="complaint")),
    (SUCCESS, found()),
    (SUCCESS, found("delivered", all="hard_bounce")),
    (AUTOMATIC_REPLY, found("autoresponded")),
    (AUTOMATIC_REPLY, found("delivered", "bounced", all="hard_bounce")),
    (LISTED, found("rejected", ses="provider_block", all="hard_bounce")),
]


@pytest.mark.parametrize(("mailbox", "records"), GOOD)
def test_what_must_be_is_good(mailbox, records):
    assert mailbox.judge(records, ALL_REPORTS, 1).verdict is Verdict.OK


@pytest.mark.parametrize(("mailbox", "records"), BAD)
def test_what_must_not_be_fails(mailbox, records):
    assert mailbox.judge(records, ALL_REPORTS, 1).verdict is Verdict.FAILED


def test_what_ses_does_not_report_is_unknown():
    judged = BOUNCE.judge(found(), ALL_REPORTS - {"bounce"}, 1)
    assert (judged.verdict, judged.evidence) == (Verdict.UNKNOWN, "SesEventTypes has no bounce")
    assert AUTOMATIC_REPLY.judge(found("delivered"), ALL_REPORTS, 1).verdict is Verdict.UNKNOWN


def test_what_is_waited_for_is_what_ses_reports():
    assert COMPLAINT.outstanding(found("complained"), ALL_REPORTS) == {"sent", "delivered"}
    assert COMPLAINT.outstanding(found("complained"), {"complaint", "send"}) == {"sent"}


def test_the_webhooks_are_judged_by_answer_and_records():
    mailjet, recorded = webhooks.WEBHOOKS[0], found("bounced", all="hard_bounce")
    assert mailjet.judge_accepted(200, recorded).verdict is Verdict.OK
    assert mailjet.judge_refused(401, found()).verdict is Verdict.OK
    for status, records in ((503, recorded), (200, found()), (200, found("bounced"))):
        assert mailjet.judge_accepted(status, records).verdict is Verdict.FAILED
    for status, records in ((200, found()), (401, recorded), (403, found())):
        assert mailjet.judge_refused(status, records).verdict is Verdict.FAILED


@pytest.mark.parametrize("password", ["x", "xyxy", "secret", "yx"])
def test_a_wrong_password_is_another_one(password):
    wrong = webhooks.wrong({"username": "user", "password": password})
    assert (wrong["username"], len(wrong["password"])) == ("user", len(password))
    assert wrong["password"] != password


def log(*lines: dict) -> digest.Log:
    return digest.Log.read(["START RequestId: 1", "[1]", *map(json.dumps, lines)], TOPIC)


RECORDED = {"door": "sns", "events": 1, "duration_ms": 3}
METRICS = {"events.ses": 1}


@pytest.mark.parametrize(
    ("lines", "verdict", "answer"),
    [
        ([RECORDED, METRICS], Verdict.OK, "SHA-256"),
        ([RECORDED, METRICS | {digest.SHA1_TOPICS: [TOPIC]}], Verdict.OK, "SHA-1"),
        ([RECORDED, METRICS | {digest.SHA1_TOPICS: [f"{TOPIC}-other"]}], Verdict.OK, "SHA-256"),
        ([RECORDED], Verdict.UNKNOWN, "unknown"),
        ([METRICS], Verdict.UNKNOWN, "unknown"),
        ([RECORDED | {"door": "event_bridge"}, METRICS], Verdict.UNKNOWN, "unknown"),
    ],
)
def test_the_digest_is_that_of_the_topic(lines, verdict, answer):
    judged = digest.judge(log(*lines), {"one"}, "2")
    assert (judged.verdict, judged.answer) == (verdict, answer)


def test_without_records_the_digest_is_told_by_what_was_refused():
    refused = RECORDED | {"class": "Unauthentic", "label": "signature"}
    assert digest.judge(log(refused), set(), "2").verdict is Verdict.FAILED
    assert digest.judge(log(refused | {"label": "topic"}), set(), "2").verdict is Verdict.UNKNOWN


def test_settings_are_compared_by_name():
    parameters = {name: "1" for name in settings.VARIABLES}
    environment = {variable: "1" for variable in settings.VARIABLES.values()}
    function = {"Version": "7", "Environment": {"Variables": environment}}
    assert settings.judge(parameters, function).verdict is Verdict.OK
    judged = settings.judge(parameters | {"SoftBounceThreshold": "2"}, function)
    assert (judged.verdict, "SoftBounceThreshold" in judged.evidence) == (Verdict.FAILED, True)


@pytest.mark.parametrize(
    ("status", "version", "value", "verdict"),
    [
        ("UPDATE_COMPLETE", "8", "31", Verdict.OK),
        ("UPDATE_COMPLETE", "7", "31", Verdict.FAILED),
        ("UPDATE_COMPLETE", "8", "30", Verdict.FAILED),
        ("UPDATE_ROLLBACK_COMPLETE", "8", "31", Verdict.FAILED),
    ],
)
def test_a_change_is_a_new_version_with_the_value(status, version, value, verdict):
    variables = {settings.VARIABLES[settings.CHANGED]: value}
    function = {"Version": version, "Environment": {"Variables": variables}}
    assert settings.judge_change("7", status, function, "31").verdict is verdict


def identity(name: str, kind: str = "EMAIL_ADDRESS", **differently) -> dict:
    usual = {"IdentityName": name, "IdentityType": kind, "SendingEnabled": True, "VerificationStatus": "SUCCESS"}
    return usual | differently


def test_the_sender_is_one_that_may_send():
    pending = identity("a@example.com", VerificationStatus="PENDING")
    assert mail.sender_of([pending, identity("z@example.com"), identity("b@example.com")]) == "b@example.com"
    assert mail.sender_of([pending, identity("example.org", "DOMAIN")]) == "mail-feedback-smoke@example.org"
    assert mail.sender_of([pending, identity("c@example.com", SendingEnabled=False)]) is None


def test_the_forged_message_has_the_name_of_the_run_and_no_topic_of_the_stack():
    event = parked.forged(TOPIC, "smoke-1")
    assert "smoke-1" in json.dumps(event)
    assert event["Records"][0]["Sns"]["TopicArn"] not in TOPIC


def test_only_a_failure_fails():
    lines = [line.ok("a", "yes", "b"), line.unknown("c", "d")]
    assert (line.exit_code(lines), line.summary(lines)) == (0, "1 ok, 0 FAILED, 1 unknown")
    assert line.exit_code([*lines, line.failed("e", "no", "f")]) == 1


def test_everything_is_taken_back_the_latest_first():
    taken, steps = [], undo.Undo()
    steps.later("first", lambda: taken.append("first"))
    broken = lambda: (_ for _ in ()).throw(undo.Timeout("too late"))
    steps.later("broken", broken)
    steps.later("last", lambda: taken.append("last"))
    (told,) = steps.all()
    assert (taken, told.verdict, told.evidence) == (["last", "first"], Verdict.FAILED, "too late")


def test_a_second_interruption_names_what_is_left(capsys):
    steps = undo.Undo()
    steps.later("the records", lambda: None)
    steps.later("the message", lambda: (_ for _ in ()).throw(Interrupted()))
    told = steps.all()
    assert [each.verdict for each in told] == [Verdict.FAILED] * 2
    assert "not taken back: the records" in capsys.readouterr().err
