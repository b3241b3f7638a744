"""Events of earlier chunks that later ones are read with: splunkd hands rows over in chunks of a few thousand.

Without them an entity's context would end at every chunk. Bounded: of each entity the last events, of all entities the
most recently seen, within a number of characters.
"""

from __future__ import annotations

from collections import OrderedDict, defaultdict
from typing import Iterable, Sequence

from loglm_bridge.splunk.rows import Told

#: Events of one entity that are kept: half a window (limits.MAX_SEQUENCE), the other half is for what is new.
KEPT = 32

#: Characters of text that all kept events hold together; an event more than an eighth of it long is not kept.
CHARACTERS = 32 * 1024 * 1024

#: What Python needs for an event beside its text, in characters.
_BESIDE = 400


class Company:
    """Remembers the last events of the entities that were seen last."""

    def __init__(self, characters: int = CHARACTERS) -> None:
        self._most = characters
        self._size = 0
        self._events: OrderedDict[str, list[Told]] = OrderedDict()

    def of(self, entities: Iterable[str]) -> list[Told]:
        """Return the kept events of the entities."""
        return [kept for entity in dict.fromkeys(entities) for kept in self._events.get(entity, ())]

    def keep(self, events: Sequence[Told]) -> None:
        """Keep the events, in the order they came; the oldest of an entity, then the stalest entities are forgotten."""
        new: defaultdict[str, list[Told]] = defaultdict(list)
        # from the last one on, so that each entity's place among the recent ones is that of its last event
        for event in reversed(events):
            if event.entity and len(event.raw) <= self._most // 8:
                last = new[event.entity]
                if len(last) < KEPT:
                    last.append(event)
        for entity in reversed(new):
            before = self._events.pop(entity, [])
            self._size -= _cost(before)
            self._events[entity] = [*before, *reversed(new[entity])][-KEPT:]
            self._size += _cost(self._events[entity])
        while self._size > self._most and self._events:
            _, gone = self._events.popitem(last=False)
            self._size -= _cost(gone)


def _cost(events: Iterable[Told]) -> int:
    return sum([len(event.raw) + _BESIDE for event in events])
