"""One run: the questions in order, and the cleanup in any case."""

import contextlib
import secrets
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Callable, Iterable

from botocore.exceptions import BotoCoreError, ClientError

from common.waiting import Timeout, until

from . import digest, mail, settings, webhooks
from .account import Account
from .expected import MAILBOXES, UNSURE, Mailbox
from .line import Line, Verdict, exit_code, failed, ok, summary, unknown
from .notes import Notes
from .parked import QUESTION as PARKED_QUESTION
from .parked import Parked
from .records import Found, Records
from .signals import Interrupted
from .undo import Undo, reason

GONE_QUESTION = "Is everything cleaned up?"
# CloudWatch shows a log line some seconds after it was written.
LOGGED_WITHIN = 60
# After an interruption, reports about mail sent earlier may still be in flight.
LATE_SECONDS = 30


@dataclass(frozen=True)
class Options:
    """The caller's options other than the stack."""

    sender: str | None
    change: bool
    park: bool
    wait: int
    notes: Path


def new_id() -> str:
    """The name of a run, which is part of all its addresses and its message."""
    return f"smoke-{time.strftime('%Y%m%d%H%M%S', time.gmtime())}-{secrets.token_hex(4)}"


@dataclass
class Run:
    """One run and its results so far."""

    account: Account
    options: Options
    id: str = field(default_factory=new_id)
    lines: list[Line] = field(default_factory=list)
    undo: Undo = field(default_factory=Undo)
    began_ms: int = field(default_factory=lambda: int(time.time() * 1000))
    sent_at: float | None = None
    sent: list[Mailbox] = field(default_factory=list)
    found: dict[str, Found] = field(default_factory=dict)
    # Kinds that the run no longer waits for.
    given_up: frozenset[str] = frozenset()

    def __post_init__(self):
        self.records = Records(self.account)
        self.notes = Notes(self.options.notes, self.account)
        self.parked = Parked(self.account, self.id)

    @property
    def addresses(self) -> list[str]:
        """All addresses that can get a record."""
        posted = [each.address(self.id, refused=refused) for each in webhooks.WEBHOOKS for refused in (False, True)]
        return [each.address(self.id) for each in MAILBOXES] + posted

    def whole(self) -> int:
        """Asks everything and cleans up; returns the exit code."""
        print(f"stack {self.account.stack} in {self.account.region}, run {self.id}", flush=True)
        try:
            self.ask("Are earlier runs cleaned up?", self.clean_earlier)
            self.ask(settings.QUESTION, self.compare_settings)
            if self.options.change:
                self.ask(settings.CHANGE_QUESTION, self.change_setting)
            self.plan_erasure()
            self.ask(PARKED_QUESTION, self.begin_parking)
            self.ask("Does SES accept mail to its simulator?", self.send)
            for webhook in webhooks.WEBHOOKS:
                self.ask(f"Does the webhook of {webhook.name} answer?", lambda webhook=webhook: self.post(webhook))
            self.ask("Are SES's reports recorded?", self.judge_mail)
            self.ask(self.digest_question, self.judge_digest)
            self.ask(PARKED_QUESTION, self.finish_parking)
        except Interrupted:
            print("interrupted; cleaning up takes minutes; Ctrl-C again leaves it to the next run", file=sys.stderr)
            self.say([failed("Did the run complete?", "no", "interrupted")])
        finally:
            self.say(self.undo.all())
        print(summary(self.lines), flush=True)
        return exit_code(self.lines)

    def ask(self, question: str, step: Callable[[], Iterable[Line]]) -> None:
        """Runs a step; a refused or unanswered call becomes its line."""
        try:
            self.say(step())
        except (ClientError, BotoCoreError, Timeout, *webhooks.UNREACHABLE) as error:
            self.say([failed(question, "no answer", reason(error))])

    def say(self, lines: Iterable[Line]) -> None:
        for line in lines:
            print(line, flush=True)
            self.lines.append(line)

    def clean_earlier(self) -> list[Line]:
        """Erases what runs left that were killed, or whose reports arrived late."""
        counts = [0, 0]
        earlier = self.notes.left()
        for addresses in earlier.values():
            for address in addresses:
                counts = [have + more for have, more in zip(counts, self.records.erase(address))]
        if earlier:
            self.parked.erase_of(earlier)
        for run in earlier:
            self.notes.forget(run)
        evidence = f"{len(earlier)} runs; {counts[0]} events and {counts[1]} suppression records erased"
        return [ok("Are earlier runs cleaned up?", "yes", evidence)] if earlier else []

    def compare_settings(self) -> list[Line]:
        return [settings.judge(self.account.parameters, self.account.function())]

    def change_setting(self) -> list[Line]:
        """Runs first, so no other question meets a version that is taking over."""
        return [settings.Change(self.account).ask(self.undo)]

    def begin_parking(self) -> list[Line]:
        """Runs early, because Lambda takes minutes to give up on the message."""
        if not self.options.park:
            return [unknown(PARKED_QUESTION, "not asked")]
        obstacle = self.parked.obstacle()
        if obstacle:
            return [unknown(PARKED_QUESTION, obstacle)]
        self.undo.later("the forged message", self.erase_message)
        self.parked.begin()
        return []

    def finish_parking(self) -> list[Line]:
        return [] if self.parked.invoked_at is None else [self.parked.finish()]

    def plan_erasure(self) -> None:
        self.notes.write(self.id, self.addresses)
        self.undo.later("the records", self.erase_records)

    def send(self) -> list[Line]:
        """Sends to the simulator, if the stack can receive the reports."""
        sender, obstacle = self.sender()
        if obstacle:
            return [unknown(mailbox.question, obstacle) for mailbox in MAILBOXES]
        print(f"sending from {sender}", flush=True)
        self.sent_at = time.monotonic()
        for mailbox in MAILBOXES:
            self.sent.append(mailbox)
            try:
                mail.send(self.account, sender, mailbox.address(self.id), self.id)
            except ClientError:
                self.sent.remove(mailbox)
                raise
        return []

    def sender(self) -> tuple[str, None] | tuple[None, str]:
        """The sender, or why nothing can be sent."""
        if not mail.configuration_set(self.account):
            return None, "the stack has no configuration set"
        sender = self.options.sender or mail.find_sender(self.account)
        return (sender, None) if sender else (None, "SES lists no verified identity in this region; set FROM=address")

    def judge_mail(self) -> list[Line]:
        if not self.sent:
            return []
        self.await_reports(self.options.wait)
        self.given_up = UNSURE
        seconds, reported = round(time.monotonic() - self.sent_at), mail.reported(self.account)
        return [mailbox.judge(self.found[mailbox.name], reported, seconds) for mailbox in self.sent]

    def await_reports(self, seconds: int) -> set[str]:
        """Reads the tables until the reports that SES is to make are in them; the kinds that are not, in the end."""
        reported = mail.reported(self.account)
        missing: set[str] = set()

        def complete() -> bool:
            self.found = {mailbox.name: self.records.of(mailbox.address(self.id)) for mailbox in self.sent}
            missing.clear()
            for mailbox in self.sent:
                missing.update(mailbox.outstanding(self.found[mailbox.name], reported) - self.given_up)
            return not missing

        with contextlib.suppress(Timeout):
            until("the reports of SES", complete, seconds=seconds, pause=2)
        return missing

    def post(self, webhook: webhooks.Webhook) -> list[Line]:
        """Posts one report with a wrong password, and one with the right one."""
        credential, url = webhooks.credential(self.account), self.account.outputs[webhook.output]
        refused, accepted = webhook.address(self.id, refused=True), webhook.address(self.id)
        status = webhook.post(url, webhooks.wrong(credential), refused, self.id)
        first = webhook.judge_refused(status, self.records.of(refused))
        status = webhook.post(url, credential, accepted, self.id)
        return [first, webhook.judge_accepted(status, self.records.of(accepted))]

    @property
    def queued(self) -> bool:
        """Whether SES reports wait in a queue before the function gets them."""
        return self.account.parameters.get("SesIntake") == "queue"

    @property
    def digest_question(self) -> str:
        return digest.QUEUED_QUESTION if self.queued else digest.QUESTION

    def judge_digest(self) -> list[Line]:
        if not self.sent:
            return [unknown(self.digest_question, "no mail was sent")]
        topic = self.account.outputs["TopicArn"]
        reports = [report for found in self.found.values() for report in found.reports]
        attributes = self.account.client("sns").get_topic_attributes(TopicArn=topic)["Attributes"]

        def line() -> Line:
            log = digest.read(self.account.client("logs"), self.account.outputs["LogGroupName"], self.began_ms)
            return digest.judge(log, reports, topic, attributes.get("SignatureVersion", "1"), queued=self.queued)

        try:
            return [until("the log", lambda: answered(line()), seconds=min(LOGGED_WITHIN, self.options.wait), pause=5)]
        except Timeout:
            return [line()]

    def erase_message(self) -> None:
        self.parked.erase()

    def erase_records(self) -> Line:
        """Erases everything of this run; if something may still arrive, its notes stay for the next run."""
        late = self.await_reports(min(LATE_SECONDS, self.options.wait)) if self.sent else set()
        counts = [0, 0]
        for address in self.addresses:
            counts = [have + more for have, more in zip(counts, self.records.erase(address))]
        line = judge_erasure(counts[0], counts[1], late, self.parked.is_gone)
        if line.verdict is Verdict.OK:
            self.notes.forget(self.id)
        return line


def judge_erasure(events: int, suppressions: int, late: set[str], message_gone: bool) -> Line:
    """What was erased, and what may still arrive: kinds of reports, and the forged message."""
    evidence = f"{events} events and {suppressions} suppression records erased"
    coming = [f"reports of {' '.join(sorted(late))}"] if late else []
    coming += [] if message_gone else ["the forged message"]
    if coming:
        return unknown(GONE_QUESTION, f"not yet: {evidence}, {' and '.join(coming)} may still come; run it again")
    return ok(GONE_QUESTION, "yes", evidence)


def answered(line: Line) -> Line | None:
    """The line, unless its answer is unknown."""
    return None if line.answer == "unknown" else line
