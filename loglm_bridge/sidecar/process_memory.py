"""Memory settings of the process: limits, malloc arenas, garbage collection."""

from __future__ import annotations

import ctypes
import gc
import resource

#: glibc's M_ARENA_MAX (malloc.h), and the number of arenas that all threads share.
_ARENA_MAX, _ARENAS = -8, 2

#: New objects after which Python searches for reference cycles.
_COLLECT_AFTER = 50_000


def limit_address_space(megabytes: int) -> None:
    """Limit the address space in MiB; 0 sets no limit. Raises OSError where the system refuses."""
    if megabytes:
        size = megabytes * 1024 * 1024
        resource.setrlimit(resource.RLIMIT_AS, (size, size))


def share_arenas() -> bool:
    """Let all threads share two arenas of malloc; returns whether this C library supports it.

    By default glibc gives every thread its own arena, up to eight per core. Requests pass through many short-lived
    threads, of which only one at a time runs Python: memory freed in one arena is never reused by the others.
    """
    try:
        return bool(ctypes.CDLL(None).mallopt(_ARENA_MAX, _ARENAS))
    except (AttributeError, OSError):
        return False


def collect_rarely() -> None:
    """Search for cycles less often than every 700 new objects: thousands of events and verdicts form none."""
    gc.set_threshold(_COLLECT_AFTER)


def exclude_loaded_objects() -> None:
    """Exclude all present objects from garbage collection: one pass over a loaded model stops everything for 80 ms."""
    gc.freeze()
