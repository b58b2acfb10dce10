"""With which digest SNS signs what it hands to Lambda: the function counts SHA-1 in its log, and names the topic."""

import json
from dataclasses import dataclass

from .line import Line, failed, ok, unknown

QUESTION = "With which digest does SNS sign for Lambda?"
SHA1_TOPICS = "signature_version_1_topics"
# Terms that find the line about each invocation, and the line with its metrics where it brought events of SES.
PATTERNS = ('"duration_ms"', '"events.ses"')


@dataclass(frozen=True)
class Log:
    """Lines of the log of one interval, by what they say about SNS messages of SES."""

    recorded: int
    refused: set[str]
    counted: int
    sha1: int

    @classmethod
    def read(cls, lines: list[str], topic: str) -> "Log":
        """Out of the texts; what is no JSON of the function's own says nothing."""
        spoken = [each for each in map(parsed, lines) if each]
        sns = [each for each in spoken if each.get("door") == "sns"]
        counted = [each for each in spoken if "events.ses" in each]
        return cls(
            recorded=sum("label" not in each for each in sns),
            refused={each["label"] for each in sns if "label" in each},
            counted=len(counted),
            sha1=sum(topic in each.get(SHA1_TOPICS, []) for each in counted),
        )


def parsed(line: str) -> dict | None:
    try:
        value = json.loads(line)
    except ValueError:
        return None
    return value if isinstance(value, dict) else None


def read(logs, group: str, since_ms: int, topic: str) -> Log:
    lines = []
    for pattern in PATTERNS:
        pages = logs.get_paginator("filter_log_events").paginate(
            logGroupName=group, startTime=since_ms, filterPattern=pattern
        )
        lines += [each["message"] for page in pages for each in page["events"]]
    return Log.read(lines, topic)


def judge(log: Log, messages: set[str], signature_version: str) -> Line:
    """The answer, for the SNS messages that brought the records of this run."""
    about = f"topic with SignatureVersion {signature_version}"
    if messages and min(log.recorded, log.counted) >= len(messages):
        evidence = f"{about}; {len(messages)} messages recorded, SHA-1 in {log.sha1} of {log.counted} lines of metrics"
        return ok(QUESTION, "SHA-1" if log.sha1 else "SHA-256", evidence)
    if messages:
        lines = f"{log.counted} lines of metrics in the log"
        return unknown(QUESTION, f"{about}; {len(messages)} messages recorded, {lines}")
    refused = sorted(label for label in log.refused if label.startswith("signature"))
    if refused:
        return failed(QUESTION, "one that is refused", f"{about}; refused in the log with {' '.join(refused)}")
    return unknown(QUESTION, f"{about}; no report of SES came through SNS")
