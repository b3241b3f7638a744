"""All derived fields of a parsed event: actor, target, networks, client, outcome, grants, DNS names."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from loglm_bridge.telemetry.derived import actors, clients, dns_names, grants, networks, outcomes
from loglm_bridge.telemetry.record import Field, Record

#: Prefix of every derived field's name.
PREFIX = "loglm."

_PARTS = (actors, networks, clients, outcomes, grants, dns_names)


def derived_fields(record: Record) -> list[Field]:
    """Return the derived fields of an event as (name, value), names with PREFIX. Never raises on any record."""
    values = Values(record)
    return [(PREFIX + name, value) for part in _PARTS for name, value in part.derive(values) if value]


class Values:
    """The values of a record by lower-case name; a name may also be asked for by its last part."""

    def __init__(self, record: Record) -> None:
        self.record = record
        self.family, self.kind = record.family, record.kind
        self._by_name: dict[str, list[str]] = {}
        for name, value in record.fields:
            if value and value != "-":
                self._by_name.setdefault(name.lower(), []).append(value)

    def first(self, *names: str) -> str:
        """Return the first value of the first name that has one; empty where none has."""
        for name in names:
            found = self._by_name.get(name)
            if found:
                return found[0]
        return ""

    def all(self, *names: str) -> list[str]:
        """Return all values of some names."""
        return [value for name in names for value in self._by_name.get(name, ())]

    def below(self, prefix: str) -> Iterator[tuple[str, str]]:
        """Yield (name, value) of all fields whose name begins with a prefix."""
        for name, found in self._by_name.items():
            if name.startswith(prefix):
                for value in found:
                    yield name, value

    @property
    def names(self) -> Mapping[str, Sequence[str]]:
        """All values by lower-case name."""
        return self._by_name
