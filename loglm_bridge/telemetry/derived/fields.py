"""All derived fields of an event, and the two ways in which they are made: from one value, from several fields."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Optional

from loglm_bridge.telemetry.byte_cache import remembered
from loglm_bridge.telemetry.derived import actors, clients, dns_names, grants, networks, outcomes, severities
from loglm_bridge.telemetry.derived.values import Values
from loglm_bridge.telemetry.record import EventType, Field

#: Prefix of a derived field's name in rules.
PREFIX = "loglm."

#: Characters of a value that are looked at.
MAX_VALUE = 8_192

#: Combinations of values that one deriver remembers.
_MAX_REMEMBERED = 4_096

_OF_VALUE = (networks, clients, severities, grants, dns_names)
_OF_EVENT = (actors, outcomes)


@remembered(3)
def of_value(name: str, value: str) -> tuple[Field, ...]:
    """Return what one field derives by itself; `name` is in lower case."""
    if not value or value == "-":
        return ()
    return tuple(pair for part in _OF_VALUE for pair in part.of_value(name, value[:MAX_VALUE]) if pair[1])


def derives(name: str) -> bool:
    """Return whether a field of a name (lower case) may derive something by itself whatever its value."""
    return any(name in part.NAMES for part in _OF_VALUE)


class EventDeriver:
    """Derives fields from several fields of events of one type with the same names. Thread-safe."""

    def __init__(self, event_type: EventType, names: Sequence[str], indices: Sequence[int]) -> None:
        self._event_type = event_type
        self._names = [names[index].lower() for index in indices]
        self._indices = list(indices)
        self._remembered: dict[tuple[str, ...], tuple[Field, ...]] = {}

    @classmethod
    def of(cls, event_type: EventType, names: Sequence[str]) -> Optional[EventDeriver]:
        """Return the deriver for events of a type with these field names; None where they derive nothing."""
        wanted = [part.wants(event_type) for part in _OF_EVENT]
        indices = [i for i, name in enumerate(names) if any(want(name.lower()) for want in wanted)]
        return cls(event_type, names, indices) if indices else None

    def __call__(self, values: Sequence[str]) -> tuple[Field, ...]:
        """Return the derived fields of an event's values."""
        key = tuple([values[index][:MAX_VALUE] for index in self._indices])
        found = self._remembered.get(key)
        if found is None:
            if len(self._remembered) >= _MAX_REMEMBERED:
                self._remembered.clear()
            found = self._remembered[key] = self._derive(key)
        return found

    def _derive(self, key: Sequence[str]) -> tuple[Field, ...]:
        values = Values(self._event_type, zip(self._names, key, strict=True))
        return tuple(pair for part in _OF_EVENT for pair in part.of_event(values) if pair[1])


#: Whether a part looks at a field of a name (lower case).
Wants = Callable[[str], bool]
