"""One emulator and one stack for the whole run; after a failure, the emulator's log is shown.

Two processes (`-n 2`) have one of each: one runs the tests that build on earlier ones, in order; the
other runs those that only need a stack.
"""

import fcntl
import os
import sys
from dataclasses import dataclass
from pathlib import Path

sys.dont_write_bytecode = True

import authority
import cloud as emulated
import pytest
from sam import ARCHITECTURE, Sam
from stack import Stack
from xdist.scheduler import LoadScopeScheduling

STACK = "mail-feedback-e2e"
LOG_LINES = 150
# Modules that need a stack but nothing from earlier tests.
APART = ("test_6_smoke", "test_8_changes", "test_8_switch", "test_8_variants")
LOGS = pytest.StashKey[list[Path]]()


@dataclass(frozen=True)
class Deployment:
    """The stack under test, and how it was deployed."""

    stack: Stack
    sam: Sam
    template: Path
    output: str
    trust: dict[str, str]
    processed: dict


class InOrderAndApart(LoadScopeScheduling):
    """One process for the tests that build on each other, in their order, and one for those that need a stack of their own."""

    def _split_scope(self, nodeid: str) -> str:
        return "apart" if Path(nodeid.split("::")[0]).stem in APART else "in order"


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    return InOrderAndApart(config, log)


@pytest.fixture(scope="session")
def folder(tmp_path_factory, request) -> Path:
    path = tmp_path_factory.mktemp("e2e")
    request.config.stash.setdefault(LOGS, []).append(path / "emulator.log")
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
def template(sam, tmp_path_factory) -> Path:
    """The built template; all deployments of both processes share one build."""
    folder = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        folder = folder.parent
    with (folder / "build.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        ready = folder / "build" / "template.yaml"
        return ready if ready.exists() else sam.build(ready.parent)


@pytest.fixture(scope="session")
def trust(folder) -> dict[str, str]:
    """The parameters that differ from the defaults: this machine's architecture, and whose signatures to accept."""
    return {
        "Architecture": ARCHITECTURE,
        "SnsTrustAnchors": str(folder / "authority" / authority.ROOT),
        "SnsCertificates": str(folder / "authority"),
    }


@pytest.fixture(scope="session")
def deployment(cloud, sam, template, trust) -> Deployment:
    """The stack as a newcomer deploys it: guided, with Enter for every question."""
    output = sam.deploy(template, STACK, "--guided", **trust)
    processed = cloud.client("cloudformation").get_template(StackName=STACK, TemplateStage="Processed")["TemplateBody"]
    return Deployment(Stack(cloud, STACK), sam, template, output, trust, processed)


@pytest.fixture(scope="session")
def stack(deployment) -> Stack:
    return deployment.stack


def pytest_sessionfinish(session):
    if hasattr(session.config, "workeroutput"):
        session.config.workeroutput["logs"] = [str(log) for log in session.config.stash.get(LOGS, [])]


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node):
    logs = getattr(node, "workeroutput", {}).get("logs", [])
    node.config.stash.setdefault(LOGS, []).extend(map(Path, logs))


def pytest_terminal_summary(terminalreporter, config):
    bad = terminalreporter.stats.get("failed", []) + terminalreporter.stats.get("error", [])
    for log in filter(Path.exists, config.stash.get(LOGS, []) if bad else []):
        terminalreporter.section(f"the last {LOG_LINES} lines of the emulator; the whole log is {log}")
        for line in log.read_text(errors="replace").splitlines()[-LOG_LINES:]:
            terminalreporter.line(line)
