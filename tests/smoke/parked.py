"""Whether a parked message can be moved back: a forged one fails, is parked, and is moved back to its queue."""

import json
import time
import uuid
from dataclasses import dataclass, field
from typing import Collection

from botocore.exceptions import ClientError

from common.waiting import Timeout, until

from .account import Account
from .line import Line, failed, ok, unknown
from .queue import Queue

QUESTION = "Does a parked message move back to its queue?"
# Lambda retries after one minute, and again after two more.
FAILS_WITHIN = 420
PARKED_WITHIN = 180
MOVED_WITHIN = 180
# Longer than one pass through a queue takes.
HIDDEN_SECONDS = 300


class Disturbed(Exception):
    """Somebody else's message is there, so nothing more may be received or moved."""


@dataclass
class Parked:
    """One forged message on its way through the queues."""

    account: Account
    run: str
    invoked_at: float | None = None
    gone: bool = False
    queues: dict[str, Queue] = field(init=False)

    def __post_init__(self):
        sqs = self.account.client("sqs")
        names = ("UndeliveredQueue", "FailedQueue", "ParkedQueue")
        self.queues = {name: Queue(sqs, self.account.outputs[f"{name}Url"]) for name in names}

    def obstacle(self) -> str | None:
        """Why the question cannot be asked now."""
        if self.account.region.startswith("cn-"):
            return "SQS moves no messages back in China"
        mappings = self.account.client("lambda").list_event_source_mappings(
            FunctionName=self.account.outputs["FunctionAliasArn"]
        )
        # Besides those of the redrive, IntakeQueue may have one, which is always on.
        redriven = {self.queues[name].arn for name in ("UndeliveredQueue", "FailedQueue")}
        states = [each["State"] for each in mappings["EventSourceMappings"] if each["EventSourceArn"] in redriven]
        if any(state != "Disabled" for state in states):
            return "the redrive is on; switch it off"
        filled = [name for name, queue in self.queues.items() if queue.depth()]
        return f"{' and '.join(filled)} not empty; see make redrive" if filled else None

    def begin(self) -> None:
        """Invokes the function, as SNS does, with a message from a topic that is not the stack's."""
        payload = json.dumps(forged(self.account.outputs["TopicArn"], self.run))
        self.invoked_at = time.monotonic()
        try:
            self.account.client("lambda").invoke(
                FunctionName=self.account.outputs["FunctionAliasArn"], InvocationType="Event", Payload=payload
            )
        except ClientError:
            self.invoked_at = None
            raise

    def finish(self) -> Line:
        """Follows the message to the end; takes minutes."""
        failed_queue, parked = self.queues["FailedQueue"], self.queues["ParkedQueue"]
        stage = "reached FailedQueue"
        try:
            self.await_in(failed_queue, FAILS_WITHIN)
            failed_after = self.seconds()
            stage = "reached ParkedQueue"
            until("parking", lambda: self.received_until_parked(failed_queue, parked), seconds=PARKED_WITHIN)
            stage = "began to move"
            if parked.depth() > 1:
                raise Disturbed("ParkedQueue")
            moving = time.monotonic()
            status = self.move(parked)
            stage = f"came back, task {status}"
            self.await_in(failed_queue, MOVED_WITHIN)
        except Timeout:
            return failed(QUESTION, "no", f"it never {stage}; {self.seconds()} s after the invocation")
        except Disturbed as disturbed:
            return unknown(QUESTION, f"another message came into {disturbed}; see make redrive")
        evidence = (
            f"in FailedQueue after {failed_after} s, parked after {failed_queue.receives} receives, "
            f"back after {time.monotonic() - moving:.0f} s, task {status}"
        )
        return ok(QUESTION, "yes", evidence)

    def seconds(self) -> int:
        return round(time.monotonic() - self.invoked_at)

    def await_in(self, queue: Queue, seconds: int) -> dict:
        return until(f"it in {queue.url}", lambda: self.mine(queue), seconds=seconds, pause=1)

    def mine(self, queue: Queue) -> dict | None:
        look = queue.look(self.run)
        if look.others:
            raise Disturbed(next(name for name, each in self.queues.items() if each is queue))
        return look.mine

    def received_until_parked(self, queue: Queue, parked: Queue) -> bool:
        """Receives once more; SQS parks a message that was received too often."""
        return not self.mine(queue) and bool(self.mine(parked))

    def move(self, parked: Queue) -> str:
        """Tells SQS to move it; returns the final status of the task that this started."""
        earlier = {task["StartedTimestamp"] for task in tasks(parked)}
        parked.sqs.start_message_move_task(SourceArn=parked.arn)

        def ended() -> str | None:
            started = (task["Status"] for task in tasks(parked) if task["StartedTimestamp"] not in earlier)
            return next((status for status in started if status not in ("RUNNING", "CANCELLING")), None)

        return until("the move task", ended, seconds=MOVED_WITHIN, pause=1)

    @property
    def is_gone(self) -> bool:
        """Whether no message of this run is left."""
        return self.gone or self.invoked_at is None

    def erase(self) -> None:
        """Deletes the message; waits if Lambda still has it."""
        if self.is_gone:
            return
        left = max(1.0, FAILS_WITHIN - (time.monotonic() - self.invoked_at))
        hidden = round(left) + HIDDEN_SECONDS
        try:
            until("the forged message, to delete it", lambda: self.search([self.run], hidden), seconds=left, pause=2)
        finally:
            self.release()
        self.gone = True

    def erase_of(self, runs: Collection[str]) -> None:
        """Deletes messages of earlier runs that have arrived by now."""
        try:
            self.search(runs, HIDDEN_SECONDS)
        finally:
            self.release()

    def search(self, runs: Collection[str], hidden: int) -> bool:
        """Deletes messages of runs; returns whether it found any. It does not receive from empty queues."""
        searched = [self.queues[name] for name in ("FailedQueue", "ParkedQueue") if self.queues[name].depth()]
        return sum(queue.erase(runs, hidden) for queue in searched) > 0

    def release(self) -> None:
        for queue in self.queues.values():
            queue.release()


def tasks(queue: Queue) -> list[dict]:
    """The latest move tasks of a queue. Only a running one has a handle, but each has its own start time."""
    return queue.sqs.list_message_move_tasks(SourceArn=queue.arn, MaxResults=10)["Results"]


def forged(topic: str, run: str) -> dict:
    """An SNS event that the function refuses because of its topic, before it fetches or records anything."""
    other = f"{topic}-smoke"
    message = {
        "Type": "Notification",
        "MessageId": str(uuid.uuid4()),
        "TopicArn": other,
        "Subject": None,
        "Message": run,
        "Timestamp": time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime()),
        "SignatureVersion": "1",
        "Signature": "AAAA",
        "SigningCertUrl": f"https://sns.{topic.split(':')[3]}.amazonaws.com/SimpleNotificationService-{'0' * 32}.pem",
        "UnsubscribeUrl": "https://sns.example.com/",
        "MessageAttributes": {},
    }
    about = {"EventSource": "aws:sns", "EventVersion": "1.0", "EventSubscriptionArn": f"{other}:{uuid.uuid4()}"}
    return {"Records": [about | {"Sns": message}]}
