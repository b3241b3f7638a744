"""The output of a modular input: event XML on stdout (docs/dev/splunk-facts.md)."""

from __future__ import annotations

import io
from typing import TextIO

from splunklib.modularinput import Event, EventWriter

from loglm_bridge.contract.notable import Notable
from loglm_bridge.contract.stash_format import render_notable


class StreamClosed(Exception):
    """splunkd no longer reads the stream."""


class EventStream:
    """Writes notables as event XML to `out`, all with one index and sourcetype.

    Events are held until `flush`, so that a process that is killed has written a batch or nothing of it, as far as the
    pipe allows. A notable's text contains no character that XML forbids (contract.safe_text.escape_unsafe). splunklib
    would write them, and a single one makes everything after it unreadable.
    """

    def __init__(self, out: TextIO, index: str, sourcetype: str) -> None:
        self._held = io.StringIO()
        self._writer = EventWriter(output=self._held)
        self._out = out
        self._index = index
        self._sourcetype = sourcetype
        self._is_open = False

    def write(self, notable: Notable) -> None:
        """Hold one event until `flush`."""
        event = Event(
            data=render_notable(notable, self._sourcetype),
            time=f"{notable.time:.3f}",
            index=self._index,
            source=notable.source,
            sourcetype=self._sourcetype,
        )
        self._writer.write_event(event)

    def flush(self) -> None:
        """Write and flush all held events to splunkd. Raises StreamClosed."""
        text = self._held.getvalue()
        self._discard()
        self._is_open = self._is_open or bool(text)
        self._write(text)

    def close(self) -> None:
        """End the stream, if an event was flushed; events that are held are dropped. Raises StreamClosed."""
        self._discard()
        if self._is_open:
            self._write("</stream>")

    def _discard(self) -> None:
        self._held.seek(0)
        self._held.truncate()

    def _write(self, text: str) -> None:
        try:
            self._out.write(text)
            self._out.flush()
        except OSError as error:
            raise StreamClosed from error
