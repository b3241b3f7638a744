"""Events that made the model hang or crash are not handed to it again for a while."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from hashlib import sha256

from loglm_bridge.contract.event import Event

#: Events held; the oldest makes room.
MAX_EVENTS = 1_024

#: After so long an event gets another chance: the fault may have been a moment's.
SECONDS = 600.0


class Quarantine:
    """A bounded set of event keys with an end of each.

    The key is that of the raw text alone, not `Event.key`: the same text at another time would do the same harm.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._until: OrderedDict[bytes, float] = OrderedDict()

    def __len__(self) -> int:
        self._expire()
        return len(self._until)

    def add(self, event: Event) -> str:
        """Hold an event; returns the first digits of its key, for the log."""
        key = _key(event)
        self._until.pop(key, None)
        self._until[key] = self._clock() + SECONDS
        if len(self._until) > MAX_EVENTS:
            self._until.popitem(last=False)
        return key.hex()[:12]

    def holds(self, event: Event) -> bool:
        """Tell whether an event is held."""
        # nearly always there is nothing to look up, and then nothing to hash
        if not self._until:
            return False
        self._expire()
        return _key(event) in self._until

    def _expire(self) -> None:
        now = self._clock()
        while self._until and next(iter(self._until.values())) <= now:
            self._until.popitem(last=False)


def _key(event: Event) -> bytes:
    return sha256(event.raw.encode("utf-8", "surrogatepass")).digest()
