"""Latency of a request of 100 events while the sidecar is half loaded.

The capacity is measured first, with such requests as fast as answers come. Then requests arrive at random (Poisson)
at half that rate, whatever the sidecar does, each on a connection of its own. Every one of them is measured, so that
waiting behind others shows. Beside them: the same requests one after the other.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from typing import NamedTuple

from loglm_bridge.bench.comparison import Figure, Measurement, compare
from loglm_bridge.bench.environment import Environment, Sidecar, label_events
from loglm_bridge.bench.workload import load_client
from loglm_bridge.bench.workload.streams import Stream

#: Events of one request.
REQUEST = 100

#: Limit of the requests of a round under load.
_MAX_UNDER_LOAD = 400

#: One request is sent alone, and one GET /health/live under load, for each _EVERY requests under load.
_EVERY = 4

_PERCENTILES = {"p50": 0.5, "p99": 0.99}


def measure(environment: Environment) -> Iterator[Figure]:
    """Yield median and 99th percentile in milliseconds for the first stream, which the sidecar has labelled before."""
    stream = environment.first_stream
    requests = _EVERY * max(2, min(_MAX_UNDER_LOAD // _EVERY, environment.events // REQUEST))
    with environment.sidecar() as sidecar:
        label_events([sidecar], stream, 0, environment.size(stream))
        rounds = [_round(sidecar, stream, number, requests) for number in range(environment.rounds)]
    offered = [one.capacity / 2 for one in rounds]
    for name, share in _PERCENTILES.items():
        loaded = [_percentile(one.loaded, share) for one in rounds]
        alone = [_percentile(one.alone, share) for one in rounds]
        health = [_percentile(one.health, share) for one in rounds]
        note = f"{min(offered):,.0f} to {max(offered):,.0f} events/s arrive"
        what = f"{name} of {REQUEST} events at half load"
        yield compare("latency", what, stream.name, "ms", loaded, "one after the other", alone, note)
        yield compare("latency", what, stream.name, "ms", loaded, "GET /health/live in that load", health, note)


class _Round(NamedTuple):
    """Capacity in events a second; seconds of requests under load, one after the other, and of GET under load."""

    capacity: float
    loaded: list[float]
    alone: list[float]
    health: list[float]


def _round(sidecar: Sidecar, stream: Stream, number: int, requests: int) -> _Round:
    """Measure a round of `requests` requests under load, a multiple of _EVERY."""
    probes = requests // _EVERY
    count, client = (requests + probes) * REQUEST, sidecar.client
    bodies = load_client.requests(list(stream.events((number + 1) * count, count, 1)), REQUEST)
    capacity = count / label_events([sidecar], stream, (number + 1) * count, count, 2, batch=REQUEST)
    alone = load_client.run_sequentially(client, [partial(client.label, body) for body in bodies[requests:]])
    calls = [partial(client.label, body) for body in bodies[:requests]]
    for i in range(probes):
        calls.insert(i * (_EVERY + 1), partial(client.get, "/health/live"))
    rate = capacity / 2 / REQUEST * len(calls) / requests
    seconds = load_client.run_open_loop(client, calls, rate, seed=number)
    loaded = [one for i, one in enumerate(seconds) if i % (_EVERY + 1)]
    return _Round(capacity, loaded, alone, health=seconds[:: _EVERY + 1])


def _percentile(seconds: Sequence[float], share: float) -> Measurement:
    return Measurement(1_000 * sorted(seconds)[round(share * (len(seconds) - 1))])
