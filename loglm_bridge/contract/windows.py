"""Windows: which events are read together, and in which order.

Client and sidecar split events by the same rules, so a window that one request carries whole stays whole.
"""

from __future__ import annotations

from collections import defaultdict
from typing import Optional, Sequence
from zlib import crc32

from loglm_bridge.contract.event import Event
from loglm_bridge.contract.limits import MAX_WINDOW_EVENTS

#: Seconds without an event of the entity after which its next event begins another window.
MAX_GAP = 1_800.0


def windows_of(events: Sequence[Event]) -> list[list[int]]:
    """Return windows as lists of indices into `events`.

    A window holds events of one entity in time order, at most MAX_WINDOW_EVENTS, with no gap over MAX_GAP seconds.
    Every index occurs once; an event without an entity is a window of its own. Events of equal time are ordered by
    `order_key`, so the order in which they arrived does not matter. A run of n events is split into
    ceil(n / MAX_WINDOW_EVENTS) windows of equal size (earlier ones may hold one more). Successive windows of a run,
    passed in alone, are split into the same windows again.
    """
    entities = [event.entity for event in events]
    times = fill_missing_times(entities, [event.time for event in events])
    return cut_windows(entities, times, [order_key(event.raw) for event in events])


def cut_windows(entities: Sequence[str], times: Sequence[float], keys: Sequence[int]) -> list[list[int]]:
    """Return the windows of `windows_of` for events in columns: entity, time (epoch seconds) and order key of each."""
    indices_of: dict[str, list[int]] = defaultdict(list)
    windows: list[list[int]] = []
    for index, entity in enumerate(entities):
        if entity:
            indices_of[entity].append(index)
        else:
            windows.append([index])
    for indices in indices_of.values():
        for run in _split_at_gaps(sorted([(times[index], keys[index], index) for index in indices])):
            windows += _split_evenly(run)
    return windows


def order_key(raw: str) -> int:
    """Return the checksum (CRC-32) of an event's text, by which events of equal time are ordered."""
    return crc32(raw.encode("utf-8", "surrogatepass"))


def fill_missing_times(entities: Sequence[str], times: Sequence[Optional[float]]) -> Sequence[float]:
    """Return the times of events without gaps.

    A missing time becomes that of the previous event of the same entity, else of its first event with a time, else 0.
    """
    if None not in times:
        return times  # type: ignore[return-value]  # checked for None
    # the last assignment of this reversed pass is each entity's first known time
    latest = {entity: time for entity, time in zip(reversed(entities), reversed(times)) if time is not None}
    complete = []
    for entity, time in zip(entities, times):
        if time is not None:
            latest[entity] = time
        complete.append(latest.get(entity, 0.0))
    return complete


def _split_at_gaps(ordered: Sequence[tuple[float, int, int]]) -> list[list[int]]:
    """Split (time, key, index) in time order where the entity was silent for more than MAX_GAP."""
    runs: list[list[int]] = []
    previous = float("-inf")
    for time, _, index in ordered:
        if time - previous > MAX_GAP:
            runs.append([])
        runs[-1].append(index)
        previous = time
    return runs


def _split_evenly(run: list[int]) -> list[list[int]]:
    count = -(-len(run) // MAX_WINDOW_EVENTS)
    size, remainder = divmod(len(run), count)
    windows, start = [], 0
    for number in range(count):
        end = start + size + (number < remainder)
        windows.append(run[start:end])
        start = end
    return windows
