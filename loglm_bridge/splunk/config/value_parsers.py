"""Text to value, for settings and search options: each reader returns the value or raises ValueError("what is wanted").

Python's own float() and int() are too generous for text that may come from a URL: they take "1_0", "nan", "1e999" and
digits of any script.
"""

from __future__ import annotations

import re

_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,4})?\Z", re.ASCII)
_WHOLE = re.compile(r"[+-]?\d{1,18}\Z", re.ASCII)
_PREFIX = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,31}\Z")

#: Characters of the longest field name that is taken.
_MAX_FIELD = 256

_TRUTH = {"1": True, "t": True, "true": True, "y": True, "yes": True}
_TRUTH.update({"0": False, "f": False, "false": False, "n": False, "no": False})


def number(text: str, low: float, high: float) -> float:
    """Return a number from `low` to `high`. Raises ValueError with what is wanted."""
    value = float(text) if _NUMBER.match(text) else None
    if value is None or not low <= value <= high:
        raise ValueError(f"a number from {low:g} to {high:g}")
    return value


def whole(text: str, low: int, high: int) -> int:
    """Return a whole number from `low` to `high`. Raises ValueError with what is wanted."""
    value = int(text) if _WHOLE.match(text) else None
    if value is None or not low <= value <= high:
        raise ValueError(f"a whole number from {low} to {high}")
    return value


def truth(text: str) -> bool:
    """Return Splunk's booleans: t, true, 1, y, yes and their opposites. Raises ValueError with what is wanted."""
    value = _TRUTH.get(text.lower())
    if value is None:
        raise ValueError("true or false")
    return value


def prefix(text: str) -> str:
    """Return the beginning of a field name.

    A letter first: names that begin with an underscore are Splunk's own (`_time`, `__mv_x`) and are never written.
    Raises ValueError with what is wanted.
    """
    if not _PREFIX.match(text):
        raise ValueError("a letter, then up to 31 letters, digits or underscores")
    return text


def choice(text: str, allowed: tuple[str, ...]) -> str:
    """Return one of `allowed`. Raises ValueError with what is wanted."""
    if text not in allowed:
        raise ValueError("one of " + ", ".join(allowed))
    return text


def field_name(text: str) -> str:
    """Return the name of one field. Raises ValueError with what is wanted."""
    if not text or len(text) > _MAX_FIELD or text.startswith("__mv_") or "*" in text or not text.isprintable():
        raise ValueError(f"the name of one field of at most {_MAX_FIELD} characters, without wildcards")
    return text


def field_names(text: str) -> tuple[str, ...]:
    """Return the names of fields with commas between, each once. Raises ValueError with what is wanted."""
    names = [name for name in (part.strip() for part in text.split(",")) if name]
    return tuple(dict.fromkeys(field_name(name) for name in names or [""]))
