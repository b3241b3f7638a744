"""Streams of events to measure with, and how much they repeat. Their events are made when asked for, none is held.

Real logs repeat: the same few hundred things happen again with other times, ids and ports. `repeating` passes over
given events again and again and draws those values anew; `distinct` is the worst case, in which no canonical event
comes twice; `flows` are connections of many pairs of addresses.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from heapq import merge
from itertools import islice

from loglm_bridge.bench.workload.distinct_events import happening
from loglm_bridge.bench.workload.value_rotation import Template
from loglm_bridge.contract.event import Event
from loglm_bridge.event_files import read_items
from loglm_bridge.telemetry import parse_and_canonicalise

#: Epoch seconds of a stream's first event, and seconds between two events.
START, STEP = 1_700_000_000.0, 0.01

#: The field of a row that holds its entity.
ENTITY = "entity"

#: Most events of one pass over files: they are held.
PASS = 50_000

#: Events of a file that stay together where only a part of it is taken, and how many such runs there are at least.
_RUN, _RUNS = 200, 8

#: Events that are looked at to tell how much a stream repeats.
_LOOKED_AT = 50_000

#: Passes that one turn may have; values of two turns differ.
_PASSES = 1_000_003

#: Services of flows: port, bytes that are asked with, how many times as many answer, packets beside those of the bytes,
#: seconds. About what such connections come to.
_SERVICES = (
    (53, 60, 3.0, 1, 0.02), (80, 500, 20.0, 4, 0.4), (443, 1_500, 8.0, 4, 3.0), (22, 3_500, 1.5, 4, 20.0),
    (445, 2_500, 1.5, 4, 1.5), (3389, 20_000, 5.0, 4, 120.0), (8080, 500, 20.0, 4, 0.4), (123, 48, 1.0, 1, 0.03),
)  # fmt: skip


@dataclass(frozen=True)
class Stream:
    """An endless stream: `at(place, turn)` is its event of a place; another turn has other values for the same."""

    name: str
    at: Callable[[int, int], Event]
    #: The field whose values are the entities, empty where each event stands alone.
    by: str = ""

    def events(self, start: int, count: int, turn: int = 0) -> Iterator[Event]:
        """Yield `count` events from the place `start` on."""
        return (self.at(place, turn) for place in range(start, start + count))


def repeating(name: str, base: Sequence[Event], by: str = "") -> Stream:
    """Return the stream that passes over the events again and again, in their order."""
    templates = [Template(event.raw) for event in base]

    def at(place: int, turn: int) -> Event:
        passed, i = divmod(place, len(base))
        return base[i]._replace(raw=templates[i].text(turn * _PASSES + passed), time=START + place * STEP)

    return Stream(name, at, by)


def distinct(name: str = "distinct") -> Stream:
    """Return the stream in which no canonical event comes twice."""

    def at(place: int, turn: int) -> Event:
        event = happening(place)
        return event._replace(raw=Template(event.raw).text(turn * _PASSES + place), time=START + place * STEP)

    return Stream(name, at)


def mixed(name: str, known: Stream, share: float, first: int = 0) -> Stream:
    """Return a stream of which `share` are events that never come again, spread evenly, and the rest are `known`.

    The new ones are those of `distinct` from the place `first` on.
    """
    new = distinct()

    def at(place: int, turn: int) -> Event:
        before, after = int(place * share), int((place + 1) * share)
        event = new.at(first + before, turn) if after > before else known.at(place - before, turn)
        return event._replace(time=START + place * STEP)

    return Stream(name, at)


def flows(name: str = "flows", pairs: int = 2_000) -> Stream:
    """Return NetFlow records of `pairs` pairs of addresses, each with one service; `entity` is the pair."""

    def at(place: int, turn: int) -> Event:
        rng, drawn = random.Random(place), random.Random(f"{turn} {place}")
        pair = rng.randrange(pairs)
        source, destination = f"10.{pair // 62_500 % 250}.{pair // 250 % 250}.{pair % 250}", f"203.0.113.{pair % 251}"
        port, asked, times, packets, seconds = _SERVICES[pair % len(_SERVICES)]
        sent = int(asked * rng.lognormvariate(0, 0.4))
        received = int(sent * times * rng.lognormvariate(0, 0.3))
        fields = {
            "src_ip": source, "src_port": drawn.randrange(49152, 65536), "dest_ip": destination, "dest_port": port,
            "flow_dur": round(seconds * rng.lognormvariate(0, 0.5), 3), "fwd_bytes": sent, "bwd_bytes": received,
            "total_fwd_pkts": packets + sent // 600, "total_bwd_pkts": packets + received // 1_200,
        }  # fmt: skip
        entity = f"{source} {destination}"
        return Event(json.dumps(fields), "netflow:json", "bench", "sensor", START + place * 5 * STEP, entity)

    return Stream(name, at, ENTITY)


def events_of(files: Sequence[str], most: int = PASS, by: Sequence[str] = ()) -> list[Event]:
    """Return up to about `most` events of files, each file's in its order, the files side by side.

    Where files hold more, runs of neighbours are taken that lie evenly over each file. The values of the fields `by`
    are an event's entity.
    """
    counts = [sum(1 for _ in _readable(file)) for file in files]
    every = max(1, -(-sum(counts) // max(1, most)))
    parts = [_part(i, file, count, every, by) for i, (file, count) in enumerate(zip(files, counts, strict=True))]
    return [event for _, _, event in merge(*parts, key=lambda placed: placed[:2])]


def _part(which: int, file: str, count: int, every: int, by: Sequence[str]) -> Iterator[tuple[float, int, Event]]:
    """Yield one run of neighbours in `every`, each event with how far into its file it stands."""
    run = max(1, min(_RUN, count // every // _RUNS))
    for i, event in enumerate(_readable(file, by)):
        if i // run % every == 0:
            yield i / count, which, event


def _readable(file: str, by: Sequence[str] = ()) -> Iterator[Event]:
    return (item.event for item in read_items([file], by) if item.event is not None and item.event.raw.strip())


def shares(events: Iterator[Event]) -> tuple[float, float]:
    """Return the shares of distinct raw texts and of distinct canonical events among the first ones."""
    raw: set[bytes] = set()
    forms: set[bytes] = set()
    count = 0
    for event in islice(events, _LOOKED_AT):
        raw.add(blake2b(event.raw.encode("utf-8", "surrogatepass"), digest_size=16).digest())
        forms.add(parse_and_canonicalise(event)[1].key)
        count += 1
    return len(raw) / count, len(forms) / count
