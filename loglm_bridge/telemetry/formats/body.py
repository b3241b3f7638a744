"""The text inside a syslog line or a container's envelope, read by the formats that can stand there."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Optional

from loglm_bridge.contract.event import Event
from loglm_bridge.telemetry.formats import auditd, csv_line, json_event, key_value, web_access
from loglm_bridge.telemetry.formats.device import cef, firewall_line, leef, vpc_flow
from loglm_bridge.telemetry.formats.windows import windows_xml
from loglm_bridge.telemetry.record import Record

_Parser = Callable[[str, Event], Optional[Record]]
#: Formats of one line, in the order in which they are asked.
_LINES: Sequence[_Parser] = (
    auditd.parse,
    firewall_line.parse,
    vpc_flow.parse,
    web_access.parse,
    csv_line.parse,
    key_value.parse,
)


def parse(text: str, event: Event) -> Record | None:
    """Return the record of a body in a format of its own, None where it is a sentence."""
    body = text.removeprefix("@cee:").strip()
    if not body:
        return None
    if body[0] in "{[":
        found = json_event.parse(body, event)
        if found is not None:
            return found
    if "|" in body:
        found = cef.parse(body, event) or leef.parse(body, event)
        if found is not None:
            return found
    if "<Event" in body[:400]:
        found = windows_xml.parse(body, event)
        if found is not None:
            return found
    for parser in _LINES:
        found = parser(body, event)
        if found is not None:
            return found
    return None
