"""A parsed record to its canonical form: names, values, accounts, host, order."""

from __future__ import annotations

from typing import Optional

from loglm_bridge.contract.event import Event
from loglm_bridge.telemetry.canonical import hosts, names, order, tidy, tokens
from loglm_bridge.telemetry.canonical.kinds import KINDS
from loglm_bridge.telemetry.families import endpoint, windows, zeek
from loglm_bridge.telemetry.record import Canonical, Field, Record

#: Fields of one canonical event.
MAX_FIELDS = 64
#: Characters of a plain value that rules are matched against.
MAX_PLAIN = 8_192
#: Raw fields of one record that are looked at.
_MAX_RAW = 256

_ABSENT = frozenset({"", "-", "%%1793", "%%1794", "(NULL)"})
#: Values of unknown fields that say nothing but which one it was.
_PURE_IDENTITY = frozenset({tokens.GUID, tokens.HEX, tokens.TIME, tokens.RANDOM, tokens.SID, "{zero-guid}"})


def canonicalise(record: Record, event: Optional[Event] = None) -> Canonical:
    """Return the record without identity: canonical names, canonical values, behaviour first, at most MAX_FIELDS.

    The host's own name (a field of the record, or `event.host`) becomes {host} wherever it occurs. Pure: the same
    record and host give the same result.
    """
    found: dict[str, str] = {}
    tidy.add(found, "action", _action(record.family, record.kind))
    dropped = _translate(record, found)
    if "action" not in found and record.format == "json" and record.family != "linux" and ":" in record.kind:
        found["action"] = record.kind.rpartition(":")[2]
    if record.family == "windows":
        tidy.add_accounts(found, dropped)
    tidy.tidy(found, record.family)
    own = hosts.hosts(record, event)
    fields = [(name, hosts.without(value, own) if own else value) for name, value in found.items() if value]
    fields.sort(key=lambda field: order.rank(field[0]))
    return Canonical(record.family, record.kind, tuple(fields[:MAX_FIELDS]), plain=_plain(record))


def _plain(record: Record) -> tuple[Field, ...]:
    """Return every field as the log wrote it, in lower case, named as the canonical field it feeds or else itself."""
    out = []
    for name, value in record.fields[:_MAX_RAW]:
        rule = names.resolve(record.family, record.kind, name)
        out.append((rule[0] if rule else name.strip().lower().replace(" ", ""), value[:MAX_PLAIN].lower()))
    return tuple(out)


def _translate(record: Record, found: dict[str, str]) -> dict[str, str]:
    """Add every field that a rule keeps, and return the others under their lower-case names, the first of each."""
    dropped: dict[str, str] = {}
    said = frozenset(record.kind.split(":")) if record.format == "json" else frozenset()
    for name, value in record.fields[:_MAX_RAW]:
        if value in _ABSENT:
            continue
        rule = names.resolve(record.family, record.kind, name)
        if rule is None:
            dropped.setdefault(name.lower(), value)
            continue
        canonical = KINDS[rule[1]](value)
        if rule[1] != "guess" or not (canonical in _PURE_IDENTITY or canonical in said):
            tidy.add(found, rule[0], canonical)
    return dropped


def _action(family: str, kind: str) -> str:
    if family == "windows":
        return windows.action_of(kind)
    if family in ("endpoint", "macos"):
        return endpoint.action_of(kind)
    return zeek.action_of(kind) if family == "zeek" else ""
