"""Which format is it: the text decides, the sourcetype is only a hint that parsers may use."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from loglm_bridge.contract.event import Event
from loglm_bridge.telemetry.formats import json_event, lines
from loglm_bridge.telemetry.formats.windows import windows_text, windows_xml
from loglm_bridge.telemetry.record import Record
from loglm_bridge.telemetry.scanning.clean_text import clean_text, cut

#: Families of JSON that may be no more than an envelope around a line of another format.
_GENERAL = frozenset({"json", "app", "system", "gcp"})
#: Names (lower case) under which an envelope carries the line.
_ENVELOPES = frozenset(
    """log message msg body raw _raw event.original syslogmessage textpayload properties.rawxml rawxml line
    jsonpayload.message logmessage event""".split()  # noqa: SIM905 (a table of words)
)
#: What a line is read as where nothing better fits: no reason to leave the envelope out.
_WEAK = frozenset({"text", "free_text", "key_value", "csv", "csv_line"})
_MIN_LINE = 20


def may_wrap(family: str, names: Iterable[str]) -> bool:
    """Tell whether a JSON event of a family and of fields of these names can be an envelope around a line."""
    return family in _GENERAL and any(name.lower() in _ENVELOPES for name in names)


def parse_record(event: Event) -> Record:
    """Parse an event's text. Never raises; linear in the text's length, of which MAX_RAW_BYTES are read.

    The status is `empty` where there is nothing to read, `unparsed` where only free text could be made of it.
    """
    text, truncated = cut(event.raw)
    text = clean_text(text)
    if not text.strip():
        return Record("text", "text", "", (), truncated=truncated, status="empty")
    record = dispatch(text, event)
    return replace(record, truncated=True) if truncated and not record.truncated else record


def dispatch(text: str, event: Event) -> Record:
    """Return the record of the first format that reads the (clean, short) text; free text reads anything."""
    record = windows_xml.parse(text, event)
    if record is not None:
        return record
    record = json_event.parse(text, event)
    if record is not None:
        return unwrapped(record, event)
    return windows_text.parse(text, event) or lines.parse(text, event)


def unwrapped(record: Record, event: Event) -> Record:
    """Return the record of the line that a JSON envelope carries, where that line has a format of its own."""
    for name, value in record.fields if record.family in _GENERAL else ():
        if len(value) >= _MIN_LINE and name.lower() in _ENVELOPES:
            inner = windows_xml.parse(value, event) or lines.parse(value, event)
            if inner.status == "ok" and inner.format not in _WEAK:
                return inner
    return record
