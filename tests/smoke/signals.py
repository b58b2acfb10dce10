"""Ctrl-C and its kin end the test by an exception, so that it cleans up."""

import signal


class Interrupted(BaseException):
    """Somebody wants the test to end; no handler of errors may take it for one."""


def raise_when_interrupted() -> None:
    def interrupt(*_):
        raise Interrupted

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, interrupt)
