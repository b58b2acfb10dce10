"""Enter answers every question of the guided deployment, and the stack is complete."""

import re
import subprocess
import sys

from sam import REPOSITORY

# What `sam deploy --guided` asks for every stack. Any other question is one more thing that a newcomer must know.
QUESTIONS = (
    "Stack Name",
    "AWS Region",
    "Parameter ",
    "Confirm changes before deploy",
    "Allow SAM CLI IAM role creation",
    "Disable rollback",
    "Save arguments to configuration file",
    "SAM configuration file",
    "SAM configuration environment",
)
OUTPUTS = {
    "TopicArn",
    "EventTableName",
    "SuppressionTableName",
    "MailjetWebhookUrl",
    "TencentWebhookUrl",
    "SnsWebhookUrl",
    "WebhookSecretArn",
    "FunctionName",
    "CheckFunctionName",
    "CheckFunctionArn",
    "UndeliveredQueueUrl",
    "FailedQueueUrl",
}


def test_enter_is_a_good_answer_to_every_question(deployment):
    questions = re.findall(r"([A-Z][^\n\t\[\]]*) (\[[^\]\n]*\]): ", deployment.output)
    assert len(questions) > len(QUESTIONS), deployment.output
    odd = [question for question in questions if not question[0].startswith(QUESTIONS)]
    assert not odd, odd


def test_the_stack_is_complete(stack):
    assert stack.describe()["StackStatus"] == "CREATE_COMPLETE"
    states = {name: resource["ResourceStatus"] for name, resource in stack.resources().items()}
    assert set(states.values()) == {"CREATE_COMPLETE"}, states
    assert OUTPUTS <= stack.outputs.keys()


def test_the_tables_are_protected(cloud, stack):
    for name in (stack.outputs["EventTableName"], stack.outputs["SuppressionTableName"]):
        table = cloud.client("dynamodb").describe_table(TableName=name)["Table"]
        assert table["DeletionProtectionEnabled"], name


def test_the_generated_password_fits_into_a_url(stack):
    credential = stack.credential()
    assert re.fullmatch(r"[A-Za-z0-9]{48}", credential["password"])
    assert re.fullmatch(r"[A-Za-z0-9._~-]+", credential["username"])


def test_the_deployed_code_is_known_by_what_was_built(deployment, stack):
    """Independent of the build time: anybody with the same bytes gets the same hash."""
    folder = deployment.template.parent / "Function"
    (folder / "bootstrap").touch()
    command = [sys.executable, "-B", REPOSITORY / ".ci" / "code_sha256.py", folder]
    output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    assert f"CodeSha256 {stack.configuration()['CodeSha256']}\n" in output
