"""Raw text to canonical fields: recognise the format, parse it, drop identity, keep behaviour."""

from __future__ import annotations

from loglm_bridge.contract.event import Event
from loglm_bridge.telemetry.canonicaliser import canonicalise
from loglm_bridge.telemetry.fastpath.json_layouts import parse
from loglm_bridge.telemetry.parser import read
from loglm_bridge.telemetry.record import Canonical, Field, Parsed, Record

__all__ = ["Canonical", "Event", "Field", "Parsed", "Record", "canonical", "canonicalise", "parse", "read"]


def canonical(event: Event) -> tuple[Record, Canonical]:
    """Return an event as parsed and as the model sees it. Never raises on any text."""
    record = read(event)
    return record, canonicalise(record, event)
