"""Streams of events for measurements, and how much they repeat. Events are generated on demand.

Real logs repeat: the same few hundred kinds of event, each time with other times, ids and ports. `repeating` passes
over given events again and again and replaces those values; `distinct` is the worst case, in which no canonical event
comes twice; `flows` are connections between many pairs of addresses.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from heapq import merge
from itertools import islice

from loglm_bridge.bench.workload.distinct_events import distinct_event
from loglm_bridge.bench.workload.value_rotation import Template
from loglm_bridge.contract.event import Event
from loglm_bridge.event_files import read_items
from loglm_bridge.telemetry import parse_and_canonicalise

#: Epoch seconds of a stream's first event, and seconds between two events.
START, STEP = 1_700_000_000.0, 0.01

#: The field of a row that holds its entity.
ENTITY = "entity"

#: Limit of the events of one pass over files, since all of them are in memory.
PASS = 50_000

#: Consecutive events that stay together where only a part of a file is taken.
_MAX_RUN = 200

#: The least number of such runs.
_MIN_RUNS = 8

#: Events from which the shares of distinct events are computed.
_SHARE_EVENTS = 50_000

#: Passes of one turn: the values of two turns differ.
_PASSES = 1_000_003

#: Services of flows: port, bytes of the request, factor from these to the bytes of the response, packets without
#: payload, seconds. Typical values of such connections.
_SERVICES = (
    (53, 60, 3.0, 1, 0.02), (80, 500, 20.0, 4, 0.4), (443, 1_500, 8.0, 4, 3.0), (22, 3_500, 1.5, 4, 20.0),
    (445, 2_500, 1.5, 4, 1.5), (3389, 20_000, 5.0, 4, 120.0), (8080, 500, 20.0, 4, 0.4), (123, 48, 1.0, 1, 0.03),
)  # fmt: skip


@dataclass(frozen=True)
class Stream:
    """An endless stream: `at(index, turn)` is one event. Another turn gives the same event with other values."""

    name: str
    at: Callable[[int, int], Event]
    #: The field whose values are the entities; empty if each event stands alone.
    by: str = ""

    def events(self, start: int, count: int, turn: int = 0) -> Iterator[Event]:
        """Yield `count` events from the index `start` on."""
        return (self.at(index, turn) for index in range(start, start + count))


def repeating(name: str, base: Sequence[Event], by: str = "") -> Stream:
    """Return the stream that passes over the events again and again, in their order."""
    templates = [Template(event.raw) for event in base]

    def at(index: int, turn: int) -> Event:
        number, i = divmod(index, len(base))
        return base[i]._replace(raw=templates[i].text(turn * _PASSES + number), time=START + index * STEP)

    return Stream(name, at, by)


def distinct(name: str = "distinct") -> Stream:
    """Return the stream in which no canonical event comes twice."""

    def at(index: int, turn: int) -> Event:
        event = distinct_event(index)
        return event._replace(raw=Template(event.raw).text(turn * _PASSES + index), time=START + index * STEP)

    return Stream(name, at)


def mixed(name: str, known: Stream, share: float, first: int = 0) -> Stream:
    """Return a stream of which `share` are events that never come again, spread evenly, and the rest are `known`.

    The new ones are those of `distinct` from the index `first` on.
    """
    new = distinct()

    def at(index: int, turn: int) -> Event:
        before, after = int(index * share), int((index + 1) * share)
        event = new.at(first + before, turn) if after > before else known.at(index - before, turn)
        return event._replace(time=START + index * STEP)

    return Stream(name, at)


def flows(name: str = "flows", pairs: int = 2_000) -> Stream:
    """Return NetFlow records between `pairs` pairs of addresses, each with one service; `entity` is the pair."""

    def at(index: int, turn: int) -> Event:
        rng, turn_rng = random.Random(index), random.Random(f"{turn} {index}")
        pair = rng.randrange(pairs)
        source, destination = f"10.{pair // 62_500 % 250}.{pair // 250 % 250}.{pair % 250}", f"203.0.113.{pair % 251}"
        port, request, factor, packets, seconds = _SERVICES[pair % len(_SERVICES)]
        sent = int(request * rng.lognormvariate(0, 0.4))
        received = int(sent * factor * rng.lognormvariate(0, 0.3))
        fields = {
            "src_ip": source, "src_port": turn_rng.randrange(49152, 65536), "dest_ip": destination, "dest_port": port,
            "flow_dur": round(seconds * rng.lognormvariate(0, 0.5), 3), "fwd_bytes": sent, "bwd_bytes": received,
            "total_fwd_pkts": packets + sent // 600, "total_bwd_pkts": packets + received // 1_200,
        }  # fmt: skip
        entity = f"{source} {destination}"
        return Event(json.dumps(fields), "netflow:json", "bench", "sensor", START + index * 5 * STEP, entity)

    return Stream(name, at, ENTITY)


def events_of(files: Sequence[str], limit: int = PASS, by: Sequence[str] = ()) -> list[Event]:
    """Return up to about `limit` events of files, those of each file in order, the files interleaved.

    Where files hold more, runs of consecutive events are taken, evenly spread over each file. The values of the fields
    `by` are the entity of an event.
    """
    counts = [sum(1 for _ in _readable(file)) for file in files]
    every = max(1, -(-sum(counts) // max(1, limit)))
    parts = [_part(i, file, count, every, by) for i, (file, count) in enumerate(zip(files, counts, strict=True))]
    return [event for _, _, event in merge(*parts, key=lambda positioned: positioned[:2])]


def _part(number: int, file: str, count: int, every: int, by: Sequence[str]) -> Iterator[tuple[float, int, Event]]:
    """Yield one run of consecutive events in `every`: the position in the file (0..1), `number`, the event."""
    run = max(1, min(_MAX_RUN, count // every // _MIN_RUNS))
    for i, event in enumerate(_readable(file, by)):
        if i // run % every == 0:
            yield i / count, number, event


def _readable(file: str, by: Sequence[str] = ()) -> Iterator[Event]:
    return (item.event for item in read_items([file], by) if item.event is not None and item.event.raw.strip())


def shares(events: Iterator[Event]) -> tuple[float, float]:
    """Return the shares of distinct raw texts and of distinct canonical events, of the first _SHARE_EVENTS events."""
    raw: set[bytes] = set()
    canonical: set[bytes] = set()
    count = 0
    for event in islice(events, _SHARE_EVENTS):
        raw.add(blake2b(event.raw.encode("utf-8", "surrogatepass"), digest_size=16).digest())
        canonical.add(parse_and_canonicalise(event)[1].key)
        count += 1
    return len(raw) / count, len(canonical) / count
