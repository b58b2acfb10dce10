"""A deployed stack as its users see it: topic, webhooks, tables, queues, secret."""

import http.client
import json
import time
from dataclasses import dataclass, field
from functools import cached_property

from cloud import Cloud
from waiting import until


@dataclass(frozen=True)
class Answer:
    """The answer of a webhook."""

    status: int
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True)
class Invocation:
    """The result of a direct invocation."""

    error: str | None
    payload: dict


@dataclass
class Stack:
    """One stack; its outputs are read once, because no update changes them."""

    cloud: Cloud
    name: str
    outputs: dict[str, str] = field(init=False)
    api: str = field(init=False)

    def __post_init__(self):
        described = self.describe()
        self.outputs = {output["OutputKey"]: output["OutputValue"] for output in described["Outputs"]}
        self.api = self.resources()["HttpApi"]["PhysicalResourceId"]

    def describe(self) -> dict:
        return self.cloud.client("cloudformation").describe_stacks(StackName=self.name)["Stacks"][0]

    def resources(self) -> dict[str, dict]:
        """The resources by logical id."""
        pages = self.cloud.client("cloudformation").get_paginator("list_stack_resources").paginate(StackName=self.name)
        return {each["LogicalResourceId"]: each for page in pages for each in page["StackResourceSummaries"]}

    @property
    def topic(self) -> str:
        return self.outputs["TopicArn"]

    @property
    def function(self) -> str:
        return self.outputs["FunctionName"]

    @cached_property
    def invoked(self) -> str:
        """What everything invokes: the alias, if there is one."""
        return self.outputs.get("FunctionAliasArn", self.function)

    @cached_property
    def account(self) -> str:
        return self.topic.split(":")[4]

    def configuration(self) -> dict:
        return self.cloud.client("lambda").get_function_configuration(FunctionName=self.invoked)

    def configuration_of(self, output: str) -> dict:
        """The configuration of the function that an output names."""
        return self.cloud.client("lambda").get_function_configuration(FunctionName=self.outputs[output])

    def environment(self) -> dict[str, str]:
        return self.configuration()["Environment"]["Variables"]

    def credential(self) -> dict[str, str]:
        """The current webhook credential."""
        secrets = self.cloud.client("secretsmanager")
        return json.loads(secrets.get_secret_value(SecretId=self.outputs["WebhookSecretArn"])["SecretString"])

    def publish(self, message: str, subject: str | None = None) -> str:
        """Publishes to the topic; returns the message id."""
        rest = {"Subject": subject} if subject else {}
        return self.cloud.client("sns").publish(TopicArn=self.topic, Message=message, **rest)["MessageId"]

    def put_event(self, detail_type: str, detail: dict) -> None:
        """Puts an event on the default bus as SES does."""
        entry = {"Source": "played.ses", "DetailType": detail_type, "Detail": json.dumps(detail)}
        answer = self.cloud.client("events").put_events(Entries=[entry])
        assert answer["FailedEntryCount"] == 0, answer

    def invoke(self, event: dict) -> Invocation:
        answer = self.cloud.client("lambda").invoke(FunctionName=self.invoked, Payload=json.dumps(event))
        return Invocation(answer.get("FunctionError"), json.loads(answer["Payload"].read() or b"null"))

    def ask(self, question: dict, **credentials) -> Invocation:
        """Asks the function that answers senders."""
        return self.invoke_by_name("CheckFunctionName", question, **credentials)

    def order(self, order: dict, **credentials) -> Invocation:
        """Gives an order to the function that suppresses and lifts."""
        return self.invoke_by_name("DecideFunctionName", order, **credentials)

    def invoke_by_name(self, output: str, payload: dict, **credentials) -> Invocation:
        client = self.cloud.client("lambda", **credentials)
        answer = client.invoke(FunctionName=self.outputs[output], Payload=json.dumps(payload))
        return Invocation(answer.get("FunctionError"), json.loads(answer["Payload"].read() or b"null"))

    def invoke_later(self, event: dict) -> None:
        self.cloud.client("lambda").invoke(
            FunctionName=self.invoked, InvocationType="Event", Payload=json.dumps(event)
        )

    @property
    def api_host(self) -> str:
        return self.host_of(self.api)

    def host_of(self, api: str) -> str:
        """The host at which the emulator serves an HTTP API, whatever the outputs say."""
        return f"{api}.execute-api.127.0.0.1:{self.cloud.port}"

    def post(
        self, path: str, body: str | bytes, headers: dict | None = None, query: str = "", host: str | None = None
    ) -> Answer:
        """Posts to the HTTP API, or to another host of the stack."""
        headers = {"Content-Type": "application/json"} | (headers or {})
        return self.request("POST", host or self.api_host, path + (f"?{query}" if query else ""), body, headers)

    def request(self, method: str, host: str, path: str, body: str | bytes = b"", headers: dict | None = None) -> Answer:
        """A request to a host of the stack."""
        connection = http.client.HTTPConnection("127.0.0.1", self.cloud.port, timeout=60)
        try:
            body = body.encode() if isinstance(body, str) else body
            connection.request(method, path, body or None, (headers or {}) | {"Host": host})
            answer = connection.getresponse()
            return Answer(answer.status, {key.lower(): value for key, value in answer.getheaders()}, answer.read())
        finally:
            connection.close()

    def finished(self) -> int:
        """The number of completed invocations, from Lambda's own log."""
        group = self.configuration()["LoggingConfig"]["LogGroup"]
        pages = self.cloud.client("logs").get_paginator("filter_log_events").paginate(logGroupName=group)
        return sum(each["message"].startswith("END RequestId") for page in pages for each in page["events"])

    def await_finished(self, count: int, seconds: float = 30) -> None:
        until(f"the end of invocation {count}", lambda: self.finished() >= count, seconds=seconds)


def timestamp() -> str:
    """The current time in SNS's format."""
    return time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime())
