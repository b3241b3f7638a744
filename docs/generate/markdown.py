"""Markdown tables and cells."""

from __future__ import annotations

from collections.abc import Iterable, Sequence


def table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a Markdown table; a `|` in a cell is escaped."""
    lines = [columns, ["---"] * len(columns), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)


def sentence(text: str) -> str:
    """Return a text with a full stop at its end, and a capital letter at its start unless it begins with a name."""
    text = " ".join(text.split())
    if not text:
        return ""
    first = text.split()[0]
    if first.rstrip(",:;").isalpha():
        text = text[0].upper() + text[1:]
    return text + ("" if text.endswith((".", ":", "!", "?")) else ".")


def code(text: str) -> str:
    """Return a text as inline code; empty for an empty text."""
    return f"`{text}`" if text else ""
