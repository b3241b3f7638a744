"""Functions that remember their results, each within a budget of bytes: hostile values are long and never repeat.

A bound on the number of entries bounds no memory. Here the sizes of arguments and results are added up, and a cache is
cleared as a whole when they pass its budget. Hits cost no more than those of functools.lru_cache.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from sys import getsizeof
from threading import Lock
from typing import Any, ParamSpec, TypeVar, cast
from weakref import WeakSet

P = ParamSpec("P")
R = TypeVar("R")

#: Estimated bytes of an entry beside its arguments and result (measured).
ENTRY_BYTES = 200

_MB = 1_000_000

_caches: WeakSet[ByteCache] = WeakSet()


class ByteCache:
    """The results of a function by its arguments, at most `max_bytes`. Thread-safe.

    `call` is the remembering function. `bytes_held` is the size of all entries; threads that add entries while another
    one clears the cache may make it too small by those.
    """

    def __init__(self, function: Callable[..., Any], max_bytes: int, name: str = "") -> None:
        self.name = name or f"{function.__module__.rpartition('.')[2]}.{function.__name__.lstrip('_')}"
        self.bytes_held = 0
        self._function, self._max_bytes = function, max_bytes
        self._lock = Lock()
        self._past_hits = self._past_misses = 0
        self.call = lru_cache(maxsize=None)(self._compute)
        _caches.add(self)

    @property
    def hits(self) -> int:
        """Number of calls that were answered from the cache."""
        return self._past_hits + self.call.cache_info().hits

    @property
    def misses(self) -> int:
        """Number of calls that were not."""
        return self._past_misses + self.call.cache_info().misses

    def clear(self) -> None:
        """Remove all entries."""
        with self._lock:
            self._clear()

    def _clear(self) -> None:
        info = self.call.cache_info()
        self._past_hits += info.hits
        self._past_misses += info.misses
        self.call.cache_clear()
        self.bytes_held = 0

    def _compute(self, *arguments: Any) -> Any:
        value = self._function(*arguments)
        size = ENTRY_BYTES + sum(map(size_of, arguments)) + size_of(value)
        with self._lock:
            if self.bytes_held + size > self._max_bytes:
                self._clear()
            self.bytes_held += size
        return value


def remembered(megabytes: float) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Make a pure function of hashable positional arguments remember its results in so many megabytes."""

    def decorate(function: Callable[P, R]) -> Callable[P, R]:
        call = ByteCache(function, int(megabytes * _MB)).call
        call.__doc__ = function.__doc__
        return cast("Callable[P, R]", call)

    return decorate


def size_of(value: Any) -> int:
    """Return the bytes of a value, of its members too."""
    size = getsizeof(value)
    if isinstance(value, tuple | list | frozenset):
        size += sum(map(size_of, value))
    return size


def figures() -> Mapping[str, int]:
    """Return hits, misses and bytes of all caches, as names of metrics with a label."""
    caches: dict[str, list[ByteCache]] = {}
    for cache in sorted(_caches, key=lambda one: one.name):
        caches.setdefault(cache.name, []).append(cache)
    return dict(_figures(caches))


def _figures(caches: Mapping[str, list[ByteCache]]) -> Iterator[tuple[str, int]]:
    for name, figure in (("hits", "hits"), ("misses", "misses"), ("bytes", "bytes_held")):
        for label, group in caches.items():
            yield f'value_cache_{name}{{cache="{label}"}}', sum(getattr(cache, figure) for cache in group)


def bytes_held() -> int:
    """Return the bytes of all caches."""
    return sum(cache.bytes_held for cache in _caches)
