"""The expected result of each report: the simulator's mailboxes as data, and a pure judgement."""

from dataclasses import dataclass

from .line import Line, failed, ok, unknown
from .records import Found

# The SES event type behind each kind of event.
REPORTS = {
    "sent": "send",
    "delivered": "delivery",
    "bounced": "bounce",
    "rejected": "bounce",
    "autoresponded": "bounce",
    "complained": "complaint",
}


# Kinds that SES may report differently or not at all: the test waits for them only once.
UNSURE = frozenset({"autoresponded"})


@dataclass(frozen=True)
class Mailbox:
    """A mailbox of SES's simulator."""

    name: str
    question: str
    # The kinds without which it fails, and those that the test also waits for.
    required: frozenset[str]
    awaited: frozenset[str]
    suppression: tuple[str, str] | None = None

    def address(self, run: str) -> str:
        return f"{self.name}+{run}@simulator.amazonses.com"

    def outstanding(self, found: Found, reported: set[str]) -> set[str]:
        """Kinds that SES should report and that have not arrived yet."""
        return {kind for kind in (self.required | self.awaited) - found.kinds if REPORTS[kind] in reported}

    def judge(self, found: Found, reported: set[str], seconds: int) -> Line:
        """The line about this mailbox, from the contents of the tables after so many seconds."""
        unreported = {REPORTS[kind] for kind in self.required} - reported
        if unreported:
            return unknown(self.question, f"SesEventTypes has no {', '.join(sorted(unreported))}")
        evidence = f"{described(found)}; {seconds} s after sending"
        expected = {self.suppression} if self.suppression else set()
        if self.required - found.kinds or found.suppressed != expected:
            return failed(self.question, "no", f"{evidence}; expected {named(self.required)}, {held(expected)}")
        if self is AUTOMATIC_REPLY:
            return self.judge_reply(found, evidence)
        return ok(self.question, "yes", evidence)

    def judge_reply(self, found: Found, evidence: str) -> Line:
        """SES does not document how it reports the reply, so any report that suppresses nobody is fine."""
        for kind in ("autoresponded", "bounced"):
            if kind in found.kinds:
                return ok(self.question, kind, evidence)
        return unknown(self.question, f"no report of the reply came: {evidence}")


AUTOMATIC_REPLY = Mailbox(
    "ooto",
    "What does an automatic reply become?",
    frozenset({"delivered"}),
    frozenset({"sent", "autoresponded"}),
)
MAILBOXES = (
    Mailbox(
        "bounce",
        "Does a bounce suppress its address for all mail?",
        frozenset({"bounced"}),
        frozenset({"sent"}),
        ("*", "hard_bounce"),
    ),
    Mailbox(
        "complaint",
        "Does a complaint suppress its address for all mail?",
        frozenset({"complained"}),
        frozenset({"sent", "delivered"}),
        ("*", "complaint"),
    ),
    Mailbox("success", "Is a delivery recorded?", frozenset({"delivered"}), frozenset({"sent"})),
    AUTOMATIC_REPLY,
    Mailbox(
        "suppressionlist",
        "Does SES's own suppression list suppress its address for mail through SES?",
        frozenset({"rejected"}),
        frozenset({"sent"}),
        ("provider:ses", "provider_block"),
    ),
)


def named(kinds: set[str] | frozenset[str]) -> str:
    return " ".join(sorted(kinds)) or "no event"


def held(suppressions: set[tuple[str, str]]) -> str:
    return " ".join(f"{reason} for {scope}" for scope, reason in sorted(suppressions)) or "no suppression"


def described(found: Found) -> str:
    """The contents of the tables, in short."""
    return f"{named(found.kinds)}, {held(found.suppressed)}"
