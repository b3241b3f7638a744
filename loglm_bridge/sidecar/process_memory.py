"""What the process tells the system about its memory before it begins."""

from __future__ import annotations

import ctypes
import gc
import resource

#: glibc's M_ARENA_MAX (malloc.h), and how many arenas threads share.
_ARENA_MAX, _ARENAS = -8, 2

#: New objects after which Python looks for cycles.
_COLLECT_AFTER = 50_000


def cap(megabytes: int) -> None:
    """Cap the address space in MiB; 0 leaves it open. Raises OSError where the system says no."""
    if megabytes:
        size = megabytes * 1024 * 1024
        resource.setrlimit(resource.RLIMIT_AS, (size, size))


def share_arenas() -> bool:
    """Let all threads share two arenas of malloc; returns whether this C library knows how.

    By default glibc gives every thread its own, up to eight for each core. Requests pass through many short-lived
    threads, of which only one at a time runs Python: what they leave in their arenas is never used by the others.
    """
    try:
        return bool(ctypes.CDLL(None).mallopt(_ARENA_MAX, _ARENAS))
    except (AttributeError, OSError):
        return False


def collect_rarely() -> None:
    """Look for cycles less often than after every 700 objects: events and verdicts come by the thousand without any."""
    gc.set_threshold(_COLLECT_AFTER)


def settle() -> None:
    """Leave what is loaded out of all searches for cycles: one through a whole model stops everything for 80 ms."""
    gc.freeze()
