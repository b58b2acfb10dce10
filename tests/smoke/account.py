"""The stack under test: outputs, parameters and clients, with the credentials and region of the environment."""

import os
from dataclasses import dataclass

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

CONFIG = Config(connect_timeout=5, read_timeout=40, retries={"mode": "standard", "total_max_attempts": 6})
# The outputs and parameters that identify a stack of this template: those that every test needs.
OUTPUTS = (
    "EventTableName",
    "FailedQueueUrl",
    "FunctionAliasArn",
    "LogGroupName",
    "MailjetWebhookUrl",
    "ParkedQueueUrl",
    "SuppressionTableName",
    "TencentWebhookUrl",
    "TopicArn",
    "UndeliveredQueueUrl",
    "WebhookSecretArn",
)
PARAMETERS = ("EngagementRetentionDays", "SesEventTypes")


class Refused(Exception):
    """The test does not start; the text says what to do."""


@dataclass(frozen=True)
class Account:
    """One stack, as it was when the test began."""

    session: boto3.session.Session
    stack: str
    outputs: dict[str, str]
    parameters: dict[str, str]

    @classmethod
    def of(cls, stack: str) -> "Account":
        """Reads the stack; refuses one that is absent, changing, or of another template."""
        try:
            # The Python SDK does not read this variable, which the AWS CLI and the guide use.
            session = boto3.session.Session(region_name=os.environ.get("AWS_REGION"))
            if not session.region_name:
                raise Refused("no region; set AWS_REGION")
            description = describe(session.client("cloudformation", config=CONFIG), stack)
        except ClientError as error:
            raise Refused(f"cannot read stack {stack} in {session.region_name}: {code(error)}") from error
        except BotoCoreError as error:
            raise Refused(f"cannot read stack {stack}: {' '.join(str(error).split())}") from error
        return cls.described(session, stack, description)

    @classmethod
    def described(cls, session: boto3.session.Session, stack: str, description: dict) -> "Account":
        """The stack, as CloudFormation describes it."""
        status = description["StackStatus"]
        if not status.endswith("_COMPLETE") or status.startswith("DELETE"):
            raise Refused(f"stack {stack} is {status}; wait for the end of the operation")
        outputs = {each["OutputKey"]: each["OutputValue"] for each in description.get("Outputs", [])}
        given = description.get("Parameters", [])
        parameters = {each["ParameterKey"]: each.get("ParameterValue", "") for each in given}
        lacking = [name for name in OUTPUTS if name not in outputs]
        lacking += [name for name in PARAMETERS if name not in parameters]
        if lacking:
            raise Refused(f"{stack} is not a working mail-feedback stack: {status}, without {' '.join(lacking)}")
        return cls(session, stack, outputs, parameters)

    @property
    def region(self) -> str:
        return self.session.region_name

    @property
    def number(self) -> str:
        """The id of the account."""
        return self.outputs["TopicArn"].split(":")[4]

    def client(self, service: str):
        return self.session.client(service, config=CONFIG)

    def table(self, output: str):
        """One of the tables, with items as plain values."""
        return self.session.resource("dynamodb", config=CONFIG).Table(self.outputs[output])

    def function(self) -> dict:
        """The configuration of the version that the alias names."""
        return self.client("lambda").get_function_configuration(FunctionName=self.outputs["FunctionAliasArn"])


def describe(cloudformation, stack: str) -> dict:
    return cloudformation.describe_stacks(StackName=stack)["Stacks"][0]


def code(error: ClientError) -> str:
    """The refused call and its error code; other texts from AWS may name resources of others."""
    return f"{error.operation_name} answered {error.response.get('Error', {}).get('Code', 'an error')}"
