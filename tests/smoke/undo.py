"""What the test has made or changed, and how to take it back: run in any case, the latest first."""

import sys
from dataclasses import dataclass, field
from typing import Callable

from botocore.exceptions import BotoCoreError, ClientError

from common.waiting import Timeout

from .account import code
from .line import Line, failed
from .signals import Interrupted


@dataclass
class Step:
    """One thing to take back; its action answers with a line, or nothing where there is nothing to say."""

    what: str
    action: Callable[[], Line | None]


@dataclass
class Undo:
    """The steps that are still to be taken."""

    steps: list[Step] = field(default_factory=list)

    def later(self, what: str, action: Callable[[], Line | None]) -> Step:
        """Plans a step; plan it before you do what it takes back."""
        step = Step(what, action)
        self.steps.append(step)
        return step

    def now(self, step: Step) -> Line | None:
        """Takes a step before the end; interrupted, it stays planned."""
        line = step.action()
        self.steps.remove(step)
        return line

    def all(self) -> list[Line]:
        """Takes all steps, each whatever became of the one before. A second interruption ends it."""
        lines = []
        try:
            while self.steps:
                step = self.steps[-1]
                try:
                    line = step.action()
                except (ClientError, BotoCoreError, Timeout) as error:
                    line = failed(f"Was it taken back: {step.what}?", "no", reason(error))
                self.steps.remove(step)
                lines += [line] if line else []
        except Interrupted:
            for step in reversed(self.steps):
                print(f"interrupted again; not taken back: {step.what}", file=sys.stderr)
                lines.append(failed(f"Was it taken back: {step.what}?", "no", "interrupted"))
        return lines


def reason(error: Exception) -> str:
    """An error in a few words, without texts that others wrote."""
    match error:
        case ClientError():
            return code(error)
        case Timeout():
            return str(error)
        case _:
            return type(error).__name__
