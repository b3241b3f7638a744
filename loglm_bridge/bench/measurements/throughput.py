"""The sidecar by itself: events a second, seen for the first time and again with other times, ids and ports."""

from __future__ import annotations

from collections.abc import Iterator

from loglm_bridge.bench.comparison import Figure, compare
from loglm_bridge.bench.environment import BATCH, PASS_THROUGH, Environment, measured_rate


def measure(environment: Environment, part: str = "sidecar") -> Iterator[Figure]:
    """Yield the rates of all streams, each round in a sidecar with empty caches, beside a pass-through command."""
    for stream in environment.streams.values():
        size = environment.size(stream)
        first, again, baseline = [], [], []
        for number in range(environment.rounds):
            with environment.sidecar() as sidecar:
                first.append(measured_rate([sidecar], stream, number * size, size, turn=0))
                again.append(measured_rate([sidecar], stream, number * size, size, turn=1))
            events = stream.events(number * size, size)
            baseline.append(environment.search(PASS_THROUGH, events).measurement)
        what = f"{BATCH} events a request{', windows whole' if stream.by else ''}"
        for name, results in (("first time", first), ("again", again)):
            title = f"loglm serve, {name}, {what}"
            yield compare(part, title, stream.name, "events/s", results, "pass-through", baseline)
