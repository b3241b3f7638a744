"""Latency of a request of 100 events while the sidecar is half loaded.

The capacity is measured first, with such requests as fast as answers come. Then requests arrive at random (Poisson)
at half that rate, whatever the sidecar does, each on a connection of its own; every one of them is measured, so that
waiting behind others shows. Beside them: the same requests one after the other.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from typing import NamedTuple

from loglm_bridge.bench import asking
from loglm_bridge.bench.figures import Figure, Run, compared
from loglm_bridge.bench.setting import Setting, Sidecar, label
from loglm_bridge.bench.streams import Stream

#: Events of one request.
REQUEST = 100

#: Requests of a round under load, and one after the other; as many GET /health/live as those arrive in the load.
UNDER_LOAD, ALONE = 400, 100

_SHARES = {"p50": 0.5, "p99": 0.99}


def measure(setting: Setting) -> Iterator[Figure]:
    """Yield median and 99th percentile in milliseconds for the first stream, which the sidecar has seen before."""
    stream = next(iter(setting.streams.values()))
    with setting.sidecar() as sidecar:
        label([sidecar], stream, 0, setting.size(stream))
        rounds = [_round(sidecar, stream, number) for number in range(setting.rounds)]
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


def _round(sidecar: Sidecar, stream: Stream, number: int) -> _Round:
    count = (UNDER_LOAD + ALONE) * REQUEST
    bodies = asking.requests(list(stream.events((number + 1) * count, count, 1)), REQUEST)
    loaded, quiet = bodies[:UNDER_LOAD], bodies[UNDER_LOAD:]
    capacity = count / label([sidecar], stream, (number + 1) * count, count, 2, batch=REQUEST)
    asker = sidecar.asker
    alone = asking.alone(asker, [partial(asker.label, body) for body in quiet])
    calls, every = [partial(asker.label, body) for body in loaded], UNDER_LOAD // ALONE
    for i in range(ALONE):
        calls.insert(i * (every + 1), partial(asker.get, "/health/live"))
    rate = capacity / 2 / REQUEST * len(calls) / len(loaded)
    found = asking.arriving(asker, calls, rate, seed=number)
    return _Round(capacity, [found[i] for i in range(len(found)) if i % (every + 1)], alone, found[:: every + 1])


def _percentile(seconds: Sequence[float], share: float) -> Run:
    return 1_000 * sorted(seconds)[round(share * (len(seconds) - 1))], 0.0
