"""`SesIntake`, there and back, while reports keep coming; and the smoke test of a stack with the queue."""

import contextlib
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import messages
import pytest
import queues
import simulator
import smoked
import tls_proxy
from applied import apply
from botocore.exceptions import ClientError
from stack import Stack
from tables import Snapshot
from waiting import until

NAME = "mail-feedback-switch"
SENDER = "switch@example.com"
QUEUES = ("UndeliveredQueueUrl", "FailedQueueUrl", "ParkedQueueUrl")
# How many more reports come under each setting, and how long the publisher waits between two.
REPORTS = 30
PAUSE = 0.05


@dataclass
class Publisher:
    """Publishes reports, each about an address of its own, until it is stopped."""

    stack: Stack
    published: list[str] = field(default_factory=list)
    stopped: threading.Event = field(default_factory=threading.Event)

    def publish(self) -> None:
        while not self.stopped.wait(PAUSE):
            address = f"switch-{len(self.published)}@example.com"
            self.stack.publish(messages.bounce(address))
            self.published.append(address)

    def await_more(self) -> None:
        wanted = len(self.published) + REPORTS
        until("more reports", lambda: self.stopped.is_set() or len(self.published) >= wanted)


@contextlib.contextmanager
def publishing(stack: Stack):
    publisher = Publisher(stack)
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(publisher.publish)
        running.add_done_callback(lambda _: publisher.stopped.set())
        try:
            yield publisher
        finally:
            publisher.stopped.set()
        running.result()


@pytest.fixture(scope="module")
def switch(cloud, sam, template, trust):
    """Deploys the stack with an intake; returns the stack with the outputs that it has then."""
    url = sam.upload(template, NAME)

    def to(intake: str) -> Stack:
        parameters = trust | {"SesIntake": intake, "IntakeBatchingSeconds": "1"}
        assert apply(cloud, NAME, url, parameters) in ("CREATE_COMPLETE", "UPDATE_COMPLETE")
        return Stack(cloud, NAME)

    yield to
    sam.delete(NAME)


def batches(stack: Stack) -> int:
    """How many batches of a queue the function has recorded."""
    group = stack.configuration()["LoggingConfig"]["LogGroup"]
    pages = stack.cloud.client("logs").get_paginator("filter_log_events").paginate(logGroupName=group)
    return sum('"door":"sqs"' in each["message"] for page in pages for each in page["events"])


def test_switching_to_the_queue_and_back_loses_no_report(switch):
    stack = switch("direct")
    with publishing(stack) as publisher:
        publisher.await_more()
        assert batches(stack) == 0
        stack = switch("queue")
        publisher.await_more()
        stack = switch("draining")
        publisher.await_more()
        until("an empty queue", lambda: queues.depth(stack, "IntakeQueueUrl") == 0, seconds=60)
        stack = switch("direct")
        assert "IntakeQueue" not in stack.resources()
        publisher.await_more()

    def missing() -> set[str]:
        return set(publisher.published) - Snapshot.take(stack).suppressions.keys()

    until("all reports", lambda: not missing(), seconds=60)
    assert batches(stack) > 0
    assert [queues.depth(stack, name) for name in QUEUES] == [0, 0, 0]


def test_the_smoke_test_follows_reports_through_the_queue(switch, tmp_path):
    stack = switch("queue")
    with contextlib.suppress(ClientError):
        stack.cloud.client("sesv2").create_email_identity(EmailIdentity=SENDER)
    before = Snapshot.take(stack)
    with tls_proxy.running(stack, tmp_path) as proxy, simulator.running(stack):
        told = smoked.Smoke(stack, proxy, tmp_path / "notes").run("--from", SENDER, "--wait", "60")
    assert (told.code, set(told.verdicts.values())) == (0, {"ok"}), told.out + told.err
    assert told.answers["With which digest does SNS sign for IntakeQueue?"] == "SHA-256"
    assert told.verdicts["Does a parked message move back to its queue?"] == "ok"
    assert Snapshot.take(stack) == before
