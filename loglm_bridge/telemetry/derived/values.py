"""The values of an event that relations are derived from, by lower-case name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from loglm_bridge.telemetry.record import EventType

_ABSENT = frozenset({"", "-", "null"})


class Values:
    """Values by lower-case name; absent ones are left out."""

    def __init__(self, event_type: EventType, fields: Iterable[tuple[str, str]]) -> None:
        self.family, self.kind = event_type.family, event_type.kind
        self._by_name: dict[str, list[str]] = {}
        for name, value in fields:
            if value not in _ABSENT:
                self._by_name.setdefault(name, []).append(value)

    def __contains__(self, name: str) -> bool:
        return name in self._by_name

    def first(self, *names: str) -> str:
        """Return the first value of the first name that has one; empty where none has."""
        for name in names:
            values = self._by_name.get(name)
            if values:
                return values[0]
        return ""

    def all(self, *names: str) -> list[str]:
        """Return all values of some names."""
        return [value for name in names for value in self._by_name.get(name, ())]

    def below(self, prefix: str) -> Iterator[str]:
        """Yield all values of fields whose name begins with a prefix."""
        for name, values in self._by_name.items():
            if name.startswith(prefix):
                yield from values
