"""Events of earlier chunks that later ones are read with: splunkd hands rows over in chunks of a few thousand.

Without them an entity's context would end at every chunk. Bounded: of each entity the last events, of all entities the
most recently seen, within a number of characters.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import Sequence

from loglm_bridge.contract.event import Event

#: Events of one entity that are kept: half a window (limits.MAX_SEQUENCE), the other half is for what is new.
KEPT = 32

#: Characters of text that all kept events hold together; an event more than an eighth of it long is not kept.
CHARACTERS = 32 * 1024 * 1024


class Company:
    """Remembers the last events of the entities that were seen last."""

    def __init__(self, characters: int = CHARACTERS) -> None:
        self._most = characters
        self._size = 0
        self._events: OrderedDict[str, list[Event]] = OrderedDict()

    def of(self, events: Sequence[Event]) -> list[Event]:
        """Return the kept events of the entities of `events`."""
        entities = dict.fromkeys(event.entity for event in events)
        return [kept for entity in entities for kept in self._events.get(entity, ())]

    def keep(self, events: Sequence[Event]) -> None:
        """Keep the events, in the order they came; the oldest of an entity, then the stalest entities are forgotten."""
        for event in events:
            if not event.entity or len(event.raw) > self._most // 8:
                continue
            kept = self._events.setdefault(event.entity, [])
            kept.append(event)
            self._size += _cost(event)
            if len(kept) > KEPT:
                self._size -= _cost(kept.pop(0))
            self._events.move_to_end(event.entity)
        while self._size > self._most and self._events:
            _, gone = self._events.popitem(last=False)
            self._size -= sum(map(_cost, gone))


def _cost(event: Event) -> int:
    """Characters of an event, and what Python needs beside them."""
    return len(event.raw) + 400
