"""Deleting the stack takes everything but what was recorded."""

import pytest
from botocore.exceptions import ClientError
from tables import Snapshot


@pytest.fixture(scope="module")
def deleted(deployment, stack):
    """What the tables held, and the id of the API, before the stack was deleted."""
    before, resources = Snapshot.take(stack), stack.resources()
    function = stack.function
    deployment.sam.delete(stack.name)
    return before, resources, function


def test_the_stack_is_gone(deleted, stack):
    with pytest.raises(ClientError, match="does not exist"):
        stack.describe()


def test_the_tables_are_as_they_were(deleted, cloud, stack):
    before, *_ = deleted
    assert len(before.events) > len(before.suppressions) > 0
    assert Snapshot.take(stack) == before
    for output in ("EventTableName", "SuppressionTableName"):
        with pytest.raises(ClientError, match="deletion protection"):
            cloud.client("dynamodb").delete_table(TableName=stack.outputs[output])


def test_nothing_answers_any_more(deleted, cloud, stack):
    _, resources, function = deleted
    with pytest.raises(ClientError, match="ResourceNotFound"):
        cloud.client("lambda").get_function(FunctionName=function)
    with pytest.raises(ClientError, match="NotFound"):
        cloud.client("apigatewayv2").get_api(ApiId=resources["HttpApi"]["PhysicalResourceId"])
    with pytest.raises(ClientError, match="NotFound"):
        cloud.client("sns").get_topic_attributes(TopicArn=stack.topic)
    assert stack.post("/webhooks/mailjet", "{}").status == 404


def test_only_the_tables_are_left(deleted, cloud, stack):
    _, resources, _ = deleted
    kept = [each for each in resources.values() if each["ResourceType"] == "AWS::DynamoDB::Table"]
    tables = {each["PhysicalResourceId"] for each in kept}
    prefix = f"{stack.name}-"
    left = cloud.client("dynamodb").list_tables()["TableNames"]
    assert {name for name in left if name.startswith(prefix)} == tables
    assert not cloud.client("sqs").list_queues(QueueNamePrefix=prefix).get("QueueUrls")
    secrets = cloud.client("secretsmanager").list_secrets()["SecretList"]
    assert not [secret["Name"] for secret in secrets if secret["Name"].startswith(prefix)]
    roles = cloud.client("iam").list_roles()["Roles"]
    assert not [role["RoleName"] for role in roles if role["RoleName"].startswith(prefix)]
