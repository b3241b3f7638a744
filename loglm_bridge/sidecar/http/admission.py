"""Admission control: limits on in-flight bytes and events."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from loglm_bridge.contract.errors import Overloaded


class Admission:
    """Counts bytes of request bodies and events in flight.

    A request beyond a limit is refused at once: its client learns that earlier than from a timeout.
    """

    def __init__(self, max_bytes: int, max_events: int) -> None:
        self._max_bytes, self._max_events = max_bytes, max_events
        self.bytes = 0
        self.events = 0

    @contextlib.contextmanager
    def body(self, size: int) -> Iterator[None]:
        """Reserve `size` bytes, before a body is read. Raises Overloaded."""
        if self.bytes + size > self._max_bytes or self.events >= self._max_events:
            raise Overloaded("too many requests wait")
        self.bytes += size
        try:
            yield
        finally:
            self.bytes -= size

    @contextlib.contextmanager
    def batch(self, count: int) -> Iterator[None]:
        """Reserve `count` events, before they are queued. Raises Overloaded."""
        if self.events + count > self._max_events:
            raise Overloaded(f"{self.events} events wait already, the limit is {self._max_events}")
        self.events += count
        try:
            yield
        finally:
            self.events -= count
