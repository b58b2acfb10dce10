"""The fenced blocks of a page, which tests run as they are written there."""

import json

from sam import REPOSITORY


def text(page: str) -> str:
    """A page of the guide."""
    return (REPOSITORY / "src" / "guide" / page).read_text(encoding="utf-8")


def blocks(page: str, heading: str, language: str) -> list[str]:
    """The blocks in a language below a heading of a page, up to the next heading."""
    _, _, rest = text(page).partition(f"\n### {heading}\n")
    assert rest, f"{page} has no section {heading}"
    section = rest.partition("\n##")[0]
    return [block.partition("```")[0] for block in section.split(f"```{language}\n")[1:]]


def documents(page: str, heading: str) -> list:
    """The JSON documents below a heading of a page."""
    return [json.loads(block) for block in blocks(page, heading, "json")]
