"""`sam build`, `sam deploy` and `sam delete` as a user runs them, against the emulator.

Settings, all optional, from the environment:
  E2E_PROFILE  debug (default: quick, native, no zig) or release (as shipped, with zig: minutes)
  E2E_BUILD    the folder of an earlier `sam build`, to skip the build
"""

import os
import platform
import shutil
import signal
import subprocess
from dataclasses import dataclass
from pathlib import Path

from cloud import REGION, Cloud

REPOSITORY = Path(__file__).resolve().parents[2]
SAM = REPOSITORY / ".venv-sam" / "bin" / "sam"
# This machine builds and runs the function.
ARCHITECTURE = {"aarch64": "arm64", "arm64": "arm64"}.get(platform.machine(), "x86_64")
PROFILES = {
    # With the features of `make test` and, if CARGO_BUILD_TARGET names this machine, in its folder: little is left
    # to compile.
    "debug": {
        "SAM_BUILD_MODE": "debug",
        "CARGO_LAMBDA_COMPILER": "cargo",
        "CARGO_LAMBDA_COMPILER_EXTRA_ARGS": "--all-features",
    },
    "release": {},
}
DEPLOYS_WITHIN = 300


class Failed(AssertionError):
    """A command failed; the text has its output."""


@dataclass(frozen=True)
class Sam:
    """The SAM CLI with its own configuration file, which guided deployments write."""

    cloud: Cloud
    folder: Path

    @property
    def configuration(self) -> Path:
        return self.folder / "samconfig.toml"

    @classmethod
    def of(cls, cloud: Cloud, folder: Path) -> "Sam":
        """Starts from a copy of the repository's configuration file."""
        folder.mkdir(parents=True, exist_ok=True)
        sam = cls(cloud, folder)
        shutil.copy(REPOSITORY / "samconfig.toml", sam.configuration)
        return sam

    def run(self, *arguments: str, within: float, **environment: str) -> str:
        """Runs a command of the CLI, answering every question with Enter; returns its output."""
        command = [str(SAM), *arguments]
        path = f"{REPOSITORY / '.venv' / 'bin'}{os.pathsep}{os.environ['PATH']}"
        process = subprocess.Popen(
            command,
            cwd=REPOSITORY,
            env=self.cloud.environment() | {"PATH": path} | environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        try:
            output, _ = process.communicate("\n" * 500, timeout=within)
        except BaseException:
            # Kills the compilers that it started, too.
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            raise
        if process.returncode:
            raise Failed(f"{' '.join(command)} ended with {process.returncode}:\n{output}")
        return output

    def build(self, folder: Path) -> Path:
        """Builds the function into a folder; returns the built template."""
        ready = os.environ.get("E2E_BUILD")
        if ready:
            return Path(ready).resolve() / "template.yaml"
        profile = PROFILES[os.environ.get("E2E_PROFILE", "debug")]
        overrides = ("--parameter-overrides", f"Architecture={ARCHITECTURE}")
        self.run("build", "--build-dir", str(folder), *overrides, within=3600, **profile)
        return folder / "template.yaml"

    def deploy(self, template: Path, stack: str, *flags: str, **parameters: str) -> str:
        """Deploys a stack with some parameters; the others keep their value, or get the template's default."""
        overrides = [f"{name}={value}" for name, value in parameters.items()]
        output = self.run(
            "deploy",
            *("--template-file", str(template)),
            *("--stack-name", stack),
            *("--region", REGION),
            *("--config-file", str(self.configuration)),
            *(["--parameter-overrides", *overrides] if overrides else []),
            *flags,
            within=DEPLOYS_WITHIN,
        )
        if "Successfully created/updated stack" not in output:
            # If Enter means no to a question, the CLI ends without an error.
            raise Failed(f"nothing was deployed:\n{output}")
        return output

    def upload(self, template: Path, stack: str) -> str:
        """Uploads code and template as a deployment does; returns the URL of the template."""
        packaged = self.folder / "packaged.yaml"
        configuration = ("--config-file", str(self.configuration))
        self.run(
            *("package", "--resolve-s3", "--template-file", str(template), "--output-template-file", str(packaged)),
            *("--region", REGION),
            *configuration,
            within=DEPLOYS_WITHIN,
        )
        storage = self.cloud.client("s3")
        bucket = next(each["Name"] for each in storage.list_buckets()["Buckets"] if "samclisource" in each["Name"])
        storage.put_object(Bucket=bucket, Key=f"{stack}.template", Body=packaged.read_bytes())
        return f"{self.cloud.url}/{bucket}/{stack}.template"

    def delete(self, stack: str) -> str:
        """Deletes a stack without prompts."""
        return self.run(
            *("delete", "--no-prompts", "--stack-name", stack, "--region", REGION),
            *("--config-file", str(self.configuration)),
            within=DEPLOYS_WITHIN,
        )
