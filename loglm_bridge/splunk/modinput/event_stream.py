"""What a modular input says to splunkd: event XML on stdout, log lines on stderr (docs/dev/splunk-facts.md)."""

from __future__ import annotations

import os
import sys
from typing import TextIO

from splunklib.modularinput import Event, EventWriter

from loglm_bridge.contract.notable import Notable
from loglm_bridge.contract.safe_text import one_line
from loglm_bridge.contract.stash_format import render_notable


class StreamClosed(Exception):
    """splunkd no longer reads."""


class EventStream:
    """Writes notables as event XML to `out`, all to one index with one sourcetype.

    A notable's text holds no character that XML forbids (contract.text.visible), which splunklib would let through:
    one of them makes everything after it unreadable.
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
        """Hand everything that was written to splunkd. Raises StreamClosed."""
        try:
            self._out.flush()
        except OSError as error:
            raise StreamClosed from error

    def close(self) -> None:
        """End the stream, if any event was written. Raises StreamClosed."""
        try:
            self._writer.close()
        except OSError as error:
            raise StreamClosed from error


def say(level: str, text: str) -> None:
    """Write one line to stderr, which splunkd logs with that level; where nobody reads it any more, nothing."""
    try:
        sys.stderr.write(f"{level} {one_line(text)}\n")
        sys.stderr.flush()
    except (OSError, ValueError):
        abandon(sys.stderr)


def abandon(stream: TextIO) -> None:
    """Point a broken stream at nothing, so that the interpreter does not complain when it flushes it at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
