"""`python -m smoke --stack NAME`: the exit code is 0 if nothing failed, 1 if something did, 2 if it did not start."""

import argparse
import sys
from pathlib import Path

from .account import Account, Refused
from .run import Options, Run
from .signals import Interrupted, raise_when_interrupted

REPOSITORY = Path(__file__).resolve().parents[2]


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser("smoke", description="Tests a stack in its account and cleans up after itself.")
    add = parser.add_argument
    add("--stack", required=True, help="name of the stack")
    add("--from", dest="sender", help="verified address to send from; by default one that SES lists")
    add("--change", action="store_true", help="change a setting by updating the stack, and change it back")
    add("--no-park", dest="park", action="store_false", help="do not let a message fail, so that no alarm goes off")
    add("--wait", type=int, default=180, help="seconds to wait for SES reports and the log (180)")
    add("--notes", type=Path, default=REPOSITORY / "target" / "smoke", help="folder for the notes about unfinished runs")
    return parser.parse_args()


def main() -> int:
    given = arguments()
    raise_when_interrupted()
    try:
        account = Account.of(given.stack)
        return Run(account, Options(given.sender, given.change, given.park, given.wait, given.notes)).whole()
    except Refused as refused:
        print(refused, file=sys.stderr)
    except Interrupted:
        print("interrupted before it created anything", file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main())
