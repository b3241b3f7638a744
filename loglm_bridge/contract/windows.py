"""Windows: which events are read together, and in what order. Client and sidecar cut alike: a window stays whole."""

from __future__ import annotations

from collections import defaultdict
from typing import Optional, Sequence
from zlib import crc32

from loglm_bridge.contract.event import Event
from loglm_bridge.contract.limits import MAX_SEQUENCE

#: Seconds without an event of the entity after which its next event begins another window.
GAP = 1_800.0


def windows(events: Sequence[Event]) -> list[list[int]]:
    """Return windows of places: events of one entity in time order, at most MAX_SEQUENCE, no gap over GAP seconds.

    Every place occurs once; an event without an entity is a window of its own. Events of equal time are ordered by a
    checksum of their text, so that the order in which they came does not matter. A run of n events is cut into ceil(n /
    MAX_SEQUENCE) parts of equal size (the first may have one more): any successive windows of a run, given alone, are
    cut into the same windows again.
    """
    entities = [event.entity for event in events]
    return cut(entities, filled(entities, [event.time for event in events]), [key_of(event.raw) for event in events])


def cut(entities: Sequence[str], times: Sequence[float], keys: Sequence[int]) -> list[list[int]]:
    """Return the `windows` of events that are given as their entities, times and keys, each at its place."""
    runs: dict[str, list[int]] = defaultdict(list)
    out: list[list[int]] = []
    for place, entity in enumerate(entities):
        if entity:
            runs[entity].append(place)
        else:
            out.append([place])
    for places in runs.values():
        for run in _runs(sorted([(times[place], keys[place], place) for place in places])):
            out += _parts(run)
    return out


def key_of(text: str) -> int:
    """Return the checksum by which events of one moment are ordered."""
    return crc32(text.encode("utf-8", "surrogatepass"))


def filled(entities: Sequence[str], times: Sequence[Optional[float]]) -> Sequence[float]:
    """Return the times of events; one without time is read with the last of its entity that has one, or the first."""
    if None not in times:
        return times  # type: ignore[return-value]  # None was looked for
    backwards = zip(reversed(entities), reversed(times))
    told = {entity: time for entity, time in backwards if time is not None}  # in the end the first of each entity
    out = []
    for entity, time in zip(entities, times):
        if time is not None:
            told[entity] = time
        out.append(told.get(entity, 0.0))
    return out


def _runs(ordered: Sequence[tuple[float, int, int]]) -> list[list[int]]:
    """Cut places where the entity was silent."""
    out: list[list[int]] = []
    before = float("-inf")
    for time, _, place in ordered:
        if time - before > GAP:
            out.append([])
        out[-1].append(place)
        before = time
    return out


def _parts(run: list[int]) -> list[list[int]]:
    count = -(-len(run) // MAX_SEQUENCE)
    size, more = divmod(len(run), count)
    out, start = [], 0
    for part in range(count):
        end = start + size + (part < more)
        out.append(run[start:end])
        start = end
    return out
