"""Linux audit events that an agent converted to JSON: laurel, MaxPatrol's unix_like, Azure's auoms."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from loglm_bridge.contract.event import Event
from loglm_bridge.telemetry.families.unix import audit
from loglm_bridge.telemetry.formats import auditd
from loglm_bridge.telemetry.record import Field, Record

#: An audit event's id: seconds, milliseconds, serial number.
_SERIAL = re.compile(r"\d{9,11}\.\d{3}:\d{1,12}\Z", re.ASCII)
_MAX_ARGUMENTS = 64


def can_be_audit(names: Sequence[str]) -> bool:
    """Return whether fields with these names can be an audit event, whatever their values."""
    return names[0] == "ID" or "SyslogMessage" in names or any(name.startswith("items.") for name in names)


def parse(fields: Sequence[Field], event: Event) -> Record | None:
    """Return the record of an audit event in flattened JSON fields, None where they are no audit event."""
    if fields[0][0] == "ID" and _SERIAL.match(fields[0][1]):
        return _laurel(fields)
    for name, value in fields[:32]:
        if name == "SyslogMessage" and value.startswith("type="):
            return _as_json(auditd.parse(value.replace(" audit(", " msg=audit(", 1), event))
    items = [(name[6:], value) for name, value in fields if name.startswith("items.") and "=" in value]
    if items and any(name == "eventid" for name, _ in fields):
        lines = (f"type={kind} msg=audit(0.000:0): {value}" for kind, value in items)
        return _as_json(auditd.parse("\n".join(lines), event))
    return None


def _laurel(fields: Sequence[Field]) -> Record:
    """Parse laurel's JSON: an object per record type, translated names (UID="root") beside the numbers."""
    parts: dict[str, list[Field]] = {}
    parents: list[Field] = []
    for name, value in fields:
        record_type, _, leaf = name.partition(".")
        if not leaf:
            continue
        pairs = parts.setdefault(record_type, [])
        if record_type == "EXECVE" and leaf == "ARGV":
            pairs += [(f"a{i}", part) for i, part in enumerate(value.split(" ", _MAX_ARGUMENTS))]
        elif leaf == "PPID.exe":
            parents.append(("parent_process_path", value))
        elif "." not in leaf:
            pairs.append((leaf, value))
    record = audit.record("json", list(parts.items()))
    return replace(record, fields=(*record.fields, *parents))


def _as_json(record: Record | None) -> Record | None:
    return None if record is None else replace(record, format="json")
