"""Change events from the stream of the deployed stack to the bus, and from there as the examples of the page say."""

import contextlib
import http.server
import json
import subprocess
import sys
import threading

import messages
import page
import permissions
import pytest
from applied import apply
from cloud import REGION
from stack import Stack
from waiting import until

NAME = "mail-feedback-changes"
BUS = "mail-feedback"
# The account and region in the examples of the page.
EXAMPLE_ACCOUNT, EXAMPLE_OTHER = "111122223333", "444455556666"
ANYTHING = json.dumps({"source": ["mail-feedback"]})


class Inbox:
    """A queue that a test reads; each message only once."""

    def __init__(self, cloud, name: str, policy: dict | None = None):
        self.sqs = cloud.client("sqs")
        attributes = {"Policy": json.dumps(policy)} if policy else {}
        self.url = self.sqs.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"]
        names = self.sqs.get_queue_attributes(QueueUrl=self.url, AttributeNames=["QueueArn"])
        self.arn = names["Attributes"]["QueueArn"]
        self.seen: list[dict] = []

    def messages(self) -> list[dict]:
        """Everything that has arrived so far."""
        while received := self.sqs.receive_message(QueueUrl=self.url, MaxNumberOfMessages=10).get("Messages"):
            for message in received:
                self.seen.append(json.loads(message["Body"]))
                self.sqs.delete_message(QueueUrl=self.url, ReceiptHandle=message["ReceiptHandle"])
        return self.seen

    def details(self, address: str) -> list[tuple]:
        """The changes of an address, in the order of their versions."""
        found = [event for event in self.messages() if event["detail"]["address"] == address]
        found.sort(key=lambda event: event["detail"]["record_version"])
        return [(event["detail-type"], event["detail"]["reason"], event["detail"]["scope"]) for event in found]


@pytest.fixture(scope="module")
def alarms(cloud) -> Inbox:
    """A topic for alarms, and a queue behind it."""
    account = cloud.client("sts").get_caller_identity()["Account"]
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "sns.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": f"arn:aws:sqs:{REGION}:{account}:changes-alarms",
    }
    inbox = Inbox(cloud, "changes-alarms", {"Version": "2012-10-17", "Statement": [statement]})
    inbox.topic = cloud.client("sns").create_topic(Name="changes-alarms")["TopicArn"]
    cloud.client("sns").subscribe(TopicArn=inbox.topic, Protocol="sqs", Endpoint=inbox.arn)
    return inbox


@pytest.fixture(scope="module")
def changing(cloud, deployment, trust, alarms) -> Stack:
    """A stack that puts change events onto a bus of their own."""
    cloud.client("events").create_event_bus(Name=BUS)
    url = deployment.sam.upload(deployment.template, NAME)
    parameters = {"ChangeEvents": "true", "ChangeEventBus": BUS, "DecideEnabled": "true", "AlarmTopicArn": alarms.topic}
    assert apply(cloud, NAME, url, trust | parameters) == "CREATE_COMPLETE"
    yield Stack(cloud, NAME)
    with contextlib.suppress(Exception):
        deployment.sam.delete(NAME)


def here(document, stack: Stack):
    """A document of the page, for the account and region of the emulator."""
    text = json.dumps(document).replace(EXAMPLE_ACCOUNT, stack.account).replace(EXAMPLE_OTHER, stack.account)
    return json.loads(text)


@pytest.fixture(scope="module")
def everything(cloud, changing) -> Inbox:
    """A queue behind a rule for all change events."""
    inbox, events = Inbox(cloud, "changes-everything"), cloud.client("events")
    events.put_rule(EventBusName=BUS, Name="everything", EventPattern=ANYTHING)
    events.put_targets(EventBusName=BUS, Rule="everything", Targets=[{"Id": "queue", "Arn": inbox.arn}])
    return inbox


def decide(stack: Stack, action: str, address: str, scope: str = "*", reason: str = "complaint") -> None:
    order = {"action": action, "address": address, "scope": scope, "reason": reason, "actor": "e2e"}
    done = stack.order(order)
    assert (done.error, done.payload["changed"]) == (None, True), done


def test_the_changes_of_an_address_arrive(changing, everything):
    address = "changed@example.com"
    decide(changing, "suppress", "Changed@Example.com")
    decide(changing, "suppress", address, "list:ses:News", "unsubscribe")
    decide(changing, "lift", address)
    until("three events", lambda: len(everything.details(address)) >= 3, seconds=60)
    assert everything.details(address) == [
        ("Address Suppressed", "complaint", "*"),
        ("Address Suppressed", "unsubscribe", "list:ses:News"),
        ("Address Lifted", "complaint", "*"),
    ]
    event = next(event for event in everything.seen if event["detail"]["address"] == address)
    assert (event["source"], event["detail"]["actor"], event["detail"]["provider"]) == ("mail-feedback", "e2e", "manual")


