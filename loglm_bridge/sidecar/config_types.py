"""Values of settings, from flags and variables (text) or TOML (typed), read once; a ValueError says what is wanted."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

#: Reads a value. Raises ValueError whose message completes "must be ...".
Cast = Callable[[Any], Any]

_DIGITS = re.compile(r"[0-9]{1,18}")


def whole(low: int, high: int) -> Cast:
    """Return a reader of whole numbers."""

    def cast(value: Any) -> int:
        number = int(value) if isinstance(value, str) and _DIGITS.fullmatch(value) else value
        if isinstance(number, bool) or not isinstance(number, int) or not low <= number <= high:
            raise ValueError(f"a whole number from {low} to {high}")
        return number

    return cast


def choice(*allowed: str) -> Cast:
    """Return a reader of one of some words."""

    def cast(value: Any) -> str:
        if value not in allowed:
            raise ValueError(" or ".join(allowed))
        return str(value)

    return cast


def seconds(low: float, high: float) -> Cast:
    """Return a reader of durations."""

    def cast(value: Any) -> float:
        wanted = ValueError(f"a number of seconds from {low:g} to {high:g}")
        if isinstance(value, bool) or not isinstance(value, str | int | float):
            raise wanted
        try:
            number = float(value)
        except (ValueError, OverflowError):
            raise wanted from None
        if not low <= number <= high:
            raise wanted
        return number

    return cast


def text(value: Any) -> str:
    """Read a text."""
    if not isinstance(value, str) or not value.strip():
        raise ValueError("a text that is not empty")
    return value.strip()


def path(value: Any) -> Path:
    """Read a path; `~` is the home folder."""
    return Path(text(value)).expanduser().absolute()


def names(value: Any) -> tuple[str, ...]:
    """Read host names, a list or separated by commas."""
    items = value.split(",") if isinstance(value, str) else value
    if not isinstance(items, list) or not all(isinstance(item, str) for item in items):
        raise ValueError("host names, separated by commas")
    return tuple(item.strip().lower() for item in items if item.strip())


def level(value: Any) -> str:
    """Read a log level."""
    if not isinstance(value, str) or value.lower() not in ("debug", "info", "warning", "error"):
        raise ValueError("debug, info, warning or error")
    return value.lower()
