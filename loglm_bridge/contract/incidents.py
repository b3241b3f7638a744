"""Incidents: flagged events of one entity, close in time, as one alert with its chain of techniques.

Events may arrive in any order of time. An incident is a run of malicious events of one entity in which no two
successive ones are more than `gap` seconds apart; a late event that connects two runs joins them. Suspicious events
open no incident: at the end, those within `gap` of one become its members. They do not prolong it either, or a host
with a few suspicious events an hour would be a single endless incident.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter, defaultdict
from dataclasses import dataclass, field, replace
from hashlib import sha256
from math import inf
from typing import Sequence

#: Maximum event keys, entity values and techniques that one incident lists; all events are counted.
MAX_KEYS, MAX_VALUES, MAX_TECHNIQUES = 100, 20, 32

#: Maximum incidents of one search, and suspicious events that wait for one; the excess is counted.
MAX_INCIDENTS = MAX_WAITING = 100_000


@dataclass(frozen=True)
class FlaggedEvent:
    """A malicious or suspicious event: time (epoch seconds), score, techniques as (id, name, tactics), event key.

    `values` are the hosts and users that the row names, as (field, value).
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
    """Flagged events of one entity, close in time.

    `opened` is the time of the first event that opens it; `first` and `last` are the times of all `events`; `alerts`
    counts the events that open it: each of them would be an alert of its own. An event whose time is unknown is an
    incident of its own; `untimed` is then its number among those with the same key, and the times mean nothing.
    """

    entity: tuple[str, ...]
    opened: float
    first: float
    last: float
    untimed: int = 0
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
        """Sixteen hexadecimal digits, the same for the same entity and first opening event."""
        opened = f"{self.opened:.6f}" if not self.untimed else f"{self.keys[0]} {self.untimed}"
        text = "\x1f".join((*self.entity, opened))
        return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]

    @property
    def chain(self) -> list[tuple[str, str, str, float]]:
        """Techniques as (id, name, tactics, score), in the order in which they were first seen."""
        ordered = sorted(self.techniques.items(), key=lambda item: (item[1][0], item[0]))
        return [(id_, name, tactics, score) for id_, (_, score, name, tactics) in ordered]

    def add(self, event: FlaggedEvent) -> None:
        """Add an event."""
        self._count(event.time, event.time, event.score, event.novelty, event.verdict)
        self.events += 1
        if len(self.keys) < MAX_KEYS:
            self.keys.append(event.key)
        for id_, name, tactics in event.techniques[:1]:
            self._add_technique(id_, event.time, event.score, name, tactics)
        for value in event.values:
            if len(self.values) < MAX_VALUES:
                self.values[value] = None

    def join(self, other: Incident) -> None:
        """Add all of another incident of the entity."""
        self._count(other.first, other.last, other.score, other.novelty, other.verdict)
        self.opened = min(self.opened, other.opened)
        self.alerts += other.alerts
        self.events += other.events
        self.keys = (self.keys + other.keys)[:MAX_KEYS]
        for id_, (time, score, name, tactics) in other.techniques.items():
            self._add_technique(id_, time, score, name, tactics)
        self.values = dict.fromkeys([*self.values, *other.values][:MAX_VALUES])

    def _count(self, first: float, last: float, score: float, novelty: float, verdict: str) -> None:
        self.first, self.last = min(self.first, first), max(self.last, last)
        self.score, self.novelty = max(self.score, score), max(self.novelty, novelty)
        self.verdict = "malicious" if "malicious" in (verdict, self.verdict) else self.verdict

    def _add_technique(self, id_: str, time: float, score: float, name: str, tactics: str) -> None:
        known = self.techniques.get(id_)
        if known is not None:
            time, score = min(known[0], time), max(known[1], score)
        if known is not None or len(self.techniques) < MAX_TECHNIQUES:
            self.techniques[id_] = (time, score, name, tactics)


class Incidents:
    """Groups flagged events as they arrive; `dropped` counts those over the maximums, `untimed` those without a time.

    `min_verdict` is the least verdict that opens an incident: "malicious", or "suspicious" for any flagged event.
    """

    def __init__(self, gap: float, min_verdict: str = "malicious") -> None:
        self.dropped = self.untimed = 0
        self._gap, self._min_verdict = gap, min_verdict
        self._incident_count = self._waiting_count = 0
        #: Incidents of each entity in order of time.
        self._incidents: dict[tuple[str, ...], list[Incident]] = defaultdict(list)
        self._waiting: dict[tuple[str, ...], list[FlaggedEvent]] = defaultdict(list)
        self._alone: list[Incident] = []
        self._alone_counts: Counter[tuple[tuple[str, ...], str]] = Counter()

    def add(self, entity: tuple[str, ...], event: FlaggedEvent) -> None:
        """Add an event to the incident it belongs to and join incidents that it connects; or let it wait for one."""
        if event.verdict in ("malicious", self._min_verdict):
            self._add_opening(entity, event)
        elif self._waiting_count < MAX_WAITING:
            self._waiting[entity].append(event)
            self._waiting_count += 1
        else:
            self.dropped += 1

    def add_untimed(self, entity: tuple[str, ...], event: FlaggedEvent) -> None:
        """Add an event whose time is unknown: an incident of its own, if it may open one. Its `time` means nothing."""
        self.untimed += 1
        if event.verdict not in ("malicious", self._min_verdict):
            return
        if self._incident_count >= MAX_INCIDENTS:
            self.dropped += 1
            return
        self._incident_count += 1
        self._alone_counts[entity, event.key] += 1
        incident = Incident(entity, 0.0, 0.0, 0.0, self._alone_counts[entity, event.key], alerts=1)
        incident.add(replace(event, time=0.0))
        self._alone.append(incident)

    def _add_opening(self, entity: tuple[str, ...], event: FlaggedEvent) -> None:
        incidents = self._incidents[entity]
        index = bisect_left([incident.last for incident in incidents], event.time - self._gap)
        near = [incident for incident in incidents[index : index + 2] if incident.first - self._gap <= event.time]
        if not near:
            if self._incident_count >= MAX_INCIDENTS:
                self.dropped += 1
                return
            near = [Incident(entity, event.time, event.time, event.time)]
            incidents.insert(index, near[0])
            self._incident_count += 1
        near[0].add(event)
        near[0].alerts += 1
        near[0].opened = min(near[0].opened, event.time)
        for other in near[1:]:
            near[0].join(other)
            incidents.remove(other)
            self._incident_count -= 1

    def result(self) -> list[Incident]:
        """Return the incidents with their members, highest score first, the latest first among equals."""
        for entity, waiting in self._waiting.items():
            _add_members(self._incidents.get(entity, []), waiting, self._gap)
        self._waiting.clear()
        incidents = [*self._alone, *(incident for of_entity in self._incidents.values() for incident in of_entity)]
        return sorted(incidents, key=lambda incident: (-incident.score, -incident.last, incident.entity))


def _add_members(incidents: Sequence[Incident], waiting: Sequence[FlaggedEvent], gap: float) -> None:
    """Add each waiting event to the nearest incident, if that is within `gap` of its opening events."""
    firsts, lasts = [incident.first for incident in incidents], [incident.last for incident in incidents]
    for event in waiting:
        index = bisect_left(lasts, event.time)
        near = [
            (max(firsts[i] - event.time, event.time - lasts[i], 0.0), i)
            for i in (index - 1, index)
            if 0 <= i < len(incidents)
        ]
        distance, nearest = min(near, default=(inf, 0))
        if distance <= gap:
            incidents[nearest].add(event)
