"""How much detection content there is, counted in its files."""

from __future__ import annotations

import re
from collections.abc import Iterator

from docs.generate.markdown import table
from loglm_bridge.knowledge.loader import RULES

#: A count -> what begins its lines in a file of rules.
_COUNTED = {
    "rules": re.compile(r"^title:", re.MULTILINE),
    "critical, high": re.compile(r"^level: (?:critical|high)", re.MULTILINE),
    "medium, low": re.compile(r"^level: (?:medium|low)", re.MULTILINE),
    "everyday": re.compile(r"^level: informational", re.MULTILINE),
}
_TECHNIQUE = re.compile(r"attack\.(t\d{4}(?:\.\d{3})?)")


def counts() -> str:
    """Return the rules by log family and level, and the techniques that they name."""
    return table(["log family", *_COUNTED, "techniques"], _rows())


def _rows() -> Iterator[list[str]]:
    everything = ""
    for folder in sorted(path for path in RULES.iterdir() if path.is_dir()):
        text = "\n".join(path.read_text(encoding="utf-8") for path in sorted(folder.glob("*.yml")))
        everything += text
        yield _row(f"`{folder.name}`", text)
    yield _row("all", everything)


def _row(name: str, text: str) -> list[str]:
    numbers = [len(pattern.findall(text)) for pattern in _COUNTED.values()]
    return [name, *(f"{number:,}" for number in (*numbers, len(set(_TECHNIQUE.findall(text)))))]
