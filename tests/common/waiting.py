"""Waiting with a timeout; both suites use this for every wait."""

import time
from typing import Callable, TypeVar

T = TypeVar("T")


class Timeout(AssertionError):
    """The awaited result did not arrive in time."""


def until(what: str, probe: Callable[[], T | None], *, seconds: float = 30, pause: float = 0.1) -> T:
    """The first result of `probe` that is neither None nor False."""
    end = time.monotonic() + seconds
    while True:
        result = probe()
        if result is not None and result is not False:
            return result
        if time.monotonic() > end:
            raise Timeout(f"after {seconds} s still waiting for {what}")
        time.sleep(pause)
