"""One queue of the stack, looked at for the message of this run and no other."""

import json
from dataclasses import dataclass
from functools import cached_property

# What the account counts; a message that is being worked on or delayed is there, too.
COUNTS = (
    "ApproximateNumberOfMessages",
    "ApproximateNumberOfMessagesNotVisible",
    "ApproximateNumberOfMessagesDelayed",
)
HIDDEN_SECONDS = 30


@dataclass(frozen=True)
class Look:
    """What one receive found."""

    mine: dict | None
    others: int


@dataclass
class Queue:
    """A queue by its URL."""

    sqs: object
    url: str

    @cached_property
    def attributes(self) -> dict[str, str]:
        return self.sqs.get_queue_attributes(QueueUrl=self.url, AttributeNames=["All"])["Attributes"]

    @property
    def arn(self) -> str:
        return self.attributes["QueueArn"]

    @property
    def receives(self) -> int:
        """After how many receives a message is parked."""
        return int(json.loads(self.attributes["RedrivePolicy"])["maxReceiveCount"])

    def depth(self) -> int:
        counted = self.sqs.get_queue_attributes(QueueUrl=self.url, AttributeNames=list(COUNTS))["Attributes"]
        return sum(int(counted.get(name, 0)) for name in COUNTS)

    def look(self, run: str, wait: int = 1) -> Look:
        """Receives once. What is found stays visible, and its receive counts."""
        found = self.receive(VisibilityTimeout=0, WaitTimeSeconds=wait)
        mine = [each for each in found if run in each["Body"]]
        return Look(mine[0] if mine else None, len(found) - len(mine))

    def erase(self, run: str) -> int:
        """Deletes the message of a run, wherever it lies in the queue; others are visible again afterwards."""
        erased, others = 0, []
        while found := self.receive(VisibilityTimeout=HIDDEN_SECONDS, WaitTimeSeconds=1):
            for each in found:
                if run in each["Body"]:
                    self.delete(each)
                    erased += 1
                else:
                    others.append(each["ReceiptHandle"])
        for handle in others:
            self.sqs.change_message_visibility(QueueUrl=self.url, ReceiptHandle=handle, VisibilityTimeout=0)
        return erased

    def delete(self, message: dict) -> None:
        self.sqs.delete_message(QueueUrl=self.url, ReceiptHandle=message["ReceiptHandle"])

    def receive(self, **settings: int) -> list[dict]:
        return self.sqs.receive_message(QueueUrl=self.url, MaxNumberOfMessages=10, **settings).get("Messages", [])
