"""Parsers of setting values, from flags and variables (text) or TOML (typed)."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

#: Parses a value. Raises ValueError with a message that completes "must be ...".
Parser = Callable[[Any], Any]

_DIGITS = re.compile(r"[0-9]{1,18}")


def integer(low: int, high: int) -> Parser:
    """Return a parser of integers from `low` to `high`."""

    def parse(value: Any) -> int:
        number = int(value) if isinstance(value, str) and _DIGITS.fullmatch(value) else value
        if isinstance(number, bool) or not isinstance(number, int) or not low <= number <= high:
            raise ValueError(f"a whole number from {low} to {high}")
        return number

    return parse


def seconds(low: float, high: float) -> Parser:
    """Return a parser of durations from `low` to `high` seconds."""

    def parse(value: Any) -> float:
        expected = ValueError(f"a number of seconds from {low:g} to {high:g}")
        if isinstance(value, bool) or not isinstance(value, str | int | float):
            raise expected
        try:
            number = float(value)
        except (ValueError, OverflowError):
            raise expected from None
        if not low <= number <= high:
            raise expected
        return number

    return parse


def choice(*allowed: str) -> Parser:
    """Return a parser of one of the `allowed` texts."""

    def parse(value: Any) -> str:
        if value not in allowed:
            raise ValueError(" or ".join(allowed))
        return str(value)

    return parse


def text(value: Any) -> str:
    """Parse a text; surrounding blanks are dropped."""
    if not isinstance(value, str) or not value.strip():
        raise ValueError("a text that is not empty")
    return value.strip()


def path(value: Any) -> Path:
    """Parse a path; `~` is the home folder."""
    return Path(text(value)).expanduser().absolute()


def host_names(value: Any) -> tuple[str, ...]:
    """Parse host names: a list, or a text with commas between them."""
    items = value.split(",") if isinstance(value, str) else value
    if not isinstance(items, list) or not all(isinstance(item, str) for item in items):
        raise ValueError("host names, separated by commas")
    return tuple(item.strip().lower() for item in items if item.strip())


def log_level(value: Any) -> str:
    """Parse a log level."""
    if not isinstance(value, str) or value.lower() not in ("debug", "info", "warning", "error"):
        raise ValueError("debug, info, warning or error")
    return value.lower()
