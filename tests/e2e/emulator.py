"""Starts the AWS emulator, made more like AWS by `fidelity` and `resources`.

Run as a program, with the folder of an authority as its argument and the emulator's settings in the environment. It
leads its own process group and kills that group when its standard input closes, so no function process outlives the
tests, however they end.
"""

import os
import signal
import sys
import threading
from pathlib import Path

import fidelity
import resources


def end_with_parent() -> None:
    """Standard input is a pipe from the tests; it closes when they end, even if they are killed."""

    def wait() -> None:
        while os.read(0, 4096):
            pass
        os.killpg(0, signal.SIGKILL)

    threading.Thread(target=wait, daemon=True).start()


def main() -> None:
    end_with_parent()
    import ministack.app

    fidelity.complete(Path(sys.argv.pop(1)))
    resources.complete()
    ministack.app.main()


if __name__ == "__main__":
    main()
