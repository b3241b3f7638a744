"""The output of a modular input: event XML on stdout (docs/dev/splunk-facts.md)."""

from __future__ import annotations

from typing import TextIO

from splunklib.modularinput import Event, EventWriter

from loglm_bridge.contract.notable import Notable
from loglm_bridge.contract.stash_format import render_notable


class StreamClosed(Exception):
    """splunkd no longer reads the stream."""


class EventStream:
    """Writes notables as event XML to `out`, all with one index and sourcetype.

    A notable's text contains no character that XML forbids (contract.safe_text.escape_unsafe). splunklib would write
    them, and a single one makes everything after it unreadable.
    """

    def __init__(self, out: TextIO, index: str, sourcetype: str) -> None:
        self._writer = EventWriter(output=out)
        self._out = out
        self._index = index
        self._sourcetype = sourcetype

    def write(self, notable: Notable) -> None:
        """Write one event. Raises StreamClosed."""
        event = Event(
            data=render_notable(notable, self._sourcetype),
            time=f"{notable.time:.3f}",
            index=self._index,
            source=notable.source,
            sourcetype=self._sourcetype,
        )
        try:
            self._writer.write_event(event)
        except OSError as error:
            raise StreamClosed from error

    def flush(self) -> None:
        """Flush all written events to splunkd. Raises StreamClosed."""
        try:
            self._out.flush()
        except OSError as error:
            raise StreamClosed from error

    def close(self) -> None:
        """End the stream, if an event was written. Raises StreamClosed."""
        try:
            self._writer.close()
        except OSError as error:
            raise StreamClosed from error
