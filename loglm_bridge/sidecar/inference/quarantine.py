"""Quarantine: events on which the model hung or crashed are withheld from it for a while."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from hashlib import sha256

from loglm_bridge.contract.event import Event

#: Maximum events in quarantine; the oldest one leaves first.
MAX_EVENTS = 1_024

#: Seconds after which an event is released: the fault may have been temporary.
SECONDS = 600.0

#: Digits of a key that are logged.
_LOGGED_DIGITS = 12


class Quarantine:
    """A bounded set of event keys, each with an expiry time.

    The key is the hash of the raw text alone, not `Event.key`: the same text at another time would fail again.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._expiry: OrderedDict[bytes, float] = OrderedDict()

    def __len__(self) -> int:
        self._expire()
        return len(self._expiry)

    def __contains__(self, event: Event) -> bool:
        # mostly the quarantine is empty, and no event needs to be hashed
        if not self._expiry:
            return False
        self._expire()
        return _key(event) in self._expiry

    def add(self, event: Event) -> str:
        """Add an event; returns the first digits of its key, for the log."""
        key = _key(event)
        self._expiry.pop(key, None)
        self._expiry[key] = self._clock() + SECONDS
        if len(self._expiry) > MAX_EVENTS:
            self._expiry.popitem(last=False)
        return key.hex()[:_LOGGED_DIGITS]

    def _expire(self) -> None:
        now = self._clock()
        while self._expiry and next(iter(self._expiry.values())) <= now:
            self._expiry.popitem(last=False)


def _key(event: Event) -> bytes:
    return sha256(event.raw.encode("utf-8", "surrogatepass")).digest()
