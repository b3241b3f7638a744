"""Entity state (contract/entity_state.py) from chunk to chunk: splunkd hands rows over in chunks of a few thousand.

Without it an entity's context would end at every chunk. Bounded: that of the entities which were seen last, within a
number of characters.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import Iterable, Mapping, Optional

#: Characters that all pasts hold together.
CHARACTERS = 32 * 1024 * 1024

#: What Python needs for an entity beside its texts, in characters.
_BESIDE = 250


class EntityStateCache:
    """Remembers the past of the entities that were seen last."""

    def __init__(self, characters: int = CHARACTERS) -> None:
        self._most = characters
        self._size = 0
        self._past: OrderedDict[str, str] = OrderedDict()

    def of(self, entities: Iterable[str]) -> dict[str, str]:
        """Return the past of those of the entities that have one."""
        return {entity: self._past[entity] for entity in entities if entity in self._past}

    def keep(self, state: Mapping[str, str]) -> None:
        """Remember what a sidecar said; the stalest entities are forgotten."""
        for entity, text in state.items():
            self._size -= _cost(entity, self._past.pop(entity, None))
            self._past[entity] = text
            self._size += _cost(entity, text)
        while self._size > self._most:
            self._size -= _cost(*self._past.popitem(last=False))


def _cost(entity: str, text: Optional[str]) -> int:
    return 0 if text is None else len(entity) + len(text) + _BESIDE
