"""How much may be in the house: bytes of bodies and events of requests, counted, never queued without bound."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from loglm_bridge.contract.errors import Overloaded


class Admission:
    """Two permits, for bytes and for events. Who gets none is told at once, which beats a long wait for a timeout."""

    def __init__(self, max_bytes: int, max_events: int) -> None:
        self._max_bytes, self._max_events = max_bytes, max_events
        self.bytes = 0
        self.events = 0

    @contextlib.contextmanager
    def body(self, size: int) -> Iterator[None]:
        """Hold `size` bytes; taken before a body is read. Raises Overloaded."""
        if self.bytes + size > self._max_bytes or self.events >= self._max_events:
            raise Overloaded("too many requests wait")
        self.bytes += size
        try:
            yield
        finally:
            self.bytes -= size

    @contextlib.contextmanager
    def batch(self, count: int) -> Iterator[None]:
        """Hold `count` events; taken before they are queued. Raises Overloaded."""
        if self.events + count > self._max_events:
            raise Overloaded(f"{self.events} events wait already, at most {self._max_events} may")
        self.events += count
        try:
            yield
        finally:
            self.events -= count
