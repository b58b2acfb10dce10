"""Compares a release's template with template.yaml: once translated, they differ only in the location of the code.

usage: packaged.py <translated template> <translated template of a release>
"""

import json
import sys
from pathlib import Path


def main():
    template, packaged = (json.loads(Path(path).read_text(encoding="utf-8")) for path in sys.argv[1:3])
    added = [packaged["Parameters"].pop(name, None) for name in ("CodeBucket", "CodeKey", "ChangesCodeKey", "SupportCodeKey")]
    if None in added:
        sys.exit(f"{sys.argv[2]} lacks the parameters for the code")
    for resource in template["Resources"].values():
        if resource.get("Metadata", {}).get("BuildMethod"):
            del resource["Metadata"]
    if packaged != template:
        sys.exit(f"{sys.argv[2]} differs from {sys.argv[1]} in more than the parameters for the code")
    print(f"the release's template has the same {len(packaged['Resources'])} resources as template.yaml")


main()
