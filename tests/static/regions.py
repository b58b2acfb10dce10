"""Holds the page on regions to what cfn-lint knows of each.

usage: regions.py <translated template> <page>

cfn-lint itself judges in one region, which takes it long enough. What it says holds wherever the types of the template have
the same schemas as there; so these are compared. Where a type is missing, the page must say so, and must list all the others.
"""

import json
import re
import sys
from pathlib import Path

from cfnlint.helpers import REGIONS
from cfnlint.schema.manager import PROVIDER_SCHEMA_MANAGER

# The one that the Makefile has cfn-lint judge in.
JUDGED = "eu-west-1"
ROW = re.compile(r"^\| `([a-z]+(?:-[a-z]+)+-\d)` \|", re.MULTILINE)


def schema(region: str, kind: str) -> dict:
    return PROVIDER_SCHEMA_MANAGER.get_resource_schema(region, kind).schema


def compare(types: list[str]) -> tuple[dict[str, list[str]], list[str]]:
    """The types that are missing, by region; and the schemas that are others than where cfn-lint judged."""
    missing, others = {}, []
    for region in sorted(REGIONS):
        known = set(PROVIDER_SCHEMA_MANAGER.get_resource_types(region))
        if lacking := [kind for kind in types if kind not in known]:
            missing[region] = lacking
        there = [kind for kind in types if kind in known]
        others += [
            f"{kind} in {region} is not what it is in {JUDGED}: have cfn-lint judge there, too"
            for kind in there
            if schema(region, kind) != schema(JUDGED, kind)
        ]
    return missing, others


def rows(missing: dict[str, list[str]]) -> list[str]:
    """What the page must hold."""
    table = [f"| `{region}` | {', '.join(f'`{kind}`' for kind in kinds)} |" for region, kinds in missing.items()]
    whole = sorted(set(REGIONS) - missing.keys())
    return [*table, f"Nothing is missing in {', '.join(f'`{region}`' for region in whole)}."]


def main():
    template, page = (Path(path).read_text(encoding="utf-8") for path in sys.argv[1:3])
    missing, wrong = compare(sorted({resource["Type"] for resource in json.loads(template)["Resources"].values()}))
    text = " ".join(page.split())
    wrong += [f"{sys.argv[2]} must hold: {row}" for row in rows(missing) if row not in text]
    wrong += [f"{sys.argv[2]}: {region} lacks nothing" for region in ROW.findall(page) if region not in missing]
    if wrong:
        sys.exit("\n".join(wrong))
    print(f"{len(REGIONS)} regions are as {JUDGED}, but for types missing in {', '.join(missing)}")


main()