def test_a_report_of_ses_arrives_once(changing, everything, signer):
    address = "changed-by-ses@example.com"
    for _ in range(2):
        changing.publish(messages.bounce(address))
    until("the event", lambda: bool(everything.details(address)), seconds=60)
    decide(changing, "suppress", "changed-after-ses@example.com")
    until("a later event", lambda: bool(everything.details("changed-after-ses@example.com")), seconds=60)
    assert everything.details(address) == [("Address Suppressed", "hard_bounce", "*")]


def test_a_rule_to_a_queue_as_on_the_page(cloud, changing, everything):
    pattern, policy = here(page.documents("changes.md", "A rule to an SQS queue"), changing)
    inbox, events = Inbox(cloud, "crm-changes", policy), cloud.client("events")
    assert policy["Statement"][0]["Resource"] == inbox.arn
    rule = events.put_rule(EventBusName=BUS, Name="crm-changes", EventPattern=json.dumps(pattern))
    assert policy["Statement"][0]["Condition"]["ArnEquals"]["aws:SourceArn"] == rule["RuleArn"]
    events.put_targets(EventBusName=BUS, Rule="crm-changes", Targets=[{"Id": "queue", "Arn": inbox.arn}])
    address = "to-a-queue@example.com"
    decide(changing, "suppress", address, reason="manual")
    decide(changing, "suppress", address, reason="complaint")
    until("both on the bus", lambda: len(everything.details(address)) == 2, seconds=60)
    until("the complaint", lambda: bool(inbox.details(address)), seconds=30)
    assert inbox.details(address) == [("Address Suppressed", "complaint", "*")]


def make_role(cloud, arn: str, trust: dict, permission: dict) -> bool:
    """Makes the role of a rule; returns whether its ARN is the expected one."""
    iam, name = cloud.client("iam"), arn.rpartition("/")[2]
    made = iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(trust))["Role"]["Arn"]
    iam.put_role_policy(RoleName=name, PolicyName="rule", PolicyDocument=json.dumps(permission))
    return made == arn


@contextlib.contextmanager
def webhook():
    """A CRM's webhook on this machine: its URL, and the requests that it gets."""
    requests = []

    class Crm(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            requests.append((self.headers["X-Api-Key"], json.loads(body)))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Crm)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/hooks/suppressions", requests
    finally:
        server.shutdown()


def test_an_api_destination_as_on_the_page(cloud, changing):
    documents = here(page.documents("changes.md", "An API destination: a CRM's webhook"), changing)
    trust, permission, targets = documents
    assert make_role(cloud, targets[0]["RoleArn"], trust, permission)
    events = cloud.client("events")
    key = {"ApiKeyAuthParameters": {"ApiKeyName": "X-Api-Key", "ApiKeyValue": "the key of the CRM"}}
    connection = events.create_connection(Name="crm", AuthorizationType="API_KEY", AuthParameters=key)
    with webhook() as (url, requests):
        destination = events.create_api_destination(
            Name="crm", ConnectionArn=connection["ConnectionArn"], HttpMethod="POST", InvocationEndpoint=url,
            InvocationRateLimitPerSecond=20,
        )["ApiDestinationArn"]
        assert destination.startswith(permission["Statement"][0]["Resource"].rstrip("*").rstrip("/"))
        targets[0]["Arn"] = destination
        events.put_rule(EventBusName=BUS, Name="crm", EventPattern=ANYTHING)
        assert events.put_targets(EventBusName=BUS, Rule="crm", Targets=targets)["FailedEntryCount"] == 0
        address = "to-a-crm@example.com"
        decide(changing, "suppress", address)
        until("the request", lambda: any(body["email"] == address for _, body in requests), seconds=60)
        events.remove_targets(EventBusName=BUS, Rule="crm", Ids=["crm"])
    ((sent_key, body),) = [(key, body) for key, body in requests if body["email"] == address]
    assert (sent_key, body["change"], body["why"]) == ("the key of the CRM", "Address Suppressed", "complaint")
    assert len(body["idempotency_key"]) == 32


