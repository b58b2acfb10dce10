"""The results of the test: one line per question."""

import enum
from dataclasses import dataclass


class Verdict(enum.Enum):
    """The verdict on a question."""

    OK = "ok"
    FAILED = "FAILED"
    # The test cannot tell; the evidence says why.
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Line:
    """One question, its answer, and the evidence."""

    verdict: Verdict
    question: str
    answer: str
    evidence: str

    def __str__(self) -> str:
        return " | ".join((f"{self.verdict.value:<7}", self.question, self.answer, self.evidence))


def ok(question: str, answer: str, evidence: str) -> Line:
    return Line(Verdict.OK, question, answer, evidence)


def failed(question: str, answer: str, evidence: str) -> Line:
    return Line(Verdict.FAILED, question, answer, evidence)


def unknown(question: str, reason: str) -> Line:
    return Line(Verdict.UNKNOWN, question, "unknown", reason)


def summary(lines: list[Line]) -> str:
    """The number of lines per verdict."""
    counts = {verdict: sum(line.verdict is verdict for line in lines) for verdict in Verdict}
    return ", ".join(f"{count} {verdict.value}" for verdict, count in counts.items())


def exit_code(lines: list[Line]) -> int:
    """0 if nothing failed; unknown is not a failure."""
    return int(any(line.verdict is Verdict.FAILED for line in lines))
