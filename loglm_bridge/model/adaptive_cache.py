"""A cache that is large only where its entries are reused."""

from __future__ import annotations

from typing import TypeVar

K = TypeVar("K")
V = TypeVar("V")

#: Maximum entries of a cache that is not reused: its few entries stay in the processor's cache.
SMALL_SIZE = 1_024

#: Hits per stored entry, on average, from which on a cache may be large.
_MIN_HITS_PER_ENTRY = 0.5


class AdaptiveCache(dict[K, V]):
    """A dict of at most `max_entries`, of SMALL_SIZE while it is hardly reused; a full one is cleared as a whole."""

    def __init__(self, max_entries: int) -> None:
        self._max_entries, self._limit, self._hits = max_entries, min(SMALL_SIZE, max_entries), 0

    def store(self, entries: dict[K, V], hits: int) -> None:
        """Add entries; `hits` is how many lookups succeeded since the last call."""
        self._hits += hits
        count = len(self) + len(entries)
        if count > self._limit:
            reused = self._hits >= _MIN_HITS_PER_ENTRY * count
            self._limit = self._max_entries if reused else min(SMALL_SIZE, self._max_entries)
        if count > self._limit:
            self.clear()
        if len(entries) <= self._limit:
            self.update(entries)

    def clear(self) -> None:
        """Remove all entries."""
        super().clear()
        self._hits = 0
