"""Checks the page on regions against cfn-lint's schemas.

usage: regions.py <translated template> <page>

cfn-lint itself checks against one region, which takes long enough. Its result applies to every region in which the types of the
template have the same schemas, so these are compared. The page must list missing types by region, and all other regions.
"""

import json
import re
import sys
from pathlib import Path

from cfnlint.helpers import REGIONS
from cfnlint.schema.manager import PROVIDER_SCHEMA_MANAGER

# The region that .ci/validate passes to cfn-lint.
JUDGED = "eu-west-1"
ROW = re.compile(r"^\| `([a-z]+(?:-[a-z]+)+-\d)` \|", re.MULTILINE)


def schema(region: str, kind: str) -> dict:
    return PROVIDER_SCHEMA_MANAGER.get_resource_schema(region, kind).schema


def compare(types: list[str]) -> tuple[dict[str, list[str]], list[str]]:
    """The missing types by region, and the schemas that differ from those of the checked region."""
    missing, others = {}, []
    for region in sorted(REGIONS):
        known = set(PROVIDER_SCHEMA_MANAGER.get_resource_types(region))
        if lacking := [kind for kind in types if kind not in known]:
            missing[region] = lacking
        there = [kind for kind in types if kind in known]
        others += [
            f"{kind} in {region} differs from {JUDGED}: run cfn-lint there, too"
            for kind in there
            if schema(region, kind) != schema(JUDGED, kind)
        ]
    return missing, others


def rows(missing: dict[str, list[str]]) -> list[str]:
    """What the page must contain."""
    table = [f"| `{region}` | {', '.join(f'`{kind}`' for kind in kinds)} |" for region, kinds in missing.items()]
    whole = sorted(set(REGIONS) - missing.keys())
    return [*table, f"Nothing is missing in {', '.join(f'`{region}`' for region in whole)}."]


def main():
    template, page = (Path(path).read_text(encoding="utf-8") for path in sys.argv[1:3])
    missing, wrong = compare(sorted({resource["Type"] for resource in json.loads(template)["Resources"].values()}))
    text = " ".join(page.split())
    wrong += [f"{sys.argv[2]} must contain: {row}" for row in rows(missing) if row not in text]
    wrong += [f"{sys.argv[2]}: {region} lacks nothing" for region in ROW.findall(page) if region not in missing]
    if wrong:
        sys.exit("\n".join(wrong))
    print(f"{len(REGIONS)} regions are like {JUDGED}, except for types missing in {', '.join(missing)}")


main()
