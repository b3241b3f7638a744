"""What a table of names holds."""

from __future__ import annotations

from typing import Optional

#: (canonical name, kind of value); None: the field is identity or noise and is left out.
Rule = Optional[tuple[str, str]]


def drop(names: str) -> dict[str, Rule]:
    """Return rules that leave out the fields of a blank-separated list of names."""
    return dict.fromkeys(names.split())
