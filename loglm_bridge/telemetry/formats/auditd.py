"""Linux audit records: `type=... msg=audit(time:serial): ...`, one or several lines of one event.

Format: https://github.com/linux-audit/audit-documentation/wiki (field dictionary, record types).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import islice

from loglm_bridge.contract.event import Event
from loglm_bridge.telemetry.families.unix import audit
from loglm_bridge.telemetry.record import Field, Record
from loglm_bridge.telemetry.scanning.key_value_scanner import pairs

_RECORD = re.compile(
    r"(?:node=\S{1,255}\s)?type=([A-Z][A-Z0-9_]{1,40}|UNKNOWN\[\d{1,6}\])\s(?:msg=)?audit\(([^):]{1,40}):\d{1,20}\):\s?"
)
#: A record in the kernel's log, its type as a number or missing.
_KERNEL_RECORD = re.compile(r"audit(?:\(|: type=(\d{4}) audit\()\d{1,12}\.\d{1,6}:\d{1,20}\):\s?")
#: Characters in which the first record must begin: it may follow a syslog header.
_MAX_START = 300
_MAX_RECORDS = 32
#: The separator of auditd's ENRICHED format; translated values follow it.
_ENRICHMENT = "\x1d"


def parse(text: str, event: Event) -> Record | None:  # noqa: ARG001 (one signature for all formats)
    """Parse one audit event; None where the text has no audit record."""
    first = _RECORD.search(text, 0, _MAX_START)
    if first is None:
        kernel = _KERNEL_RECORD.search(text, 0, _MAX_START)
        if kernel is None:
            return None
        return audit.record("auditd", [(kernel.group(1) or "AUDIT", _fields(text[kernel.end() :]))])
    headers = [first, *islice(_RECORD.finditer(text, first.end()), _MAX_RECORDS - 1)]
    ends = [*(header.start() for header in headers[1:]), len(text)]
    parts: list[tuple[str, Sequence[Field]]] = [
        (header.group(1), _fields(text[header.end() : end])) for header, end in zip(headers, ends, strict=True)
    ]
    return audit.record("auditd", parts)


def _fields(text: str) -> list[Field]:
    """Return a record's pairs, with the pairs inside `msg='...'` of user-space messages in its place."""
    fields: list[Field] = []
    for name, value in pairs(text.partition(_ENRICHMENT)[0])[0]:
        if name == "msg" and "=" in value:
            fields += pairs(value)[0]
        else:
            fields.append((name, value))
    return fields
