"""One queue of the stack, searched for the message of this run and no other."""

import contextlib
import json
from dataclasses import dataclass, field
from functools import cached_property
from typing import Collection

from botocore.exceptions import ClientError

# The message counts; they include messages that are being processed or delayed.
COUNTS = (
    "ApproximateNumberOfMessages",
    "ApproximateNumberOfMessagesNotVisible",
    "ApproximateNumberOfMessagesDelayed",
)


@dataclass(frozen=True)
class Look:
    """What one receive found."""

    mine: dict | None
    others: int


@dataclass
class Queue:
    """A queue by its URL. `held` has the handles, by message id, of others' messages that are hidden for now."""

    sqs: object
    url: str
    held: dict[str, str] = field(default_factory=dict)

    @cached_property
    def attributes(self) -> dict[str, str]:
        return self.sqs.get_queue_attributes(QueueUrl=self.url, AttributeNames=["All"])["Attributes"]

    @property
    def arn(self) -> str:
        return self.attributes["QueueArn"]

    @property
    def receives(self) -> int:
        """The number of receives after which SQS parks a message."""
        return int(json.loads(self.attributes["RedrivePolicy"])["maxReceiveCount"])

    def depth(self) -> int:
        counted = self.sqs.get_queue_attributes(QueueUrl=self.url, AttributeNames=list(COUNTS))["Attributes"]
        return sum(int(counted.get(name, 0)) for name in COUNTS)

    def look(self, run: str, wait: int = 1) -> Look:
        """Receives once. The messages stay visible, and the receive counts."""
        found = self.receive(VisibilityTimeout=0, WaitTimeSeconds=wait)
        mine = [each for each in found if run in each["Body"]]
        return Look(mine[0] if mine else None, len(found) - len(mine))

    def erase(self, runs: Collection[str], hidden: int) -> int:
        """Deletes messages of runs. Messages of others are hidden for so many seconds, because each receive counts:
        each is received once, however often this is called until `release`."""
        erased = 0
        while found := self.receive(VisibilityTimeout=hidden, WaitTimeSeconds=1):
            for each in found:
                if any(run in each["Body"] for run in runs):
                    self.delete(each)
                    erased += 1
                else:
                    self.held[each["MessageId"]] = each["ReceiptHandle"]
        return erased

    def release(self) -> None:
        """Makes hidden messages visible again; if SQS refuses, they reappear after the timeout."""
        while self.held:
            _, handle = self.held.popitem()
            with contextlib.suppress(ClientError):
                self.sqs.change_message_visibility(QueueUrl=self.url, ReceiptHandle=handle, VisibilityTimeout=0)

    def delete(self, message: dict) -> None:
        self.sqs.delete_message(QueueUrl=self.url, ReceiptHandle=message["ReceiptHandle"])

    def receive(self, **settings: int) -> list[dict]:
        return self.sqs.receive_message(QueueUrl=self.url, MaxNumberOfMessages=10, **settings).get("Messages", [])
