"""Columns of the canonical cache: what the model can see of a field's values, looked up by raw value."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from loglm_bridge.telemetry import canonicaliser
from loglm_bridge.telemetry.byte_cache import size_of

#: Estimated bytes of a value beside its text (measured).
VALUE_BYTES = 200

#: Entries of each dictionary of a column keyed by canonical values.
_MAX_ENTRIES = 512
#: Characters of a value by which such a column finds it; longer ones are no numbers.
_MAX_KEY = 256


@dataclass(frozen=True, slots=True, eq=False)
class FieldValue:
    """What the model can see of a field's value: the canonical field, the matching atoms, the channel it names.

    Equal FieldValues are one object, so that comparing and hashing them by identity is exact and cheap.
    """

    field: canonicaliser.CanonicalField
    atoms: tuple[int, ...]
    channel: str


#: The content of a FieldValue, compared by value.
Content = tuple[canonicaliser.CanonicalField, tuple[int, ...], str]


class Column(dict[str, FieldValue]):
    """The FieldValues of one field by raw value."""

    def __init__(
        self,
        content: Callable[[str], Content],
        intern: Callable[[Content], FieldValue],
        reserve: Callable[[int], None],
    ) -> None:
        super().__init__()
        self._content, self._intern, self._reserve = content, intern, reserve

    def __missing__(self, value: str) -> FieldValue:
        self._reserve(VALUE_BYTES + size_of(value))
        field_value = self[value] = self._intern(self._content(value))
        return field_value


class ClassKeyed:
    """A column of a field whose raw values seldom repeat but have few canonical values: keyed by canonical value.

    Raw values with one of the `lengths` may be what a rule compares as a whole, so they are keyed by themselves.
    """

    def __init__(
        self,
        class_of: Callable[[str], str],
        lengths: frozenset[int],
        content: Callable[[str], Content],
        intern: Callable[[Content], FieldValue],
    ) -> None:
        self._class_of, self._lengths, self._content, self._intern = class_of, lengths, content, intern
        self._by_class: dict[str, FieldValue] = {}
        self._by_value: dict[str, FieldValue] = {}

    def __getitem__(self, value: str) -> FieldValue:
        if len(value) > _MAX_KEY:
            return self._intern(self._content(value))
        if len(value) in self._lengths or not value.isascii():
            entries, key = self._by_value, value
        else:
            entries, key = self._by_class, self._class_of(value)
        field_value = entries.get(key)
        if field_value is None:
            if len(entries) >= _MAX_ENTRIES:
                entries.clear()
            field_value = entries[key] = self._intern(self._content(value))
        return field_value
