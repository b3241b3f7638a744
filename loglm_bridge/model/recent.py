"""Events that were read lately, as a window sees them: the same ones come again as context of later events.

A search command sends the last events of an entity along with its next ones, so each of them comes several times.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from threading import Lock

from loglm_bridge.contract.event import Event
from loglm_bridge.model.sequence import Seen
from loglm_bridge.model.steps import Step

#: Bytes that the two halves may hold together.
BUDGET = 64 * 1024 * 1024

#: What an event takes beside its text, in bytes.
_BESIDE = 900

_Key = tuple[str, str, str, str, float | None]


class Recent:
    """Remembers in two halves: a full one is kept until the next one is full, what is asked for moves on. Thread-safe.

    What is found is what reading the event again would give: all that reading depends on is the key.
    """

    def __init__(self, budget: int = BUDGET) -> None:
        self._most = budget // 2
        self._old: dict[_Key, Step | Seen] = {}
        self._new: dict[_Key, Step | Seen] = {}
        self.held = 0
        self._lock = Lock()

    def find(self, events: Sequence[Event]) -> dict[int, Step | Seen]:
        """Return what is remembered of events, by their places."""
        found = {}
        with self._lock:
            for place, event in enumerate(events):
                key = _key(event)
                seen = self._new.get(key)
                if seen is None:
                    seen = self._old.get(key)
                    if seen is None:
                        continue
                    self._keep(key, seen)
                found[place] = seen
        return found

    def keep(self, events: Sequence[Event], seen: Mapping[int, Step | Seen]) -> None:
        """Remember events by their places in `events`."""
        with self._lock:
            for place, one in seen.items():
                self._keep(_key(events[place]), one)

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._old, self._new, self.held = {}, {}, 0

    def _keep(self, key: _Key, seen: Step | Seen) -> None:
        size = len(key[0]) + _BESIDE
        if self.held + size > self._most:
            self._old, self._new, self.held = self._new, {}, 0
        if size <= self._most:
            self._new[key] = seen
            self.held += size


def _key(event: Event) -> _Key:
    return event.raw, event.sourcetype, event.source, event.host, event.time
