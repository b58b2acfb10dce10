"""One-click unsubscribe through the deployed function: links as senders make them, in Python."""

import importlib.util
import json
import time

import permissions
import pytest
from botocore.exceptions import ClientError
from sam import REPOSITORY
from stack import Answer, Stack
from tables import Snapshot

ONE_CLICK = "List-Unsubscribe=One-Click"
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
LIST = "list:own:weekly"
DAY = 24 * 60 * 60


def helper():
    """The example that senders copy."""
    path = REPOSITORY / "examples" / "unsubscribe" / "unsubscribe.py"
    spec = importlib.util.spec_from_file_location("unsubscribe", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def keys(stack: Stack, **credentials) -> dict[str, str]:
    """The keys of the links by their ids."""
    client = stack.cloud.client("secretsmanager", **credentials)
    return json.loads(client.get_secret_value(SecretId=stack.outputs["UnsubscribeSecretArn"])["SecretString"])


def made(stack: Stack, address: str, key: str, key_id: str = "k1", at: float | None = None) -> str:
    """The path of a link, from the header field that the example returns."""
    host = stack.outputs["UnsubscribeHost"]
    fields = helper().headers(host, key_id, key, LIST, address, at)
    assert fields["List-Unsubscribe-Post"] == ONE_CLICK
    return fields["List-Unsubscribe"].removeprefix(f"<https://{host}").removesuffix(">")


def leave_and_come_back(stack: Stack) -> None:
    """Opening changes nothing, a POST unsubscribes once, its undo lifts, and senders' questions reflect each."""
    statement = {
        "Effect": "Allow",
        "Action": "secretsmanager:GetSecretValue",
        "Resource": stack.outputs["UnsubscribeSecretArn"],
    }
    sender = permissions.new_user(stack, f"mailer-{time.time_ns()}", statement)
    ((key_id, key),) = keys(stack, **sender).items()
    host = stack.host_of(stack.resources()["UnsubscribeApi"]["PhysicalResourceId"])
    address = f"left-{time.time_ns()}@example.com"
    path = made(stack, address, key, key_id)

    def request(method: str, path: str, body: str = "") -> Answer:
        return stack.request(method, host, path, body, FORM | {"Accept-Language": "fr"})

    def allowed() -> bool:
        (result,) = stack.ask({"addresses": [address], "lists": [LIST]}).payload["results"]
        return result["allowed"]

    before = Snapshot.take(stack)
    page = request("GET", path)
    assert (page.status, page.headers["content-language"], page.headers["cache-control"]) == (200, "fr", "no-store")
    assert "Example Shop" in page.body.decode() and address not in page.body.decode()
    assert (request("HEAD", path).status, request("HEAD", path).body) == (200, b"")
    assert Snapshot.take(stack) == before and allowed()

    done = request("POST", path, ONE_CLICK)
    assert done.status == 200 and not allowed()
    left = Snapshot.take(stack)
    assert left.since(before).suppressions == [(address, LIST, "unsubscribe", "suppressed")]
    assert request("POST", path, ONE_CLICK).status == 200
    assert Snapshot.take(stack) == left, "a repetition writes nothing new"

    undo = done.body.decode().partition('name="undo" value="')[2].partition('"')[0]
    assert request("POST", path, f"undo={undo}").status == 200 and allowed()
    back = Snapshot.take(stack).since(before)
    assert [event[:2] for event in back.events] == [(address, "subscribed"), (address, "unsubscribed")]
    assert back.suppressions == [(address, LIST, "unsubscribe", "lifted")]
    refuses_what_is_not_valid(stack, request, address, key)
    role_is_small(stack, address)
    is_in_no_log(stack, path.removeprefix("/u/"), address)


def is_in_no_log(stack: Stack, token: str, address: str) -> None:
    """No log group of the stack has the token or the address. The emulator writes no access log."""
    logs = stack.cloud.client("logs")
    groups = [group for group in stack.outputs if group.endswith("LogGroupName")]
    lines = []
    for group in groups:
        pages = logs.get_paginator("filter_log_events").paginate(logGroupName=stack.outputs[group])
        lines += [event["message"] for page in pages for event in page["events"]]
    assert any('"served"' in line for line in lines), "the log of the links was read"
    for secret in (token, *token.split("."), address):
        assert not any(secret in line for line in lines)


def refuses_what_is_not_valid(stack: Stack, request, address: str, key: str) -> None:
    """One page for all of them, and nothing is written."""
    before = Snapshot.take(stack)
    wrong = [made(stack, address, key[::-1]), made(stack, address, key, "k2"), "/u/x"]
    settings = stack.configuration_of("UnsubscribeFunctionName")["Environment"]["Variables"]
    if settings["UNSUBSCRIBE_MAX_AGE_DAYS"] == "60":
        assert request("GET", made(stack, address, key, at=time.time() - 59 * DAY)).status == 200
        wrong.append(made(stack, address, key, at=time.time() - 61 * DAY))
    pages = [request(method, path, body) for path in wrong for method, body in (("GET", ""), ("POST", ONE_CLICK))]
    assert {(page.status, page.body) for page in pages} == {(404, pages[0].body)}
    assert Snapshot.take(stack) == before


def role_is_small(stack: Stack, address: str) -> None:
    """With the function's own credentials: no scan, no deletion, no other secret."""
    session = permissions.assumed(stack, stack.configuration_of("UnsubscribeFunctionName")["Role"])
    dynamodb, secrets = (stack.cloud.client(service, **session) for service in ("dynamodb", "secretsmanager"))
    suppressions, events = stack.outputs["SuppressionTableName"], stack.outputs["EventTableName"]
    key = {"address": {"S": address}}
    assert dynamodb.get_item(TableName=suppressions, Key=key)["Item"]
    assert secrets.get_secret_value(SecretId=stack.outputs["UnsubscribeSecretArn"], VersionStage="AWSCURRENT")
    for refused in (
        lambda: dynamodb.delete_item(TableName=suppressions, Key=key),
        lambda: dynamodb.scan(TableName=suppressions),
        lambda: dynamodb.scan(TableName=events),
        lambda: dynamodb.get_item(TableName=events, Key=key | {"event": {"S": "x"}}),
        lambda: secrets.get_secret_value(SecretId=stack.outputs["WebhookSecretArn"]),
        lambda: secrets.get_secret_value(SecretId=stack.outputs["UnsubscribeSecretArn"], VersionStage="AWSPREVIOUS"),
    ):
        with pytest.raises(ClientError, match="AccessDenied"):
            refused()
