"""A record to its canonical event: names, values, accounts, host, order."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Optional

from loglm_bridge.contract.event import Event
from loglm_bridge.telemetry.byte_cache import remembered
from loglm_bridge.telemetry.canonical import field_merging, field_names, field_order, host_names, placeholders
from loglm_bridge.telemetry.canonical.value_types import NUMERIC_TYPES, VALUE_TYPES
from loglm_bridge.telemetry.derived import PREFIX, EventDeriver, derives, of_value
from loglm_bridge.telemetry.families import endpoint
from loglm_bridge.telemetry.families.network import zeek
from loglm_bridge.telemetry.families.windows import event_types
from loglm_bridge.telemetry.record import CanonicalEvent, EventType, Field, Record

#: Fields of one canonical event.
MAX_FIELDS = 64
#: Fields of one record that are read.
MAX_RECORD_FIELDS = 256
#: Characters of a logged value that rules are matched against.
MAX_RULE_VALUE = 8_192

#: Characters of a line that rules are matched against.
MAX_RULE_TEXT = 65_536
#: The name under which rules see the whole text of a line.
MESSAGE = "message"
#: Formats whose text is fields through and through: rules do not see it as a whole.
STRUCTURED_FORMATS = frozenset({"json", "windows_xml"})

_ABSENT = frozenset({"", "-", "%%1793", "%%1794", "(NULL)"})
#: Canonical values of unknown fields that carry identity and nothing else.
_PURE_IDENTITY = frozenset(
    {
        placeholders.GUID,
        placeholders.HEX,
        placeholders.TIME,
        placeholders.RANDOM,
        placeholders.SID,
        "{zero-guid}",
    }
)


@dataclass(frozen=True, slots=True)
class CanonicalField:
    """What one field of a record contributes to the canonical event.

    `name` and `value` are canonical, empty where the field is identity or carries no information. `account_field` is
    the lower-case raw name of a dropped field that determines an account (field_merging.ACCOUNT_FIELDS); `value` is
    then the value as logged.
    """

    name: str = ""
    value: str = ""
    account_field: str = ""


_NO_FIELD = CanonicalField()


def canonicalise(record: Record, event: Optional[Event] = None) -> CanonicalEvent:
    """Return the record without identity: canonical names and values, behaviour first, at most MAX_FIELDS fields.

    The host's own name (a field of the record, or `event.host`) becomes {host} wherever it occurs. Pure: the same
    record and host give the same result.
    """
    event_type = record.event_type
    logged = record.fields[:MAX_RECORD_FIELDS]
    fields = compose(event_type, [canonical_field(event_type, name, value) for name, value in logged])
    masked = mask_own_host(fields, host_names.host_names(record, event))
    text = event.raw if event is not None and event_type.format not in STRUCTURED_FORMATS else ""
    return CanonicalEvent(record.family, record.kind, masked, rule_fields=_rule_fields(record, text))


def _rule_fields(record: Record, text: str) -> tuple[Field, ...]:
    """Return what rules are matched against: logged values under each name, derived fields, the text of a line.

    The text of a line is its message. What the line itself calls so counts where it is no part of it as it stands.
    """
    line = rule_text(text)
    logged = [
        (rule_name, lower)
        for name, value in record.fields[:MAX_RECORD_FIELDS]
        for lower in (rule_field_value(value),)
        for rule_name in rule_field_names(record.event_type, name)
        if rule_name != MESSAGE or lower not in line
    ]
    derived_values = [(PREFIX + name, value) for name, value in _derived_fields(record)]
    return (*logged, *derived_values, *(((MESSAGE, line),) if line else ()))


def _derived_fields(record: Record) -> list[Field]:
    """Return what fields derive each by itself, then what several derive together."""
    logged = record.fields[:MAX_RECORD_FIELDS]
    alone = [
        pair
        for name, value in logged
        if derives_alone(record.event_type, name)
        for pair in of_value(name.lower(), value)
    ]
    deriver = EventDeriver.of(record.event_type, [name for name, _ in record.fields])
    return [*alone, *(deriver([value for _, value in record.fields]) if deriver else ())]


def derives_alone(event_type: EventType, name: str) -> bool:
    """Return whether the values of a field are looked at by themselves: kept ones, and those with names for it."""
    return derives(name.lower()) or field_names.resolve(event_type.family, event_type.kind, name) is not None


def canonical_field(event_type: EventType, name: str, value: str) -> CanonicalField:
    """Return what a field of a record contributes to a canonical event of its type."""
    if value in _ABSENT:
        return _NO_FIELD
    mapping = field_names.resolve(event_type.family, event_type.kind, name)
    if mapping is None:
        determines = determines_account(event_type, name)
        return CanonicalField(account_field=name.lower(), value=value) if determines else _NO_FIELD
    canonical_name, value_type = mapping
    text = VALUE_TYPES[value_type](value)
    if value_type == "guess" and (
        text in _PURE_IDENTITY or (event_type.format == "json" and text in _words_of_kind(event_type.kind))
    ):
        return _NO_FIELD
    return CanonicalField(canonical_name, text) if text else _NO_FIELD


def has_few_values(event_type: EventType, name: str) -> bool:
    """Return whether a field is dropped, or is a number whose values become one of a few ranges."""
    mapping = field_names.resolve(event_type.family, event_type.kind, name)
    return not determines_account(event_type, name) if mapping is None else mapping[1] in NUMERIC_TYPES


def canonical_value(event_type: EventType, name: str, value: str) -> str:
    """Return the canonical value of such a field; empty where it carries no information."""
    mapping = field_names.resolve(event_type.family, event_type.kind, name)
    return "" if mapping is None or value in _ABSENT else VALUE_TYPES[mapping[1]](value)


def determines_account(event_type: EventType, name: str) -> bool:
    """Return whether a dropped field determines an account of the event."""
    return event_type.family == "windows" and name.lower() in field_merging.ACCOUNT_FIELDS


def compose(event_type: EventType, fields: Iterable[CanonicalField]) -> tuple[Field, ...]:
    """Return the canonical fields of an event, merged and in order; names of hosts are not masked yet."""
    values: dict[str, str] = {}
    account_values: dict[str, str] = {}
    field_merging.add_value(values, "action", _action(event_type.family, event_type.kind))
    for field in fields:
        if field.account_field:
            account_values.setdefault(field.account_field, field.value)
        else:
            field_merging.add_value(values, field.name, field.value)
    if "action" not in values and event_type.format == "json" and event_type.family != "linux":
        _, colon, operation = event_type.kind.rpartition(":")
        if colon:
            values["action"] = operation
    if event_type.family == "windows":
        field_merging.add_accounts(values, account_values)
    field_merging.remove_redundancy(values, event_type.family)
    present = [(name, value) for name, value in values.items() if value]
    return tuple(sorted(present, key=lambda field: field_order.rank(field[0])))


def mask_own_host(fields: tuple[Field, ...], own_names: tuple[str, ...]) -> tuple[Field, ...]:
    """Return composed fields with the host's `own_names` as {host}, at most MAX_FIELDS fields."""
    if own_names:
        fields = tuple((name, host_names.mask_host(value, own_names)) for name, value in fields)
    return fields[:MAX_FIELDS]


def rule_field_names(event_type: EventType, name: str) -> tuple[str, ...]:
    """Return the names under which rules see a field: its own in lower case, and its canonical name."""
    mapping = field_names.resolve(event_type.family, event_type.kind, name)
    own = name.strip().lower().replace(" ", "")
    return (own, mapping[0]) if mapping and mapping[0] != own else (own,)


def rule_field_value(value: str) -> str:
    """Return a value as rules see it: as logged, in lower case."""
    return value[:MAX_RULE_VALUE].lower()


def rule_text(text: str) -> str:
    """Return the text of a line as rules see it: in lower case."""
    return text[:MAX_RULE_TEXT].lower()


@remembered(1)
def _words_of_kind(kind: str) -> frozenset[str]:
    """Return the words of an event's kind; a field that repeats one adds nothing."""
    return frozenset(kind.split(":"))


def _action(family: str, kind: str) -> str:
    if family == "windows":
        return event_types.action_of(kind)
    if family in ("endpoint", "macos"):
        return endpoint.action_of(kind)
    return zeek.action_of(kind) if family == "zeek" else ""
