"""The emulator as the tests see it: started once, reached on loopback, always stopped."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import urllib.request
from dataclasses import dataclass
from pathlib import Path

import boto3
import botocore.config
from waiting import until

REGION = "eu-west-1"
# The emulator's documented root credentials; they give access to nothing else.
CREDENTIALS = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}
HERE = Path(__file__).resolve().parent


@dataclass(frozen=True)
class Cloud:
    """A running emulator."""

    port: int
    log: Path

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def client(self, service: str, **credentials):
        """A client of the emulator, by default with the credentials of the account."""
        credentials = credentials or {key.lower(): value for key, value in CREDENTIALS.items()}
        config = botocore.config.Config(connect_timeout=5, read_timeout=60, retries={"max_attempts": 1})
        return boto3.client(service, region_name=REGION, endpoint_url=self.url, config=config, **credentials)

    def environment(self) -> dict[str, str]:
        """For command-line tools: everything points to the emulator, nothing to an account of the user."""
        nowhere = str(self.log.parent / "no-aws-configuration")
        kept = {key: value for key, value in os.environ.items() if not key.startswith(("AWS_", "SAM_"))}
        return kept | CREDENTIALS | {
            "AWS_ENDPOINT_URL": self.url,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_CONFIG_FILE": nowhere,
            "AWS_SHARED_CREDENTIALS_FILE": nowhere,
            "AWS_EC2_METADATA_DISABLED": "true",
            "SAM_CLI_TELEMETRY": "0",
            "__SAM_CLI_APP_DIR": str(self.log.parent / "sam"),
        }


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def is_healthy(cloud: Cloud, process: subprocess.Popen) -> bool:
    if process.poll() is not None:
        raise RuntimeError(f"the emulator ended:\n{cloud.log.read_text()[-4000:]}")
    with contextlib.suppress(OSError):
        with urllib.request.urlopen(f"{cloud.url}/_ministack/health", timeout=2) as answer:
            return answer.status == 200
    return False


@contextlib.contextmanager
def running(folder: Path, authority: Path):
    """The emulator, with its files in `folder`; its functions inherit this environment, not the caller's."""
    cloud = Cloud(free_port(), folder / "emulator.log")
    environment = CREDENTIALS | {
        "PATH": "/usr/bin:/bin",
        "HOME": str(folder),
        "TMPDIR": str(folder),
        "S3_DATA_DIR": str(folder / "s3"),
        "PYTHONDONTWRITEBYTECODE": "1",
        "AUTH": "true",
        "GATEWAY_PORT": str(cloud.port),
        "BIND_HOST": "127.0.0.1",
        "MINISTACK_HOST": "127.0.0.1",
        "MINISTACK_REGION": REGION,
        "AWS_ENDPOINT_URL": cloud.url,
        "IOT_MTLS_ENABLED": "0",
        "SFTP_ENABLED": "0",
    }
    with cloud.log.open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, str(HERE / "emulator.py"), str(authority)],
            env=environment,
            cwd=folder,
            stdin=subprocess.PIPE,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            until("the emulator", lambda: is_healthy(cloud, process), seconds=60)
            yield cloud
        finally:
            stop(process)


def stop(process: subprocess.Popen) -> None:
    """Stops the emulator and, through its process group, every function it started."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGTERM)
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(timeout=3)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait(timeout=10)
