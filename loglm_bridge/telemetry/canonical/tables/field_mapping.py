"""What the tables of field names map a raw name to."""

from __future__ import annotations

from typing import Optional

#: (canonical name, value type: a key of VALUE_TYPES); None: the field is identity or noise and is dropped.
FieldMapping = Optional[tuple[str, str]]


def drop(names: str) -> dict[str, FieldMapping]:
    """Return mappings that drop the fields of a blank-separated list of names."""
    return dict.fromkeys(names.split())
