"""Parsers of settings and search options: each returns the value of a text, or raises ValueError("what is expected").

Python's own float() and int() accept too much for text that may come from a URL: "1_0", "nan", "1e999" and digits of
any script.
"""

from __future__ import annotations

import re

_NUMBER = re.compile(r"\A[+-]?(\d+(?:\.\d*)?|\.\d+)([eE][+-]?\d{1,4})?\Z", re.ASCII)
_WHOLE = re.compile(r"\A[+-]?\d{1,18}\Z", re.ASCII)
_PREFIX = re.compile(r"\A[A-Za-z][A-Za-z0-9_]{0,31}\Z")

#: Maximum characters of a field name.
_MAX_FIELD = 256

_BOOLEANS = {"1": True, "t": True, "true": True, "y": True, "yes": True}
_BOOLEANS.update({"0": False, "f": False, "false": False, "n": False, "no": False})


def number(text: str, low: float, high: float) -> float:
    """Return a number from `low` to `high`. Raises ValueError with what is expected."""
    value = float(text) if _NUMBER.match(text) else None
    if value is None or not low <= value <= high:
        raise ValueError(f"a number from {low:g} to {high:g}")
    return value


def whole(text: str, low: int, high: int) -> int:
    """Return a whole number from `low` to `high`. Raises ValueError with what is expected."""
    value = int(text) if _WHOLE.match(text) else None
    if value is None or not low <= value <= high:
        raise ValueError(f"a whole number from {low} to {high}")
    return value


def boolean(text: str) -> bool:
    """Return one of Splunk's booleans: t, true, 1, y, yes and opposites. Raises ValueError with what is expected."""
    value = _BOOLEANS.get(text.lower())
    if value is None:
        raise ValueError("true or false")
    return value


def prefix(text: str) -> str:
    """Return a prefix of field names.

    It begins with a letter: names that begin with an underscore are Splunk's own (`_time`, `__mv_x`), never written.
    Raises ValueError with what is expected.
    """
    if not _PREFIX.match(text):
        raise ValueError("a letter, then up to 31 letters, digits or underscores")
    return text


def choice(text: str, allowed: tuple[str, ...]) -> str:
    """Return one of `allowed`. Raises ValueError with what is expected."""
    if text not in allowed:
        raise ValueError("one of " + ", ".join(allowed))
    return text


def field_name(text: str) -> str:
    """Return the name of one field. Raises ValueError with what is expected."""
    if not text or len(text) > _MAX_FIELD or text.startswith("__mv_") or "*" in text or not text.isprintable():
        raise ValueError(f"the name of one field of at most {_MAX_FIELD} characters, without wildcards")
    return text


def field_names(text: str) -> tuple[str, ...]:
    """Return field names from a comma-separated list, each once. Raises ValueError with what is expected."""
    names = [name for name in (part.strip() for part in text.split(",")) if name]
    return tuple(dict.fromkeys(field_name(name) for name in names or [""]))
