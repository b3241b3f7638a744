"""The Markdown pages of the project, taken apart: sections, tables, code blocks, links."""

import re
import textwrap
from pathlib import Path
from typing import NamedTuple

from tests.conftest import ROOT

DOCS = ROOT / "docs"
PAGES = [*sorted(ROOT.glob("*.md")), *sorted(DOCS.rglob("*.md"))]

_FENCE = re.compile(r"^( *)```(\w*)\n(.*?)^\1```$", re.MULTILINE | re.DOTALL)


class Block(NamedTuple):
    """A fenced block of code: where it stands, its language and its text."""

    page: str
    language: str
    text: str


def name(page: Path) -> str:
    """A page's path below the checkout."""
    return page.relative_to(ROOT).as_posix()


def read(path: str) -> str:
    """The text of a page."""
    return (ROOT / path).read_text(encoding="utf-8")


def prose(text: str) -> str:
    """A text without its fenced blocks."""
    return _FENCE.sub("", text)


def section(text: str, title: str) -> str:
    """The text below a heading of the second rank, up to the next one."""
    found = f"\n{text}".partition(f"\n## {title}\n")
    assert found[1], title
    return found[2].partition("\n## ")[0]


def first_cells(text: str) -> list[str]:
    """The first cell of each table row that begins with one piece of code."""
    return re.findall(r"^\| `([^`]+)` \|", text, re.MULTILINE)


def blocks(*languages: str) -> list[Block]:
    """All fenced blocks of some languages, in all pages."""
    found = []
    for page in PAGES:
        for _, language, text in _FENCE.findall(page.read_text(encoding="utf-8")):
            if language in languages:
                found.append(Block(name(page), language, textwrap.dedent(text)))
    return found


def anchors(text: str) -> set[str]:
    """The anchors of a page's headings, as GitHub and mkdocs make them."""
    headings = re.findall(r"^#+ (.*)$", prose(text), re.MULTILINE)
    return {re.sub(r"[^a-z0-9_ -]", "", heading.lower()).replace(" ", "-") for heading in headings}


def links(text: str) -> list[str]:
    """The targets of all links and images outside of code that are no addresses."""
    plain = re.sub(r"`[^`\n]*`", "", prose(text))
    return [target for target in re.findall(r"\]\(([^)\s]+)\)", plain) if "://" not in target]
