"""The operators' program as somebody on call runs it, with exactly the permissions that the guide lists."""

import json
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

from cloud import REGION
from sam import REPOSITORY
from stack import Stack

PIPES = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
QUEUES = ("UndeliveredQueueUrl", "FailedQueueUrl", "ParkedQueueUrl")


@dataclass(frozen=True)
class Ran:
    """The result of the program."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> dict:
        return json.loads(self.out)


@dataclass(frozen=True)
class Operator:
    """The program and its credentials."""

    program: Path
    stack: Stack
    credentials: dict[str, str]

    def start(self, *arguments: str, stack: str | None = None) -> subprocess.Popen:
        command = [str(self.program), "redrive", "--stack", stack or self.stack.name, *arguments]
        return subprocess.Popen(command, env=self.environment(), **PIPES)

    def make(self, target: str, *, stack: str | None = None) -> Ran:
        name = self.stack.name if stack is None else stack
        command = ["make", "--no-print-directory", target, f"STACK={name}"]
        return self.end(subprocess.Popen(command, env=self.environment(), cwd=REPOSITORY, **PIPES))

    def environment(self) -> dict[str, str]:
        return self.stack.cloud.environment() | {"AWS_REGION": REGION} | self.credentials

    def end(self, process: subprocess.Popen, within: float = 120) -> Ran:
        try:
            out, err = process.communicate(timeout=within)
        finally:
            process.kill()
        return Ran(process.returncode, out, err)

    def redrive(self, *arguments: str, stack: str | None = None) -> Ran:
        return self.end(self.start(*arguments, stack=stack))


def build() -> Path:
    """Builds the program with the features of `make run`, so this takes no time after that."""
    command = ["cargo", "build", "--quiet", "--locked", "--all-features", "--bin", "mail-feedbackctl"]
    subprocess.run(command, cwd=REPOSITORY, check=True)
    built = REPOSITORY / os.environ.get("CARGO_TARGET_DIR", "target") / os.environ.get("CARGO_BUILD_TARGET", "")
    return built / "debug" / "mail-feedbackctl"


def on_call(stack: Stack) -> dict[str, str]:
    """The credentials of a user with the permissions that src/guide/elsewhere.md lists for a redrive."""
    sqs = stack.cloud.client("sqs")
    undelivered, failed, parked = (
        sqs.get_queue_attributes(QueueUrl=stack.outputs[name], AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        for name in QUEUES
    )
    mappings = stack.cloud.client("lambda").list_event_source_mappings(FunctionName=stack.invoked)
    ids = [mapping["UUID"] for mapping in mappings["EventSourceMappings"]]
    prefix = f"arn:aws:lambda:{REGION}:{stack.account}:event-source-mapping"
    looking = ["sqs:GetQueueAttributes", "sqs:ReceiveMessage", "sqs:ChangeMessageVisibility", "sqs:DeleteMessage"]
    rights = {
        "*": ["cloudformation:DescribeStacks", "lambda:ListEventSourceMappings"],
        (stack.invoked,): ["lambda:GetFunctionConfiguration"],
        (undelivered, failed, parked): looking,
        (parked,): ["sqs:StartMessageMoveTask", "sqs:ListMessageMoveTasks"],
        (undelivered, failed): ["sqs:SendMessage"],
        tuple(f"{prefix}:{each}" for each in ids): ["lambda:GetEventSourceMapping", "lambda:UpdateEventSourceMapping"],
    }
    statements = [
        {"Effect": "Allow", "Action": actions, "Resource": resources if resources == "*" else list(resources)}
        for resources, actions in rights.items()
    ]
    iam = stack.cloud.client("iam")
    iam.create_user(UserName="on-call")
    document = json.dumps({"Version": "2012-10-17", "Statement": statements})
    iam.put_user_policy(UserName="on-call", PolicyName="redrive", PolicyDocument=document)
    key = iam.create_access_key(UserName="on-call")["AccessKey"]
    return {"AWS_ACCESS_KEY_ID": key["AccessKeyId"], "AWS_SECRET_ACCESS_KEY": key["SecretAccessKey"]}
