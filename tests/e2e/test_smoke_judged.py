"""How the smoke test judges its findings: its pure parts, without an account."""

import json
from collections import defaultdict
from types import SimpleNamespace

import pytest
from smoke import digest, line, mail, parked, settings, undo, webhooks
from smoke.expected import AUTOMATIC_REPLY, MAILBOXES, REPORTS
from smoke.line import Verdict
from smoke.records import Found
from smoke.run import Options, Run, judge_erasure
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


AT = 1_700_000_000_500
REPORT = ("bounced", AT - 400)
OTHER = ("delivered", AT - 300)


def handled(report=REPORT, *, door="sns", at=AT, topics=()) -> list[dict]:
    """The line of one invocation that began at `at`; that of a batch has no door."""
    kind, occurred = report
    metrics = {"_aws": {"Timestamp": at}, "events.ses": 1, f"events.ses.{kind}": 1, "lag_ms": [at - occurred]}
    result = {} if door == "sqs" else {"door": door, "events": 1, "duration_ms": 3}
    return [metrics | result | ({digest.SHA1_TOPICS: list(topics)} if topics else {})]


def digest_of(*lines: dict, reports=(REPORT,), queued=False) -> line.Line:
    log = digest.Log.read(["START RequestId: 1", "[1]", *map(json.dumps, lines)])
    return digest.judge(log, list(reports), TOPIC, "2", queued=queued)


@pytest.mark.parametrize(
    ("lines", "answer"),
    [
        (handled(), "SHA-256"),
        (handled() + handled(OTHER, at=AT + 100, topics=[TOPIC]), "SHA-256"),
        (handled() + handled(OTHER, at=AT + 100, door="event_bridge"), "SHA-256"),
        (handled(topics=[TOPIC]), "SHA-1"),
        (handled(topics=[f"{TOPIC}-other"]), "unknown"),
        (handled(OTHER), "unknown"),
        (handled(door="event_bridge"), "unknown"),
        (handled(door="sqs", topics=[TOPIC]), "unknown"),
        (handled(door="http"), "unknown"),
        (handled() + handled(at=AT + 100), "unknown"),
        (handled() + handled(at=AT + 100, door="event_bridge"), "unknown"),
        ([], "unknown"),
        ([*handled(), {"door": "sns", "label": "signature", "duration_ms": 1}], "unknown"),
    ],
)
def test_the_digest_is_that_of_the_messages_of_this_run(lines, answer):
    assert digest_of(*lines).answer == answer


def test_the_digest_is_told_only_if_each_report_has_its_line():
    both = [REPORT, OTHER]
    assert digest_of(*handled(), reports=both).answer == "unknown"
    assert digest_of(*handled(), *handled(OTHER, at=AT + 100), reports=both).answer == "SHA-256"
    twice = [REPORT, REPORT]
    assert digest_of(*handled(), reports=twice).answer == "unknown"
    assert digest_of(*handled(), *handled(at=AT + 100), reports=twice).answer == "SHA-256"


def batch(*reports, topics=()) -> dict:
    """The metrics line of one batch with these reports."""
    metrics = {"_aws": {"Timestamp": AT}, "lag_ms": [AT - occurred for _, occurred in reports]}
    metrics |= {f"events.ses.{kind}": 1 for kind, _ in reports} | {"events.ses": len(reports)}
    return metrics | ({digest.SHA1_TOPICS: list(topics)} if topics else {})


@pytest.mark.parametrize(
    ("lines", "answer"),
    [
        ([batch(REPORT, OTHER)], "SHA-256"),
        ([batch(REPORT), batch(OTHER)], "SHA-256"),
        ([batch(REPORT, OTHER, ("opened", AT - 1))], "SHA-256"),
        ([batch(REPORT, topics=[TOPIC]), batch(OTHER)], "SHA-1"),
        ([batch(REPORT, OTHER, topics=[f"{TOPIC}-other"])], "unknown"),
        ([batch(REPORT)], "unknown"),
        ([batch(REPORT), *handled(OTHER)], "unknown"),
        ([batch(REPORT, OTHER), {"door": "sqs", "label": "signature", "duration_ms": 1}], "unknown"),
        ([batch(REPORT, OTHER), {"door": "sns", "label": "signature", "duration_ms": 1}], "SHA-256"),
    ],
)
def test_the_digest_of_queued_messages_is_told_by_the_lines_of_their_batches(lines, answer):
    told = digest_of(*lines, reports=(REPORT, OTHER), queued=True)
    assert (told.question, told.answer) == (digest.QUEUED_QUESTION, answer)


