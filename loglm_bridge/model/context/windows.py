"""Windows over columns: contract/windows.py for many events at once."""

from __future__ import annotations

import numpy as np

from loglm_bridge.contract.limits import MAX_WINDOW_EVENTS
from loglm_bridge.contract.windows import MAX_GAP

#: The number of no entity: its event is a window of its own.
NOBODY = -1


def cut(entities: np.ndarray, times: np.ndarray, keys: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return places in the order of windows, and the windows' lengths: the windows that sequence.cut makes.

    Entities are numbers from 0, or NOBODY; all events have a time; `keys` are those of sequence.key_of.
    """
    entity = np.where(entities == NOBODY, NOBODY - np.arange(len(entities)), entities)
    order = _ordered(narrow(entity), times, keys)
    entity, times = entity[order], times[order]
    begins = np.ones(len(order), dtype=bool)
    begins[1:] = (entity[1:] != entity[:-1]) | (times[1:] - times[:-1] > MAX_GAP)
    runs = np.diff(np.append(np.flatnonzero(begins), len(order)))
    return order, _parts(runs)


def _ordered(entity: np.ndarray, times: np.ndarray, keys: np.ndarray) -> np.ndarray:
    """Return the places of events by entity, those of one by time, those of one time by key."""
    # as a rule all come as they happened, or the last ones first: then sorting by entity, which is cheap, is enough
    order = np.argsort(entity, kind="stable")
    passed = np.diff(times[order])[np.diff(entity[order]) == 0]
    if (passed > 0).all():
        return order
    if (passed < 0).all():
        return order[::-1]
    order = np.argsort(times)
    ordered = times[order]
    if (ordered[1:] == ordered[:-1]).any():
        order = np.lexsort((keys, times))
    return order[np.argsort(entity[order], kind="stable")]


def narrow(numbers: np.ndarray) -> np.ndarray:
    """Return numbers in the order of these, in sixteen bits where they fit: numpy sorts those in linear time."""
    rising: np.ndarray = numbers - numbers.min(initial=0)
    return rising.astype(np.uint16) if rising.max(initial=0) < 1 << 16 else rising


def _parts(runs: np.ndarray) -> np.ndarray:
    """Cut runs in parts of equal size, the first ones of a run one larger where that does not work out."""
    count = -(-runs // MAX_WINDOW_EVENTS)
    size, more = np.divmod(runs, np.maximum(count, 1))
    run = np.repeat(np.arange(len(runs)), count)
    part = np.arange(len(run)) - (np.cumsum(count) - count)[run]
    lengths: np.ndarray = size[run] + (part < more[run])
    return lengths
