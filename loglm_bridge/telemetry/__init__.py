"""Raw text to canonical events: recognise the format, parse it, remove identity, keep behaviour."""

from __future__ import annotations

from loglm_bridge.contract.event import Event
from loglm_bridge.telemetry.canonicaliser import canonicalise
from loglm_bridge.telemetry.fastpath.parser import parse
from loglm_bridge.telemetry.parser import parse_record
from loglm_bridge.telemetry.record import CanonicalEvent, ColumnarRecord, Field, Record

__all__ = [
    "CanonicalEvent",
    "ColumnarRecord",
    "Event",
    "Field",
    "Record",
    "canonicalise",
    "parse",
    "parse_and_canonicalise",
    "parse_record",
]


def parse_and_canonicalise(event: Event) -> tuple[Record, CanonicalEvent]:
    """Return an event's record and canonical event (reference implementations). Never raises on any text."""
    record = parse_record(event)
    return record, canonicalise(record, event)
