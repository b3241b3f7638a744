"""Latency of a request of 100 events while the sidecar is half loaded.

The capacity is measured first, with such requests as fast as answers come. Then requests arrive at random (Poisson)
at half that rate, whatever the sidecar does, each on a connection of its own; every one of them is measured, so that
waiting behind others shows. Beside them: the same requests one after the other.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from typing import NamedTuple

from loglm_bridge.bench.environment import Setting, Sidecar, label
from loglm_bridge.bench.reporting.comparison import Figure, Run, compared
from loglm_bridge.bench.workload import load_client
from loglm_bridge.bench.workload.streams import Stream

#: Events of one request.
REQUEST = 100

#: Most requests of a round under load. One in _EVERY as many are sent one after the other, and GET /health/live.
_UNDER_LOAD, _EVERY = 400, 4

_SHARES = {"p50": 0.5, "p99": 0.99}


def measure(setting: Setting) -> Iterator[Figure]:
    """Yield median and 99th percentile in milliseconds for the first stream, which the sidecar has seen before."""
    stream = next(iter(setting.streams.values()))
    requests = _EVERY * max(2, min(_UNDER_LOAD // _EVERY, setting.events // REQUEST))
    with setting.sidecar() as sidecar:
        label([sidecar], stream, 0, setting.size(stream))
        rounds = [_round(sidecar, stream, number, requests) for number in range(setting.rounds)]
    offered = [one.capacity / 2 for one in rounds]
    for name, share in _SHARES.items():
        busy = [_percentile(one.loaded, share) for one in rounds]
        alone = [_percentile(one.alone, share) for one in rounds]
        health = [_percentile(one.health, share) for one in rounds]
        note = f"{min(offered):,.0f} to {max(offered):,.0f} events/s arrive"
        what = f"{name} of {REQUEST} events at half load"
        yield compared("latency", what, stream.name, "ms", busy, "one after the other", alone, note)
        yield compared("latency", what, stream.name, "ms", busy, "GET /health/live in that load", health, note)


class _Round(NamedTuple):
    """Capacity in events a second; seconds of requests under load, one after the other, and of GET under load."""

    capacity: float
    loaded: list[float]
    alone: list[float]
    health: list[float]


def _round(sidecar: Sidecar, stream: Stream, number: int, requests: int) -> _Round:
    """Measure a round of `requests` requests under load, a multiple of _EVERY."""
    more = requests // _EVERY
    count, asker = (requests + more) * REQUEST, sidecar.asker
    bodies = load_client.requests(list(stream.events((number + 1) * count, count, 1)), REQUEST)
    capacity = count / label([sidecar], stream, (number + 1) * count, count, 2, batch=REQUEST)
    alone = load_client.alone(asker, [partial(asker.label, body) for body in bodies[requests:]])
    calls = [partial(asker.label, body) for body in bodies[:requests]]
    for i in range(more):
        calls.insert(i * (_EVERY + 1), partial(asker.get, "/health/live"))
    found = load_client.arriving(asker, calls, capacity / 2 / REQUEST * len(calls) / requests, seed=number)
    health = found[:: _EVERY + 1]
    return _Round(capacity, [seconds for i, seconds in enumerate(found) if i % (_EVERY + 1)], alone, health)


def _percentile(seconds: Sequence[float], share: float) -> Run:
    return 1_000 * sorted(seconds)[round(share * (len(seconds) - 1))], 0.0
