"""The function that answers senders: who may ask, what it answers after a report, and what its role may do."""

import json
from pathlib import Path

import jsonschema
import messages
import pytest
from botocore.exceptions import ClientError
from permissions import assumed, new_user
from sam import REPOSITORY

BOUNCED = "checked@example.com"
SCHEMAS = REPOSITORY / "src" / "guide" / "schemas"


def schema(name: str) -> dict:
    return json.loads(Path(SCHEMAS / f"{name}.json").read_text())


@pytest.fixture(scope="module")
def bounced(stack, signer) -> str:
    envelope = messages.notification(signer, stack.topic, messages.bounce(BOUNCED))
    assert stack.invoke(messages.lambda_event(envelope)).error is None
    return BOUNCED


@pytest.fixture(scope="module")
def sender(stack) -> dict[str, str]:
    """May invoke the alias, as src/guide/first-day.md grants it."""
    statement = {"Effect": "Allow", "Action": "lambda:InvokeFunction", "Resource": stack.outputs["CheckFunctionArn"]}
    return new_user(stack, "sender", statement)


def test_a_sender_with_permission_gets_an_answer(stack, bounced, sender):
    question = {
        "addresses": ["Checked@Example.com", "ann@example.com", "nobody"],
        "provider": "ses",
        "sender_domain": "example.com",
    }
    answer = stack.ask(question, **sender)
    assert answer.error is None
    jsonschema.validate(question, schema("check-question"))
    jsonschema.validate(answer.payload, schema("check-answer"))
    results = answer.payload["results"]
    assert [result["address"] for result in results] == question["addresses"]
    assert [result["allowed"] for result in results] == [False, True, False]
    (block,) = results[0]["blocked_by"]
    assert (block["scope"], block["reason"], block["until"]) == ("*", "hard_bounce", None)
    assert results[2]["error"] == "not_an_address"
    assert answer.payload["asked"] == ["*", "provider:ses", "domain:example.com"]


def test_nobody_gets_an_answer_without_permission(stack, bounced):
    statement = {"Effect": "Allow", "Action": "lambda:InvokeFunction", "Resource": stack.outputs["FunctionAliasArn"]}
    for statements in ([], [statement]):
        stranger = new_user(stack, f"stranger-{len(statements)}", *statements)
        with pytest.raises(ClientError, match="AccessDenied"):
            stack.ask({"addresses": [bounced]}, **stranger)


def test_a_thousand_addresses_are_answered_in_order(stack, bounced, sender):
    addresses = [f"n{number}@example.com" for number in range(999)] + [bounced]
    results = stack.ask({"addresses": addresses}, **sender).payload["results"]
    assert [result["key"] for result in results] == addresses
    assert {result["allowed"] for result in results[:-1]} == {True}
    assert results[-1]["allowed"] is False


def test_a_malformed_question_has_a_known_error_type(stack, signer, sender):
    envelope = messages.notification(signer, stack.topic, messages.bounce("never@example.com"))
    for wrong in ({}, {"addresses": []}, {"addresses": ["a@example.com"], "list": "x"}, messages.lambda_event(envelope)):
        answer = stack.ask(wrong, **sender)
        assert (answer.error, answer.payload["errorType"]) == ("Unhandled", "Malformed"), answer
    question = stack.invoke({"addresses": ["a@example.com"]})
    assert question.payload["errorType"] == "Malformed", "the other function accepts no questions"


def test_other_stacks_find_it_in_a_parameter(cloud, stack):
    value = cloud.client("ssm").get_parameter(Name=f"/{stack.name}/check-function")["Parameter"]["Value"]
    assert value == stack.outputs["CheckFunctionArn"]
    assert value.endswith(stack.outputs["CheckFunctionName"])


def test_its_role_can_only_read_suppressions(cloud, stack, bounced):
    """With the function's own credentials."""
    dynamodb = cloud.client("dynamodb", **assumed(stack, stack.configuration_of("CheckFunctionName")["Role"]))
    suppressions, events = stack.outputs["SuppressionTableName"], stack.outputs["EventTableName"]
    key = {"address": {"S": bounced}}
    item = dynamodb.get_item(TableName=suppressions, Key=key)["Item"]
    refused = (
        lambda: dynamodb.put_item(TableName=suppressions, Item=item),
        lambda: dynamodb.delete_item(TableName=suppressions, Key=key),
        lambda: dynamodb.scan(TableName=suppressions),
        lambda: dynamodb.get_item(TableName=events, Key=key | {"event": {"S": "x"}}),
        lambda: dynamodb.scan(TableName=events),
    )
    for call in refused:
        with pytest.raises(ClientError, match="AccessDenied"):
            call()
