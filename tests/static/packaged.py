"""Holds the template of a release to template.yaml: once translated, it differs by what says where the code is.

usage: packaged.py <translated template> <translated template of a release>
"""

import json
import sys
from pathlib import Path


def main():
    template, packaged = (json.loads(Path(path).read_text(encoding="utf-8")) for path in sys.argv[1:3])
    added = [packaged["Parameters"].pop(name, None) for name in ("CodeBucket", "CodeKey")]
    if None in added:
        sys.exit(f"{sys.argv[2]} has no parameters for the code")
    for resource in template["Resources"].values():
        if resource.get("Metadata", {}).get("BuildMethod"):
            del resource["Metadata"]
    if packaged != template:
        sys.exit(f"{sys.argv[2]} is not {sys.argv[1]} with two parameters more")
    print(f"the template of a release has the same {len(packaged['Resources'])} resources as template.yaml")


main()
