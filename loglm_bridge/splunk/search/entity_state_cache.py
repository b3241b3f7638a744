"""Entity state (contract/entity_state.py) from chunk to chunk: splunkd sends rows in chunks of a few thousand.

Without it, an entity's context would end at every chunk. Holds the state of the most recently seen entities, within a
number of characters.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import Iterable, Mapping, Optional

#: Maximum characters of all states together.
MAX_CHARACTERS = 32 * 1024 * 1024

#: Memory that Python needs for an entry beside its texts, in characters.
_ENTRY_OVERHEAD = 250


class EntityStateCache:
    """The state of the most recently seen entities."""

    def __init__(self, max_characters: int = MAX_CHARACTERS) -> None:
        self._max_characters = max_characters
        self._size = 0
        self._states: OrderedDict[str, str] = OrderedDict()

    def get(self, entities: Iterable[str]) -> dict[str, str]:
        """Return the state of those of the entities that have one."""
        return {entity: self._states[entity] for entity in entities if entity in self._states}

    def update(self, states: Mapping[str, str]) -> None:
        """Store states from a reply; evicts those of the entities that were updated longest ago."""
        for entity, text in states.items():
            self._size -= _cost(entity, self._states.pop(entity, None))
            self._states[entity] = text
            self._size += _cost(entity, text)
        while self._size > self._max_characters:
            self._size -= _cost(*self._states.popitem(last=False))


def _cost(entity: str, text: Optional[str]) -> int:
    return 0 if text is None else len(entity) + len(text) + _ENTRY_OVERHEAD
