"""Which format is it: the text decides, the sourcetype is only a hint that parsers may use."""

from __future__ import annotations

from dataclasses import replace
from typing import Callable, Sequence

from loglm_bridge.contract.event import Event
from loglm_bridge.telemetry.formats import cef, json_event, leef, vpc_flow, windows_xml, zeek_tsv
from loglm_bridge.telemetry.record import Record
from loglm_bridge.telemetry.text import clean_text, cut

Parser = Callable[[str, Event], "Record | None"]

#: In order of how surely a text's first characters tell the format; the first that reads it wins.
PARSERS: Sequence[Parser] = (
    windows_xml.parse,
    json_event.parse,
    zeek_tsv.parse,
    cef.parse,
    leef.parse,
    vpc_flow.parse,
)


def read(event: Event) -> Record:
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
    """Return the record of the first format that reads the (clean, short) text."""
    for parse in PARSERS:
        record = parse(text, event)
        if record is not None:
            return record
    return Record("text", "text", "", (("message", text),), status="unparsed")
