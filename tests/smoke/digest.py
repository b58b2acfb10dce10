"""Which digest SNS uses to sign messages: the function counts SHA-1 in its log, and names the topic.

No line names an SNS message. But a metrics line has the kinds of its events, when they were handled, and how long after the
event that was. So kind and time of an event, to the millisecond, identify the line of its message. The line of one SNS
message has the door `sns`. That of a batch of a queue has no door, and may also be about messages of others."""

import json
from collections import Counter
from dataclasses import dataclass

from .line import Line, failed, ok, unknown
from .records import Report

QUESTION = "With which digest does SNS sign for Lambda?"
QUEUED_QUESTION = "With which digest does SNS sign for IntakeQueue?"
SHA1_TOPICS = "signature_version_1_topics"
KINDS = "events.ses."
# Search terms for the line of each failure, and for the metrics line of each invocation with SES events.
PATTERNS = ('"label"', '"events.ses"')
SNS, SQS = "sns", "sqs"


@dataclass(frozen=True)
class Handled:
    """One metrics line: which events it may be about, their door, and the topics that sign with SHA-1."""

    reports: frozenset[Report]
    door: str | None
    sha1: frozenset[str]


@dataclass(frozen=True)
class Log:
    """The log lines of one interval, by what they say about SNS messages from SES."""

    handled: list[Handled]
    # The doors and labels of failures.
    refused: set[tuple[str, str]]

    @classmethod
    def read(cls, lines: list[str]) -> "Log":
        """Parses lines; those that are not the function's own JSON are ignored."""
        values = [value for text in lines if (value := parsed(text))]
        return cls(
            handled=[handled(value) for value in values if "events.ses" in value],
            refused={(value["door"], value["label"]) for value in values if "door" in value and "label" in value},
        )


def handled(metrics: dict) -> Handled:
    at = metrics["_aws"]["Timestamp"]
    kinds = [name.removeprefix(KINDS) for name in metrics if name.startswith(KINDS)]
    return Handled(
        reports=frozenset((kind, at - lag) for kind in kinds for lag in metrics.get("lag_ms", [])),
        door=metrics.get("door"),
        sha1=frozenset(metrics.get(SHA1_TOPICS, [])),
    )


def parsed(line: str) -> dict | None:
    try:
        value = json.loads(line)
    except ValueError:
        return None
    return value if isinstance(value, dict) else None


def read(logs, group: str, since_ms: int) -> Log:
    lines = []
    for pattern in PATTERNS:
        pages = logs.get_paginator("filter_log_events").paginate(
            logGroupName=group, startTime=since_ms, filterPattern=pattern
        )
        lines += [each["message"] for page in pages for each in page["events"]]
    return Log.read(lines)


def judge(log: Log, reports: list[Report], topic: str, signature_version: str, *, queued: bool = False) -> Line:
    """The answer, for the reports of this run that came through SNS: SHA-256 only if their lines are complete."""
    question = QUEUED_QUESTION if queued else QUESTION
    about = f"topic with SignatureVersion {signature_version}"
    labels = {label for door, label in log.refused if door == (SQS if queued else SNS)}
    refused = " ".join(sorted(label for label in labels if label.startswith("signature")))
    if not reports:
        if refused:
            return failed(question, "one that is refused", f"{about}; refused with label {refused}")
        return unknown(question, f"{about}; no SES report came through SNS")
    lines = [each for each in log.handled if each.reports & set(reports)]
    of_sns = [each for each in lines if each.door == (None if queued else SNS)]
    sha1 = sum(topic in each.sha1 for each in of_sns)
    evidence = f"{about}; {len(reports)} reports recorded, SHA-1 in {sha1} of their {len(lines)} metrics lines"
    if sha1:
        return ok(question, "SHA-1", evidence)
    if refused:
        return unknown(question, f"{evidence}; others were refused with label {refused}")
    if len(of_sns) < len(lines) or any(each.sha1 for each in lines):
        return unknown(question, f"{evidence}; some may have come through another door or topic")
    if not complete(lines, reports, queued):
        return unknown(question, f"{evidence}; not exactly one line for each")
    return ok(question, "SHA-256", evidence)


def complete(lines: list[Handled], reports: list[Report], queued: bool) -> bool:
    """Whether each report has a line: one of its own, or that of a batch."""
    if queued:
        return all(any(report in each.reports for each in lines) for report in reports)
    own = Counter(reports)
    return Counter(report for each in lines for report in each.reports if report in own) == own
