"""What the test has created or changed, and how to undo it: always run, latest first."""

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
    """One thing to undo; its action returns a line, or None if there is nothing to say."""

    what: str
    action: Callable[[], Line | None]


@dataclass
class Undo:
    """The steps that remain."""

    steps: list[Step] = field(default_factory=list)

    def later(self, what: str, action: Callable[[], Line | None]) -> Step:
        """Plans a step; plan it before you do what it undoes."""
        step = Step(what, action)
        self.steps.append(step)
        return step

    def now(self, step: Step) -> Line | None:
        """Runs a step before the end; if interrupted, it stays planned."""
        line = step.action()
        self.steps.remove(step)
        return line

    def all(self) -> list[Line]:
        """Runs all steps, even if one fails. A second interruption ends it."""
        lines = []
        try:
            while self.steps:
                step = self.steps[-1]
                try:
                    line = step.action()
                except (ClientError, BotoCoreError, Timeout) as error:
                    line = failed(f"Was it cleaned up: {step.what}?", "no", reason(error))
                self.steps.remove(step)
                lines += [line] if line else []
        except Interrupted:
            for step in reversed(self.steps):
                print(f"interrupted again; not cleaned up: {step.what}", file=sys.stderr)
                lines.append(failed(f"Was it cleaned up: {step.what}?", "no", "interrupted"))
        return lines


def reason(error: Exception) -> str:
    """An error in a few words, without texts from outside."""
    match error:
        case ClientError():
            return code(error)
        case Timeout():
            return str(error)
        case _:
            return type(error).__name__
