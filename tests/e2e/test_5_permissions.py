"""The role is enforced: earlier tests ran under it; without its statements on the tables nothing is recorded; and it may
not delete. tests/it/template checks the permissions that only Lambda itself uses."""

import json

import messages
import permissions
import pytest
from botocore.exceptions import ClientError
from tables import NOTHING, Snapshot


@pytest.mark.parametrize("sid", ["Events", "Suppressions"])
def test_without_a_statement_the_event_waits(stack, signer, sid):
    before = Snapshot.take(stack)
    address = f"without-{sid.lower()}@example.com"
    envelope = messages.notification(signer, stack.topic, messages.bounce(address))
    with permissions.without(stack, sid):
        invocation = stack.invoke(messages.lambda_event(envelope))
        assert invocation.payload["errorType"] == "Transient", invocation
        assert invocation.payload["errorMessage"].startswith("forbidden"), invocation
        answer = stack.post("/webhooks/sns", json.dumps(envelope), messages.headers(envelope))
        assert (answer.status, answer.body) == (503, b"")
    assert Snapshot.take(stack).since(before).events == []
    assert stack.invoke(messages.lambda_event(envelope)).error is None
    effect = Snapshot.take(stack).since(before)
    assert [event[0] for event in effect.events] == [address]


def test_the_role_may_not_delete(cloud, stack):
    """With the function's credentials: events expire and suppressions are lifted, so no code may delete either."""
    dynamodb = cloud.client("dynamodb", **permissions.assumed(stack, stack.configuration()["Role"]))
    before = Snapshot.take(stack)
    table = stack.outputs["SuppressionTableName"]
    key = {"address": {"S": "without-events@example.com"}}
    assert dynamodb.get_item(TableName=table, Key=key)["Item"]
    for refused in (dynamodb.delete_item, dynamodb.update_item):
        with pytest.raises(ClientError, match="AccessDenied"):
            refused(TableName=table, Key=key)
    with pytest.raises(ClientError, match="AccessDenied"):
        dynamodb.scan(TableName=table)
    assert Snapshot.take(stack).since(before) == NOTHING
