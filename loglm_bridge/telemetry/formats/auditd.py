"""Linux audit records: `type=... msg=audit(time:serial): ...`, one or several lines of one event.

Format: https://github.com/linux-audit/audit-documentation/wiki (field dictionary, record types).
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from loglm_bridge.contract.event import Event
from loglm_bridge.telemetry.families.unix import audit
from loglm_bridge.telemetry.record import Field, Record
from loglm_bridge.telemetry.scanning.key_value_scanner import pairs

_RECORD = re.compile(
    r"(?:node=\S{1,255}\s)?type=([A-Z][A-Z0-9_]{1,40}|UNKNOWN\[\d{1,6}\])\s(?:msg=)?audit\(([^):]{1,40}):\d{1,20}\):\s?"
)
_LOOSE = re.compile(r"audit(?:\(|: type=(\d{4}) audit\()\d{1,12}\.\d{1,6}:\d{1,20}\):\s?")
#: How far into a line the first record may stand: behind a syslog header.
_MAX_START = 300
_MAX_RECORDS = 32


def parse(text: str, event: Event) -> Record | None:  # noqa: ARG001 (one signature for all formats)
    """Read one audit event; None where the text holds no audit record."""
    first = _RECORD.search(text, 0, _MAX_START)
    if first is None:
        loose = _LOOSE.search(text, 0, _MAX_START)
        if loose is None:
            return None
        return audit.record("auditd", [(loose.group(1) or "AUDIT", _fields(text[loose.end() :]))])
    parts: list[tuple[str, Sequence[Field]]] = []
    starts = [first]
    for found in _RECORD.finditer(text, first.end()):
        if len(starts) >= _MAX_RECORDS:
            break
        starts.append(found)
    for index, found in enumerate(starts):
        end = starts[index + 1].start() if index + 1 < len(starts) else len(text)
        parts.append((found.group(1), _fields(text[found.end() : end])))
    return audit.record("auditd", parts)


def _fields(text: str) -> list[Field]:
    """Return a record's pairs; `msg='...'` of user-space messages holds pairs of its own, in place."""
    out: list[Field] = []
    for name, value in pairs(text.partition("\x1d")[0])[0]:
        if name == "msg" and "=" in value:
            out += pairs(value)[0]
        else:
            out.append((name, value))
    return out
