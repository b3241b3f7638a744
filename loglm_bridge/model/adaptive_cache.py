"""What was found out and may be asked again; large only where that pays."""

from __future__ import annotations

from typing import TypeVar

K = TypeVar("K")
V = TypeVar("V")

#: Entries of a cache that does not pay: what never comes again is better forgotten soon, as long as its memory is near.
FEW = 1_024

#: A cache pays where an entry is found so many times, on average, until it is forgotten.
_PAYS = 0.5


class Cache(dict[K, V]):
    """A dict of at most `most` entries, FEW of them unless it pays; all are forgotten at once."""

    def __init__(self, most: int) -> None:
        self._most, self._limit, self._found = most, min(FEW, most), 0

    def keep(self, entries: dict[K, V], found: int) -> None:
        """Add entries; `found` is how many others were found meanwhile."""
        self._found += found
        count = len(self) + len(entries)
        if count > self._limit:
            self._limit = self._most if self._found >= _PAYS * count else min(FEW, self._most)
        if count > self._limit:
            self.clear()
        if len(entries) <= self._limit:
            self.update(entries)

    def clear(self) -> None:
        """Forget all."""
        super().clear()
        self._found = 0
