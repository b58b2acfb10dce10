"""The JSON documents in the fenced blocks of a page, which tests run as they are written there."""

import json

from sam import REPOSITORY


def documents(page: str, heading: str) -> list:
    """The JSON documents below a heading of a page, up to the next heading."""
    text = (REPOSITORY / "src" / "guide" / page).read_text(encoding="utf-8")
    _, _, rest = text.partition(f"\n### {heading}\n")
    assert rest, f"{page} has no section {heading}"
    section = rest.partition("\n##")[0]
    return [json.loads(block.partition("```")[0]) for block in section.split("```json\n")[1:]]
