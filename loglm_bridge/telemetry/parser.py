"""The reference parser: the text decides which format an event has; its sourcetype is only a hint for parsers.

`parse_record` is the reference implementation; `fastpath.parser.parse` gives the same result faster.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from itertools import islice

from loglm_bridge.contract.event import Event
from loglm_bridge.telemetry.formats import json_event, lines
from loglm_bridge.telemetry.formats.windows import windows_text, windows_xml
from loglm_bridge.telemetry.record import Record
from loglm_bridge.telemetry.scanning.clean_text import readable

#: Families of JSON that may be an envelope around a line of another format.
_ENVELOPE_FAMILIES = frozenset({"json", "app", "system", "gcp"})
#: Names (lower case) under which an envelope has the line.
_ENVELOPE_FIELDS = frozenset(
    {
        "log", "message", "msg", "body", "raw", "_raw", "event.original", "syslogmessage", "textpayload",
        "properties.rawxml", "rawxml", "line", "jsonpayload.message", "logmessage", "event",
    }
)  # fmt: skip
#: Formats of last resort: a line with one of these is not worth dropping its envelope.
_FALLBACK_FORMATS = frozenset({"text", "free_text", "key_value", "csv", "csv_line"})
_MIN_LINE = 20
#: Fields of one envelope that may have the line: each is tried.
_MAX_ENVELOPES = 16


def parse_record(event: Event) -> Record:
    """Parse an event's text: the reference implementation of the fast path's `parse`.

    Never raises; takes time linear in the text's length, of which MAX_RAW_BYTES are read. The status is `empty` where
    there is no content, `unparsed` where the text is not readable.
    """
    text, truncated = readable(event.raw)
    return parse_readable(text, truncated, event)


def parse_readable(text: str, truncated: bool, event: Event) -> Record:
    """Return the record of what `readable` made of an event's text."""
    if not text.strip():
        return Record("text", "text", "", (), truncated=truncated, status="empty")
    record = parse_text(text, event)
    return replace(record, truncated=True) if truncated and not record.truncated else record


def parse_text(text: str, event: Event) -> Record:
    """Return the record of the first format that accepts a clean text of limited length; free text accepts any."""
    record = windows_xml.parse(text, event)
    if record is not None:
        return record
    record = json_event.parse(text, event)
    if record is not None:
        return unwrap_envelope(record, event)
    return windows_text.parse(text, event) or lines.parse(text, event)


def can_be_envelope(family: str, names: Iterable[str]) -> bool:
    """Return whether a JSON event of a family, with fields of these names, can be an envelope around a line."""
    return family in _ENVELOPE_FAMILIES and any(name.lower() in _ENVELOPE_FIELDS for name in names)


def unwrap_envelope(record: Record, event: Event) -> Record:
    """Return the record of the line that a JSON envelope has inside, if that line has a format of its own."""
    fields = record.fields if record.family in _ENVELOPE_FAMILIES else ()
    lines_inside = (value for name, value in fields if len(value) >= _MIN_LINE and name.lower() in _ENVELOPE_FIELDS)
    for value in islice(lines_inside, _MAX_ENVELOPES):
        inner = windows_xml.parse(value, event) or lines.parse(value, event)
        if inner.status == "ok" and inner.format not in _FALLBACK_FORMATS:
            return inner
    return record
