"""The sample invocations in events/, and their expected results from events/expected.json."""

import base64
import datetime
import json
import urllib.parse
from dataclasses import dataclass

from common.credential import basic
from sam import REPOSITORY
from stack import Answer, Stack
from tables import Effect

FOLDER = REPOSITORY / "events"


@dataclass(frozen=True)
class Sample:
    """One sample: `<provider>/<name>`, its invocation, its expected row."""

    name: str
    event: dict
    row: dict

    @property
    def expected(self) -> Effect:
        return Effect.expected(self.row)

    def notification(self) -> dict:
        """The only SNS message of a Lambda event."""
        (record,) = self.event["Records"]
        return record["Sns"]

    @property
    def is_bridged(self) -> bool:
        """Whether it comes through EventBridge, not SNS."""
        return self.event.get("source") == "aws.ses"

    def put(self, stack: Stack) -> None:
        """Puts the event on the default bus as SES does."""
        stack.put_event(self.event["detail-type"], self.event["detail"])

    def publish(self, stack: Stack) -> str:
        """Publishes the message text and subject through SNS, in a current envelope."""
        message = self.notification()
        return stack.publish(message["Message"], message.get("Subject"))

    def post(self, stack: Stack) -> Answer:
        """Sends the request with the stack's credential in place of the sample's."""
        credential = stack.credential()
        body = base64.b64decode(self.event["body"]) if self.event["isBase64Encoded"] else self.event["body"].encode()
        query = self.event.get("queryStringParameters") or {}
        headers = {"Content-Type": "application/json"}
        if "token" in query:
            query = query | {"token": credential["password"]}
        else:
            headers |= basic(credential["username"], credential["password"])
        # Payload formats 2.0 and 1.0 have different names for the path.
        path = self.event.get("rawPath") or self.event["path"]
        return stack.post(path, body, headers, urllib.parse.urlencode(query))


def load() -> dict[str, Sample]:
    """All samples, ordered by provider, then by name."""
    expected = json.loads((FOLDER / "expected.json").read_text())
    samples = {}
    for provider in ("ses", "tencent", "mailjet"):
        for path in sorted((FOLDER / provider).glob("*.json")):
            name = f"{provider}/{path.stem}"
            samples[name] = Sample(name, json.loads(path.read_text()), expected.pop(name))
    assert not expected, f"no sample for {sorted(expected)}"
    return samples


ALL = load()


def of(*providers: str) -> list[Sample]:
    return [sample for name, sample in ALL.items() if name.partition("/")[0] in providers]


def of_topic() -> list[Sample]:
    """The samples from SES through SNS."""
    return [sample for sample in of("ses") if not sample.is_bridged]


def of_bus() -> list[Sample]:
    """The samples from SES through EventBridge."""
    return [sample for sample in of("ses") if sample.is_bridged]


def seconds(text: str) -> int:
    """A time from the tables, in seconds since 1970."""
    return int(datetime.datetime.fromisoformat(text).timestamp())
