"""One emulator and one stack for the whole run; what the emulator logged is shown where something failed."""

import sys
from dataclasses import dataclass
from pathlib import Path

sys.dont_write_bytecode = True

import authority
import cloud as emulated
import pytest
from sam import ARCHITECTURE, Sam
from stack import Stack

STACK = "mail-feedback-e2e"
LOG_LINES = 150


@dataclass(frozen=True)
class Deployment:
    """The stack under test, and how it came to be."""

    stack: Stack
    sam: Sam
    template: Path
    output: str
    trust: dict[str, str]
    processed: dict


@pytest.fixture(scope="session")
def folder(tmp_path_factory, request) -> Path:
    path = tmp_path_factory.mktemp("e2e")
    request.config.stash[LOG] = path / "emulator.log"
    return path


@pytest.fixture(scope="session")
def signer(folder) -> authority.Signer:
    authority.create(folder / "authority")
    return authority.Signer.of(folder / "authority")


@pytest.fixture(scope="session")
def cloud(folder, signer):
    with emulated.running(folder, folder / "authority") as running:
        yield running


@pytest.fixture(scope="session")
def sam(cloud, folder) -> Sam:
    return Sam.of(cloud, folder / "sam")


@pytest.fixture(scope="session")
def template(sam) -> Path:
    """The built template; one build serves every deployment."""
    return sam.build()


@pytest.fixture(scope="session")
def trust(folder) -> dict[str, str]:
    """The parameters that differ from the defaults: this machine's architecture, and whose signatures count."""
    return {
        "Architecture": ARCHITECTURE,
        "SnsTrustAnchors": str(folder / "authority" / authority.ROOT),
        "SnsCertificates": str(folder / "authority"),
    }


@pytest.fixture(scope="session")
def deployment(cloud, sam, template, trust) -> Deployment:
    """The stack, as a newcomer deploys it: guided, and Enter to every question."""
    output = sam.deploy(template, STACK, "--guided", **trust)
    processed = cloud.client("cloudformation").get_template(StackName=STACK, TemplateStage="Processed")["TemplateBody"]
    return Deployment(Stack(cloud, STACK), sam, template, output, trust, processed)


@pytest.fixture(scope="session")
def stack(deployment) -> Stack:
    return deployment.stack


LOG = pytest.StashKey[Path]()


def pytest_terminal_summary(terminalreporter, config):
    log = config.stash.get(LOG, None)
    bad = terminalreporter.stats.get("failed", []) + terminalreporter.stats.get("error", [])
    if bad and log and log.exists():
        terminalreporter.section(f"the last {LOG_LINES} lines of the emulator, all in {log}")
        for line in log.read_text(errors="replace").splitlines()[-LOG_LINES:]:
            terminalreporter.line(line)
