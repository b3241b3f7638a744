"""All text formats in the order in which they are tried; free text accepts anything."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Optional

from loglm_bridge.contract.event import Event
from loglm_bridge.telemetry.formats import auditd, csv_line, free_text, key_value, syslog, web_access
from loglm_bridge.telemetry.formats.device import cef, firewall_line, flow_csv, leef, mikrotik, vpc_flow, zeek_tsv
from loglm_bridge.telemetry.record import Record

#: From formats that a few characters identify to those that need the whole line.
PARSERS: Sequence[Callable[[str, Event], Optional[Record]]] = (
    zeek_tsv.parse,
    auditd.parse,
    cef.parse,
    leef.parse,
    vpc_flow.parse,
    flow_csv.parse,
    web_access.parse,
    firewall_line.parse,
    mikrotik.parse,
    syslog.parse,
    csv_line.parse,
    key_value.parse,
)


def parse(text: str, event: Event) -> Record:
    """Return the record of the first text format that accepts the text; free text where none does."""
    for parser in PARSERS:
        record = parser(text, event)
        if record is not None:
            return record
    return free_text.parse(text, event)
