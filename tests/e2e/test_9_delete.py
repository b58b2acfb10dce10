"""Deleting the stack keeps only the tables, the configuration set, and a function that nothing invokes."""

import pytest
from botocore.exceptions import ClientError
from tables import Snapshot


@pytest.fixture(scope="module")
def deleted(deployment, stack):
    """The contents of the tables, and the resources, before the stack was deleted."""
    before, resources = Snapshot.take(stack), stack.resources()
    deployment.sam.delete(stack.name)
    return before, resources


def test_the_stack_is_gone(deleted, stack):
    with pytest.raises(ClientError, match="does not exist"):
        stack.describe()


def test_the_tables_are_as_they_were(deleted, cloud, stack):
    before, _ = deleted
    assert len(before.events) > len(before.suppressions) > 0
    assert Snapshot.take(stack) == before
    for output in ("EventTableName", "SuppressionTableName"):
        with pytest.raises(ClientError, match="deletion protection"):
            cloud.client("dynamodb").delete_table(TableName=stack.outputs[output])


def test_nothing_answers_any_more(deleted, cloud, stack):
    _, resources = deleted
    with pytest.raises(ClientError, match="NotFound"):
        cloud.client("apigatewayv2").get_api(ApiId=resources["HttpApi"]["PhysicalResourceId"])
    with pytest.raises(ClientError, match="NotFound"):
        cloud.client("sns").get_topic_attributes(TopicArn=stack.topic)
    assert stack.post("/webhooks/mailjet", "{}").status == 404


def test_mail_that_names_the_configuration_set_is_not_refused(deleted, cloud, stack):
    name = stack.outputs["ConfigurationSetName"]
    client = cloud.client("sesv2")
    assert client.get_configuration_set(ConfigurationSetName=name)["ConfigurationSetName"] == name
    left = client.get_configuration_set_event_destinations(ConfigurationSetName=name)
    assert not left.get("EventDestinations")


def test_the_function_is_left_and_goes_with_one_command(deleted, cloud, stack):
    client = cloud.client("lambda")
    assert not client.list_event_source_mappings(FunctionName=stack.function)["EventSourceMappings"]
    client.delete_function(FunctionName=stack.function)
    with pytest.raises(ClientError, match="ResourceNotFound"):
        client.get_function(FunctionName=stack.function)


def test_senders_get_no_answer_any_more(deleted, cloud, stack):
    with pytest.raises(ClientError, match="ResourceNotFound"):
        stack.ask({"addresses": ["nobody@example.com"]})
    with pytest.raises(ClientError, match="ParameterNotFound"):
        cloud.client("ssm").get_parameter(Name=f"/{stack.name}/check-function")


def test_only_the_tables_are_left(deleted, cloud, stack):
    _, resources = deleted
    kept = [each for each in resources.values() if each["ResourceType"] == "AWS::DynamoDB::Table"]
    tables = {each["PhysicalResourceId"] for each in kept}
    prefix = f"{stack.name}-"
    left = cloud.client("dynamodb").list_tables()["TableNames"]
    assert {name for name in left if name.startswith(prefix)} == tables
    queues = {resources[name]["PhysicalResourceId"] for name in ("UndeliveredQueue", "FailedQueue", "ParkedQueue")}
    assert not queues & set(cloud.client("sqs").list_queues().get("QueueUrls", []))
    secrets = cloud.client("secretsmanager").list_secrets()["SecretList"]
    assert not [secret["Name"] for secret in secrets if secret["Name"].startswith(prefix)]
    roles = cloud.client("iam").list_roles()["Roles"]
    assert not [role["RoleName"] for role in roles if role["RoleName"].startswith(prefix)]