def test_another_bus_as_on_the_page(cloud, changing):
    """The emulator has one account, so the other bus is in it, too; it does not check the policy of a bus."""
    policy, permission = here(page.documents("changes.md", "Another account's bus"), changing)
    events, inbox = cloud.client("events"), Inbox(cloud, "marketing")
    other = events.create_event_bus(Name="marketing")["EventBusArn"]
    assert policy["Statement"][0]["Resource"] == other
    events.put_permission(EventBusName="marketing", Policy=json.dumps(policy))
    assert permission["Statement"][0]["Resource"] == other
    role = f"arn:aws:iam::{changing.account}:role/mail-feedback-marketing"
    trust = page.documents("changes.md", "An API destination: a CRM's webhook")[0]
    assert make_role(cloud, role, trust, permission)
    events.put_rule(EventBusName=BUS, Name="marketing", EventPattern=ANYTHING)
    events.put_targets(EventBusName=BUS, Rule="marketing", Targets=[{"Id": "marketing", "Arn": other, "RoleArn": role}])
    events.put_rule(EventBusName="marketing", Name="inbox", EventPattern=ANYTHING)
    events.put_targets(EventBusName="marketing", Rule="inbox", Targets=[{"Id": "queue", "Arn": inbox.arn}])
    decide(changing, "suppress", "to-another-account@example.com")
    until("the event", lambda: bool(inbox.details("to-another-account@example.com")), seconds=60)


def changes_role(stack: Stack) -> Stack:
    """The stack, with the function `changes` as the one whose role is meant."""
    view = Stack(stack.cloud, stack.name)
    view.__dict__["invoked"] = stack.outputs["ChangesFunctionName"]
    return view


def failed(stack: Stack) -> list[dict]:
    client = stack.cloud.client("sqs")
    answer = client.receive_message(
        QueueUrl=stack.outputs["ChangesFailedQueueUrl"], MaxNumberOfMessages=10, VisibilityTimeout=0
    )
    return [json.loads(message["Body"]) for message in answer.get("Messages", [])]


def test_what_the_bus_does_not_accept_is_put_later(changing, everything):
    address = "put-later@example.com"
    with permissions.without(changes_role(changing), "Bus"):
        decide(changing, "suppress", address)
        log = changing.cloud.client("logs")
        group = changing.outputs["ChangesLogGroupName"]

        def denied() -> bool:
            pages = log.get_paginator("filter_log_events").paginate(logGroupName=group)
            return any('"forbidden"' in event["message"] for page in pages for event in page["events"])

        until("a refusal", denied, seconds=60)
        assert everything.details(address) == []
    until("the event", lambda: bool(everything.details(address)), seconds=90)


def test_a_pointer_leads_to_the_records_which_are_put_by_hand(cloud, changing, everything, tmp_path):
    """As the runbook says, with a limit of a second instead of six hours."""
    address, client = "by-hand@example.com", cloud.client("lambda")
    (mapping,) = client.list_event_source_mappings(FunctionName=changing.outputs["ChangesFunctionName"] + ":live")[
        "EventSourceMappings"
    ]
    assert mapping["MaximumRecordAgeInSeconds"] == 21600 and mapping["BisectBatchOnFunctionError"] is True
    client.update_event_source_mapping(UUID=mapping["UUID"], MaximumRecordAgeInSeconds=1)
    with permissions.without(changes_role(changing), "Bus"):
        decide(changing, "suppress", address)
        until("a pointer", lambda: bool(failed(changing)), seconds=90)
    client.update_event_source_mapping(UUID=mapping["UUID"], MaximumRecordAgeInSeconds=21600)
    assert everything.details(address) == []
    pointers = failed(changing)
    assert address not in json.dumps(pointers)
    (tmp_path / "pointers.py").write_text(page.blocks("runbook.md", "ChangesFailedAlarm", "python")[0])
    command = [sys.executable, "-B", "pointers.py", changing.outputs["ChangesFailedQueueUrl"]]
    environment = cloud.environment()
    ran = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=120)
    assert ran.returncode == 0, ran.stderr
    assert len(ran.stdout.splitlines()) == len(pointers) and failed(changing) == [], ran.stdout
    batches = (tmp_path / "batches.jsonl").read_text().splitlines()
    assert len(batches) == len(pointers)
    for batch in batches:
        done = changing.invoke_by_name("ChangesFunctionName", json.loads(batch))
        assert (done.error, done.payload) == (None, {"batchItemFailures": []}), done
    until("the event", lambda: bool(everything.details(address)), seconds=30)


def test_paused_sending_comes_to_the_alarm_topic(changing, alarms):
    changing.put_event("Sending Status Disabled", {"version": "1", "data": {"record": {"status": "DISABLED"}}})
    changing.put_event("Email Sent", {})

    def told() -> list[str]:
        texts = [json.loads(message["Message"]) for message in alarms.messages() if "Message" in message]
        return [text["detail-type"] for text in texts if "detail-type" in text]

    until("the message", lambda: bool(told()), seconds=30)
    assert told() == ["Sending Status Disabled"]
