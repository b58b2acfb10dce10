"""The smoke test as a separate program, with exactly the permissions that the guide lists."""

import json
import re
import shutil
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

from cloud import REGION
from program import PIPES, Ran
from sam import REPOSITORY
from stack import Stack
from tls_proxy import Proxy

PAGE = REPOSITORY / "src" / "guide" / "smoke.md"
PYTHON = REPOSITORY / ".venv-smoke" / "bin" / "python"
ENDS_WITHIN = 240
USER = "smoke"


@dataclass
class Smoke:
    """The program, its credentials, and the proxy to the webhooks."""

    stack: Stack
    proxy: Proxy
    notes: Path
    credentials: dict[str, str] = field(default_factory=dict)

    def environment(self) -> dict[str, str]:
        environment = self.stack.cloud.environment() | {"AWS_REGION": REGION, "PYTHONPATH": str(REPOSITORY / "tests")}
        direct = {key: value for key, value in environment.items() if not key.lower().endswith("_proxy")}
        return direct | self.proxy.environment | self.credentials

    def start(self, *arguments: str, stack: str | None = None) -> subprocess.Popen:
        command = [PYTHON, "-B", "-m", "smoke", "--stack", stack or self.stack.name, "--notes", self.notes, *arguments]
        return subprocess.Popen(command, env=self.environment(), **PIPES)

    def run(self, *arguments: str, stack: str | None = None) -> "Told":
        return self.end(self.start(*arguments, stack=stack))

    def make(self, **variables: str) -> "Told":
        """Runs it by its make target, which keeps notes in this repository."""
        given = [f"{name}={value}" for name, value in variables.items()]
        command = [shutil.which("make"), "--no-print-directory", "smoke", *given]
        return self.end(subprocess.Popen(command, env=self.environment(), cwd=REPOSITORY, **PIPES))

    def end(self, process: subprocess.Popen) -> "Told":
        try:
            out, err = process.communicate(timeout=ENDS_WITHIN)
        finally:
            process.kill()
        return Told(process.returncode, out, err)


@dataclass(frozen=True)
class Told(Ran):
    """The result of the program, with its lines."""

    @property
    def lines(self) -> list[tuple[str, str, str, str]]:
        """Verdict, question, answer and evidence."""
        split = (tuple(part.strip() for part in line.split(" | ")) for line in self.out.splitlines())
        return [each for each in split if len(each) == 4]

    @property
    def verdicts(self) -> dict[str, str]:
        """The verdicts by question."""
        return {question: verdict for verdict, question, _, _ in self.lines}

    @property
    def answers(self) -> dict[str, str]:
        return {question: answer for _, question, answer, _ in self.lines}


def rights(stack: Stack) -> dict:
    """The guide's policy, filled in with the values of the stack."""
    values = stack.outputs | {"Region": REGION, "AccountId": stack.account, "StackName": stack.name}
    queues = {name.removesuffix("Url"): url for name, url in stack.outputs.items() if name.endswith("QueueUrl")}
    values |= {name: url.rpartition("/")[2] for name, url in queues.items()}
    (policy,) = re.findall(r"```json\n(.*?)```", PAGE.read_text(), re.DOTALL)
    return json.loads(re.sub(r"<(\w+)>", lambda match: values[match[1]], policy))


def allow(stack: Stack, policy: dict) -> None:
    """Sets the user's permissions."""
    stack.cloud.client("iam").put_user_policy(UserName=USER, PolicyName="smoke", PolicyDocument=json.dumps(policy))


def somebody(stack: Stack) -> dict[str, str]:
    """The credentials of a user with these permissions."""
    iam = stack.cloud.client("iam")
    iam.create_user(UserName=USER)
    allow(stack, rights(stack))
    key = iam.create_access_key(UserName=USER)["AccessKey"]
    return {"AWS_ACCESS_KEY_ID": key["AccessKeyId"], "AWS_SECRET_ACCESS_KEY": key["SecretAccessKey"]}
