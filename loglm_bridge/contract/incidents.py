"""Flagged events of one entity to one alert: an incident, with its chain of techniques.

Events come in any order of time. An incident is a run of malicious events of one entity without a silence of more than
`gap` seconds between two of them; two runs that a late event connects become one. Suspicious events found no incident:
those within `gap` of one are its members in the end. They do not prolong it either, or a host with a few suspicious
events an hour would be one incident for ever.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from dataclasses import dataclass, field
from hashlib import sha256
from math import inf
from typing import Sequence

#: Event keys, entities' values and techniques that one incident names; all events are counted.
MOST_KEYS, MOST_VALUES, MOST_TECHNIQUES = 100, 20, 32

#: Incidents of one search, and suspicious events that wait for one. What is beyond them is counted.
MOST_INCIDENTS = MOST_WAITING = 100_000


@dataclass(frozen=True)
class FlaggedEvent:
    """A flagged event: when (epoch seconds), how likely, its techniques as (id, name, tactics), its key, who is in it.

    `values` are the entities that the row names, as (field, value).
    """

    time: float
    score: float
    verdict: str
    techniques: Sequence[tuple[str, str, str]]
    key: str
    values: Sequence[tuple[str, str]] = ()
    novelty: float = 0.0


@dataclass
class Incident:
    """Flagged events of one entity, close in time; `founded` is the time of the first that founds it.

    `first` and `last` are the times of all `events`, `alerts` is how many of them found it.
    """

    entity: tuple[str, ...]
    founded: float
    first: float
    last: float
    events: int = 0
    alerts: int = 0
    score: float = 0.0
    novelty: float = 0.0
    verdict: str = "suspicious"
    keys: list[str] = field(default_factory=list)
    techniques: dict[str, tuple[float, float, str, str]] = field(default_factory=dict)
    values: dict[tuple[str, str], None] = field(default_factory=dict)

    @property
    def id(self) -> str:
        """Sixteen hexadecimal digits, the same for the same entity and first founding event."""
        text = "\x1f".join((*self.entity, f"{self.founded:.6f}"))
        return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]

    @property
    def chain(self) -> list[tuple[str, str, str, float]]:
        """Techniques as (id, name, tactics, score), in the order in which they were first seen."""
        ordered = sorted(self.techniques.items(), key=lambda item: (item[1][0], item[0]))
        return [(id_, name, tactics, score) for id_, (_, score, name, tactics) in ordered]

    def add(self, event: FlaggedEvent) -> None:
        """Take an event in."""
        self.first, self.last = min(self.first, event.time), max(self.last, event.time)
        self.events += 1
        self.score, self.novelty = max(self.score, event.score), max(self.novelty, event.novelty)
        self.verdict = "malicious" if "malicious" in (event.verdict, self.verdict) else self.verdict
        if len(self.keys) < MOST_KEYS:
            self.keys.append(event.key)
        for id_, name, tactics in event.techniques[:1]:
            self._technique(id_, event.time, event.score, name, tactics)
        for value in event.values:
            if len(self.values) < MOST_VALUES:
                self.values[value] = None

    def join(self, other: Incident) -> None:
        """Take another incident of the entity in."""
        self.founded = min(self.founded, other.founded)
        self.alerts += other.alerts
        self.first, self.last = min(self.first, other.first), max(self.last, other.last)
        self.events += other.events
        self.score, self.novelty = max(self.score, other.score), max(self.novelty, other.novelty)
        self.verdict = "malicious" if "malicious" in (other.verdict, self.verdict) else self.verdict
        self.keys = (self.keys + other.keys)[:MOST_KEYS]
        for id_, (time, score, name, tactics) in other.techniques.items():
            self._technique(id_, time, score, name, tactics)
        self.values = dict.fromkeys([*self.values, *other.values][:MOST_VALUES])

    def _technique(self, id_: str, time: float, score: float, name: str, tactics: str) -> None:
        known = self.techniques.get(id_)
        if known is not None:
            time, score = min(known[0], time), max(known[1], score)
        if known is not None or len(self.techniques) < MOST_TECHNIQUES:
            self.techniques[id_] = (time, score, name, tactics)


class Incidents:
    """Groups flagged events as they come; `beyond` counts those that found no room.

    `founds` is the least verdict that founds an incident: "malicious", or "suspicious" where any flagged event does.
    """

    def __init__(self, gap: float, founds: str = "malicious") -> None:
        self.beyond = 0
        self._gap, self._founds = gap, founds
        self._count = self._waiting_count = 0
        self._runs: dict[tuple[str, ...], list[Incident]] = defaultdict(list)
        self._waiting: dict[tuple[str, ...], list[FlaggedEvent]] = defaultdict(list)

    def add(self, entity: tuple[str, ...], event: FlaggedEvent) -> None:
        """Put an event with the incident it belongs to, and join those that it connects; or let it wait for one."""
        if event.verdict in ("malicious", self._founds):
            self._found(entity, event)
        elif self._waiting_count < MOST_WAITING:
            self._waiting[entity].append(event)
            self._waiting_count += 1
        else:
            self.beyond += 1

    def _found(self, entity: tuple[str, ...], event: FlaggedEvent) -> None:
        runs = self._runs[entity]
        place = bisect_left([run.last for run in runs], event.time - self._gap)
        near = [run for run in runs[place : place + 2] if run.first - self._gap <= event.time]
        if not near:
            if self._count >= MOST_INCIDENTS:
                self.beyond += 1
                return
            near = [Incident(entity, event.time, event.time, event.time)]
            runs.insert(place, near[0])
            self._count += 1
        near[0].add(event)
        near[0].alerts += 1
        near[0].founded = min(near[0].founded, event.time)
        for other in near[1:]:
            near[0].join(other)
            runs.remove(other)
            self._count -= 1

    def result(self) -> list[Incident]:
        """Return the incidents with their members, the likeliest first, of equal ones the latest."""
        for entity, waiting in self._waiting.items():
            _members(self._runs.get(entity, []), waiting, self._gap)
        self._waiting.clear()
        found = [run for runs in self._runs.values() for run in runs]
        return sorted(found, key=lambda incident: (-incident.score, -incident.last, incident.entity))


def _members(runs: Sequence[Incident], waiting: Sequence[FlaggedEvent], gap: float) -> None:
    """Add each waiting event to the nearest run, if that is within `gap` of its founding events."""
    firsts, lasts = [run.first for run in runs], [run.last for run in runs]
    for event in waiting:
        place = bisect_left(lasts, event.time)
        near = [
            (max(firsts[i] - event.time, event.time - lasts[i], 0.0), i)
            for i in (place - 1, place)
            if 0 <= i < len(runs)
        ]
        distance, nearest = min(near, default=(inf, 0))
        if distance <= gap:
            runs[nearest].add(event)
