"""The text inside a syslog line or a container's envelope, parsed by the formats that can occur there."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Optional

from loglm_bridge.contract.event import Event
from loglm_bridge.telemetry.formats import auditd, csv_line, json_event, key_value, web_access
from loglm_bridge.telemetry.formats.device import cef, firewall_line, leef, mikrotik, vpc_flow
from loglm_bridge.telemetry.formats.windows import windows_xml
from loglm_bridge.telemetry.record import Record

_Parser = Callable[[str, Event], Optional[Record]]
#: Formats of one line, in the order in which they are tried.
_LINE_PARSERS: Sequence[_Parser] = (
    auditd.parse,
    firewall_line.parse,
    mikrotik.parse,
    vpc_flow.parse,
    web_access.parse,
    csv_line.parse,
    key_value.parse,
)


def parse(text: str, event: Event) -> Record | None:
    """Return the record of a body that has a format of its own, None where it is a sentence."""
    body = text.removeprefix("@cee:").strip()
    if not body:
        return None
    record = _with_marker(body, event)
    if record is not None:
        return record
    for parser in _LINE_PARSERS:
        record = parser(body, event)
        if record is not None:
            return record
    return None


def _with_marker(body: str, event: Event) -> Record | None:
    """Return the record of a body in a format that a few characters identify."""
    record = None
    if body[0] in "{[":
        record = json_event.parse(body, event)
    if record is None and "|" in body:
        record = cef.parse(body, event) or leef.parse(body, event)
    if record is None and "<Event" in body[:400]:
        record = windows_xml.parse(body, event)
    return record