@pytest.mark.parametrize(("intake", "question"), [("direct", digest.QUESTION), ("queue", digest.QUEUED_QUESTION)])
def test_the_question_names_where_sns_delivers(tmp_path, intake, question):
    run = after_all_but_the_reply(tmp_path)
    run.account.parameters["SesIntake"] = intake
    run.sent = []
    (told,) = run.judge_digest()
    assert (told.question, told.verdict) == (question, Verdict.UNKNOWN)


@pytest.mark.parametrize(("states", "obstacle"), [("Disabled Disabled Enabled", None), ("Enabled Disabled Enabled", "on")])
def test_only_the_mappings_of_the_redrive_keep_a_message_from_being_parked(states, obstacle):
    names = ("UndeliveredQueue", "FailedQueue", "IntakeQueue")
    mappings = [{"EventSourceArn": name, "State": state} for name, state in zip(names, states.split())]
    aws = SimpleNamespace(
        list_event_source_mappings=lambda **_: {"EventSourceMappings": mappings},
        get_queue_attributes=lambda QueueUrl, **_: {"Attributes": {"QueueArn": QueueUrl}},
    )
    outputs = {f"{name}Url": name for name in (*names, "ParkedQueue")} | {"FunctionAliasArn": "alias"}
    account = SimpleNamespace(client=lambda _: aws, outputs=outputs, region="eu-west-1")
    told = parked.Parked(account, "smoke-1").obstacle()
    assert (told is None) if obstacle is None else (obstacle in told)


def test_a_record_and_its_line_have_the_same_time():
    event = {"kind": "bounced", "sns_message_id": "one", "occurred_at": "2023-11-14T22:13:20.100Z"}
    assert Found([event, {"kind": "sent", "occurred_at": "2023-11-14T22:13:20.100Z"}], None).reports == [REPORT]


def test_without_records_the_digest_is_told_by_what_was_refused():
    refused = {"door": "sns", "class": "Unauthentic", "label": "signature", "duration_ms": 3}
    assert digest_of(refused, reports=()).verdict is Verdict.FAILED
    assert digest_of(refused | {"label": "topic"}, reports=()).verdict is Verdict.UNKNOWN


def test_what_may_still_come_is_not_taken_back():
    assert judge_erasure(3, 1, set(), True).verdict is Verdict.OK
    late = judge_erasure(3, 1, {"complained"}, True)
    assert (late.verdict, "not yet" in late.evidence, "run it again" in late.evidence) == (Verdict.UNKNOWN, True, True)
    assert judge_erasure(3, 1, set(), False).verdict is Verdict.UNKNOWN


def after_all_but_the_reply(folder, **kinds: tuple[str, ...]) -> Run:
    """A run whose mail is sent and reported, with other kinds for some mailboxes."""
    account = SimpleNamespace(
        client=lambda _: None,
        table=lambda _: None,
        outputs=defaultdict(str),
        parameters={"SesEventTypes": ",".join(ALL_REPORTS)},
        number="1",
        region="eu-west-1",
        stack="any",
    )
    run = Run(account, Options(None, False, False, -1, folder))
    reported = {each.address(run.id): found("sent", "delivered", *each.required) for each in MAILBOXES}
    reported |= {each.address(run.id): found(*kinds[each.name]) for each in MAILBOXES if each.name in kinds}
    nothing = found()
    run.records = SimpleNamespace(of=lambda address: reported.get(address, nothing), erase=lambda _: (1, 0))
    run.sent, run.sent_at = list(MAILBOXES), 0.0
    run.notes.write(run.id, run.addresses)
    return run


def test_an_automatic_reply_is_waited_for_once(tmp_path):
    run = after_all_but_the_reply(tmp_path)
    told = run.erase_records()
    assert (told.verdict, "reports of autoresponded" in told.evidence) == (Verdict.UNKNOWN, True)
    assert list(run.notes.left()) == [run.id]
    run.judge_mail()
    assert run.erase_records().verdict is Verdict.OK
    assert run.notes.left() == {}


def test_any_other_report_that_is_missing_may_still_come(tmp_path):
    run = after_all_but_the_reply(tmp_path, complaint=("sent", "delivered"))
    run.judge_mail()
    told = run.erase_records()
    assert (told.verdict, "reports of complained may still come" in told.evidence) == (Verdict.UNKNOWN, True)
    assert list(run.notes.left()) == [run.id]


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
    assert "not cleaned up: the records" in capsys.readouterr().err
