"""Windows over columns: contract/windows.py for many events at once.

Reference implementation: `contract.windows.cut_windows`; this module cuts the same windows
(tests/model/context/test_windows.py).
"""

from __future__ import annotations

import numpy as np

from loglm_bridge.contract.limits import MAX_WINDOW_EVENTS
from loglm_bridge.contract.windows import MAX_GAP

#: Entity number of an event without an entity: it is a window of its own.
NO_ENTITY = -1


def cut_windows(entities: np.ndarray, times: np.ndarray, keys: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the indices of events in the order of windows, and the windows' lengths.

    All are (events,): entity numbers from 0 or NO_ENTITY, times in seconds, and `keys` of contract.windows.order_key.
    """
    entity = np.where(entities == NO_ENTITY, NO_ENTITY - np.arange(len(entities)), entities)
    order = _sort(narrow(entity), times, keys)
    entity, times = entity[order], times[order]
    begins = np.ones(len(order), dtype=bool)
    begins[1:] = (entity[1:] != entity[:-1]) | (times[1:] - times[:-1] > MAX_GAP)
    runs = np.diff(np.append(np.flatnonzero(begins), len(order)))
    return order, _split_evenly(runs)


def _sort(entity: np.ndarray, times: np.ndarray, keys: np.ndarray) -> np.ndarray:
    """Return the indices of events by entity, then by time, then by key."""
    # mostly events arrive in time order, or in reverse; then the sort by entity, which is cheap, is sufficient
    order = np.argsort(entity, kind="stable")
    steps = np.diff(times[order])[np.diff(entity[order]) == 0]
    if (steps > 0).all():
        return order
    if (steps < 0).all():
        return order[::-1]
    order = np.argsort(times)
    ordered = times[order]
    if (ordered[1:] == ordered[:-1]).any():
        order = np.lexsort((keys, times))
    return order[np.argsort(entity[order], kind="stable")]


def narrow(numbers: np.ndarray) -> np.ndarray:
    """Return numbers with the same order, in sixteen bits if they fit: numpy sorts those in linear time."""
    shifted: np.ndarray = numbers - numbers.min(initial=0)
    return shifted.astype(np.uint16) if shifted.max(initial=0) < 1 << 16 else shifted


def _split_evenly(runs: np.ndarray) -> np.ndarray:
    """Return the lengths of windows: runs cut into parts of equal size, the first ones of a run longer by one."""
    count = -(-runs // MAX_WINDOW_EVENTS)
    size, longer = np.divmod(runs, np.maximum(count, 1))
    run = np.repeat(np.arange(len(runs)), count)
    part = np.arange(len(run)) - (np.cumsum(count) - count)[run]
    lengths: np.ndarray = size[run] + (part < longer[run])
    return lengths
