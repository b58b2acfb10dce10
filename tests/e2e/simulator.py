"""SES's mailbox simulator, which the emulator lacks: it reads mail sent to it and publishes reports."""

import contextlib
import json
import threading
import time
import urllib.request
import uuid
from dataclasses import dataclass, field

from samples import ALL
from stack import Stack, timestamp

DOMAIN = "@simulator.amazonses.com"
# The samples to publish for each mailbox, in order.
REPORTS = {
    "success": ("send", "delivery"),
    "bounce": ("send", "bounce-permanent-general"),
    "complaint": ("send", "delivery", "complaint-abuse"),
    "ooto": ("send", "delivery", "bounce-auto-reply"),
    "suppressionlist": ("send", "bounce-permanent-suppressed"),
}
RECIPIENTS = {"bounce": "bouncedRecipients", "complaint": "complainedRecipients"}
PAUSE = 0.2


@dataclass
class Simulator:
    """Watches the mail of an emulator. Samples named in `silent` are not published."""

    stack: Stack
    silent: set[str] = field(default_factory=set)
    served: set[str] = field(default_factory=set)

    def outbox(self) -> list[dict]:
        with urllib.request.urlopen(f"{self.stack.cloud.url}/_ministack/ses/messages", timeout=10) as answer:
            return [mail for mails in json.load(answer)["messages"].values() for mail in mails]

    def serve(self) -> None:
        """Reports on all mail since the last call."""
        for mail in self.outbox():
            if mail["MessageId"] not in self.served:
                self.served.add(mail["MessageId"])
                for address in filter(lambda each: each.endswith(DOMAIN), mail["To"]):
                    self.report(mail, address)

    def report(self, mail: dict, address: str) -> None:
        mailbox = address.partition("+")[0]
        for name in REPORTS[mailbox]:
            if name not in self.silent:
                self.stack.publish(text(name, mail, address))


def text(name: str, mail: dict, address: str) -> str:
    """The message text of a sample, adapted to this mail and recipient, with the current time."""
    report = json.loads(ALL[f"ses/{name}"].notification()["Message"])
    report["mail"] |= {"destination": [address], "messageId": mail["MessageId"], "source": mail["Source"]}
    report["mail"]["timestamp"] = timestamp()
    body = report.get(report["eventType"].lower(), {})
    if "timestamp" in body:
        body["timestamp"] = timestamp()
    if "feedbackId" in body:
        body["feedbackId"] = str(uuid.uuid4())
    if "recipients" in body:
        body["recipients"] = [address]
    for kind, recipients in RECIPIENTS.items():
        for each in report.get(kind, {}).get(recipients, []):
            each["emailAddress"] = address
    return json.dumps(report)


@contextlib.contextmanager
def running(stack: Stack):
    """The running simulator. Mail sent before it runs is not for this stack: the emulator has one outbox for all."""
    simulator, ended = Simulator(stack), threading.Event()
    simulator.served = {mail["MessageId"] for mail in simulator.outbox()}

    def work() -> None:
        while not ended.is_set():
            simulator.serve()
            time.sleep(PAUSE)

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield simulator
    finally:
        ended.set()
        thread.join()
