"""Notes about unfinished runs, in files on this machine: the next run cleans up after one that was killed."""

import json
from dataclasses import dataclass
from pathlib import Path

from .account import Account


@dataclass(frozen=True)
class Notes:
    """The notes about one stack."""

    folder: Path
    account: Account

    def path(self, run: str) -> Path:
        return self.folder / f"{self.account.number}-{self.account.region}-{self.account.stack}-{run}.json"

    def write(self, run: str, addresses: list[str]) -> None:
        """Notes a run before it creates anything."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self.path(run).write_text(json.dumps({"run": run, "addresses": addresses}))

    def forget(self, run: str) -> None:
        self.path(run).unlink(missing_ok=True)

    def left(self) -> dict[str, list[str]]:
        """Addresses of earlier runs, by run."""
        notes = (json.loads(path.read_text()) for path in sorted(self.folder.glob(self.path("smoke-*").name)))
        return {note["run"]: note["addresses"] for note in notes}
