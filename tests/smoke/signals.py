"""Ctrl-C and similar signals raise an exception, so the test cleans up."""

import signal


class Interrupted(BaseException):
    """Somebody wants the test to end. Not an Exception, so no error handler catches it."""


def raise_when_interrupted() -> None:
    def interrupt(*_):
        raise Interrupted

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, interrupt)
