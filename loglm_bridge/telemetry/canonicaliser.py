"""A parsed record to its canonical form: names, values, accounts, host, order."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Optional

from loglm_bridge.contract.event import Event
from loglm_bridge.telemetry.canonical import hosts, names, order, tidy, tokens
from loglm_bridge.telemetry.canonical.kinds import KINDS
from loglm_bridge.telemetry.families import endpoint
from loglm_bridge.telemetry.families.network import zeek
from loglm_bridge.telemetry.families.windows import event_types
from loglm_bridge.telemetry.record import CanonicalEvent, EventType, Field, Record

#: Fields of one canonical event.
MAX_FIELDS = 64
#: Characters of a plain value that rules are matched against.
MAX_PLAIN = 8_192
#: Raw fields of one record that are looked at.
MAX_RAW = 256

#: Kinds of values that are numbers: of many values few classes.
_NUMBERS = frozenset({"bucket", "bytes", "duration", "port"})
_ABSENT = frozenset({"", "-", "%%1793", "%%1794", "(NULL)"})
#: Values of unknown fields that say nothing but which one it was.
_PURE_IDENTITY = frozenset({tokens.GUID, tokens.HEX, tokens.TIME, tokens.RANDOM, tokens.SID, "{zero-guid}"})


@dataclass(frozen=True, slots=True)
class Part:
    """What one raw field gives to its event.

    `name` and `value` are canonical, empty where the field is identity or says nothing. `account` is the lower-case raw
    name of a dropped value that accounts are told by (tidy.ACCOUNT_PARTS), which `value` then is as the log wrote it.
    """

    name: str = ""
    value: str = ""
    account: str = ""


_NOTHING = Part()


def canonicalise(record: Record, event: Optional[Event] = None) -> CanonicalEvent:
    """Return the record without identity: canonical names, canonical values, behaviour first, at most MAX_FIELDS.

    The host's own name (a field of the record, or `event.host`) becomes {host} wherever it occurs. Pure: the same
    record and host give the same result.
    """
    event_type = record.event_type
    raw = record.fields[:MAX_RAW]
    fields = composed(event_type, [part(event_type, name, value) for name, value in raw])
    told = without_host(fields, hosts.hosts(record, event))
    plain = tuple((plain_name(event_type, name), plain_value(value)) for name, value in raw)
    return CanonicalEvent(record.family, record.kind, told, rule_fields=plain)


def part(event_type: EventType, name: str, value: str) -> Part:
    """Return what a raw field gives to an event of its event_type."""
    if value in _ABSENT:
        return _NOTHING
    rule = names.resolve(event_type.family, event_type.kind, name)
    if rule is None:
        return Part(account=name.lower(), value=value) if tells_account(event_type, name) else _NOTHING
    canonical = KINDS[rule[1]](value)
    if rule[1] == "guess" and (
        canonical in _PURE_IDENTITY or (event_type.format == "json" and canonical in _said(event_type.kind))
    ):
        return _NOTHING
    return Part(rule[0], canonical) if canonical else _NOTHING


def is_class(event_type: EventType, name: str) -> bool:
    """Tell whether a field is dropped, or its values become one of a few classes of numbers."""
    rule = names.resolve(event_type.family, event_type.kind, name)
    return not tells_account(event_type, name) if rule is None else rule[1] in _NUMBERS


def class_of(event_type: EventType, name: str, value: str) -> str:
    """Return the class of a value of such a field; empty where it says nothing."""
    rule = names.resolve(event_type.family, event_type.kind, name)
    return "" if rule is None or value in _ABSENT else KINDS[rule[1]](value)


def tells_account(event_type: EventType, name: str) -> bool:
    """Tell whether an account is told by a field even where it is dropped."""
    return event_type.family == "windows" and name.lower() in tidy.ACCOUNT_PARTS


def composed(event_type: EventType, parts: Iterable[Part]) -> tuple[Field, ...]:
    """Return what an event's parts say together, in canonical order, at most MAX_FIELDS; hosts keep their names."""
    found: dict[str, str] = {}
    dropped: dict[str, str] = {}
    tidy.add(found, "action", _action(event_type.family, event_type.kind))
    for each in parts:
        if each.account:
            dropped.setdefault(each.account, each.value)
        else:
            tidy.add(found, each.name, each.value)
    if (
        "action" not in found
        and event_type.format == "json"
        and event_type.family != "linux"
        and ":" in event_type.kind
    ):
        found["action"] = event_type.kind.rpartition(":")[2]
    if event_type.family == "windows":
        tidy.add_accounts(found, dropped)
    tidy.tidy(found, event_type.family)
    fields = sorted(((name, value) for name, value in found.items() if value), key=lambda field: order.rank(field[0]))
    return tuple(fields)


def without_host(fields: tuple[Field, ...], own: tuple[str, ...]) -> tuple[Field, ...]:
    """Return composed fields with the host's `own` names as {host}, at most MAX_FIELDS."""
    if own:
        fields = tuple((name, hosts.without(value, own)) for name, value in fields)
    return fields[:MAX_FIELDS]


def plain_name(event_type: EventType, name: str) -> str:
    """Return the name under which rules see a field as the log wrote it: the canonical one it feeds, or its own."""
    rule = names.resolve(event_type.family, event_type.kind, name)
    return rule[0] if rule else name.strip().lower().replace(" ", "")


def plain_value(value: str) -> str:
    """Return a value as rules see it: as the log wrote it, in lower case."""
    return value[:MAX_PLAIN].lower()


@lru_cache(maxsize=4_096)
def _said(kind: str) -> frozenset[str]:
    """Return what a kind says already."""
    return frozenset(kind.split(":"))


def _action(family: str, kind: str) -> str:
    if family == "windows":
        return event_types.action_of(kind)
    if family in ("endpoint", "macos"):
        return endpoint.action_of(kind)
    return zeek.action_of(kind) if family == "zeek" else ""
