"""Judges template and translation by cfn-lint in every region it knows, and holds the page to what comes out.

usage: regions.py <template> <translated template> <page>

Where a type of resource is missing, nothing else may be wrong; everywhere else, nothing at all. The page has a row for each
region with something missing, and one list of all the others.
"""

import json
import re
import subprocess
import sys
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from cfnlint.helpers import REGIONS

# SAM has put the values of some parameters into the translation, so that nothing uses them any more.
IGNORED = {"W2001"}
MISSING = re.compile(r"Resource type '([A-Za-z0-9:]+)' does not exist in '([a-z0-9-]+)'")


def judge(path: str) -> tuple[dict[str, set[str]], list[str]]:
    """The types that are missing by region, and all other findings."""
    command = [str(Path(sys.executable).with_name("cfn-lint")), "--format", "json", "--regions", *REGIONS, "-t", path]
    findings = json.loads(subprocess.run(command, capture_output=True, text=True, check=False).stdout or "[]")
    missing, others = defaultdict(set), []
    for finding in findings:
        rule, message = finding["Rule"]["Id"], finding["Message"]
        found = MISSING.search(message)
        if rule == "E3006" and found:
            missing[found[2]].add(found[1])
        elif rule not in IGNORED:
            others.append(f"{path}: {rule} {message}")
    return missing, others


def rows(missing: dict[str, set[str]]) -> list[str]:
    """What the page must hold."""
    table = [f"| `{region}` | {', '.join(f'`{kind}`' for kind in sorted(missing[region]))} |" for region in sorted(missing)]
    whole = sorted(set(REGIONS) - missing.keys())
    return [*table, f"Nothing is missing in {', '.join(f'`{region}`' for region in whole)}."]


def main():
    template, translated, page = sys.argv[1:4]
    with ThreadPoolExecutor() as pool:
        (missing, others), (also_missing, also_others) = pool.map(judge, (template, translated))
    for region, kinds in also_missing.items():
        missing[region] |= kinds
    text = " ".join(Path(page).read_text(encoding="utf-8").split())
    wrong = [*others, *also_others, *(f"{page} must hold: {row}" for row in rows(missing) if row not in text)]
    stated = set(re.findall(r"^\| `([a-z]+(?:-[a-z]+)+-\d)` \|", Path(page).read_text(encoding="utf-8"), re.MULTILINE))
    wrong += [f"{page} says that {region} lacks something" for region in sorted(stated - missing.keys())]
    if wrong:
        sys.exit("\n".join(wrong))
    print(f"no finding in {len(REGIONS)} regions but missing types in {len(missing)}: {', '.join(sorted(missing))}")


main()
