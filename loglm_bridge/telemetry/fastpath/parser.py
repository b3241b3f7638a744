"""Parses an event's text the fast way: `parse`. The reference implementation is `telemetry.parser.parse_record`."""

from __future__ import annotations

from loglm_bridge.contract.event import Event
from loglm_bridge.telemetry import parser
from loglm_bridge.telemetry.fastpath import json_layouts, xml_layouts
from loglm_bridge.telemetry.record import ColumnarRecord
from loglm_bridge.telemetry.scanning.clean_text import readable

#: Characters in which the reference parser looks for the beginning of event XML.
_XML_HEAD = 406


def parse(event: Event) -> ColumnarRecord:
    """Parse an event's text: the fast path of `parse_record`, with the same result in columns.

    Layouts of JSON and event XML that were seen before are parsed without trying formats and families again; any
    other text goes to `parse_record`. Never raises.
    """
    text, truncated = readable(event.raw)
    record = None
    if text[:1] == "<":
        record = xml_layouts.parse(text, event)
    elif text[:1] == "{" and "<Event" not in text[:_XML_HEAD]:
        record = json_layouts.parse(text, event)
    if record is None:
        return ColumnarRecord.from_record(parser.parse_readable(text, truncated, event))
    return record._replace(truncated=True) if truncated else record
