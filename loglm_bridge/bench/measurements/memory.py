"""Memory: of the command over one chunk of 50,000 rows, and of the sidecar while events by the million pass."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from loglm_bridge.bench.comparison import Figure, Measurement, compare
from loglm_bridge.bench.environment import PASS_THROUGH, Environment, Sidecar, label_events
from loglm_bridge.bench.workload import load_client
from loglm_bridge.bench.workload.splunkd_driver import WHOLE
from loglm_bridge.bench.workload.streams import Stream, mixed, shares

#: Share of new events in the long run: caches turn over, as they do where machines are not all alike.
NEW = 0.05

#: Parts of the long run that are reported one by one.
_PARTS = 10

_MB = 1_000_000

_SAMPLE = re.compile(r"^(\w++(?:\{[^}\n]*+\})?+) ([-+.\w]++)$", re.MULTILINE)


def measure(environment: Environment) -> Iterator[Figure]:
    """Yield the peak of the command in MB beside that of a pass-through command; a small run reads a smaller chunk."""
    rows = min(WHOLE[0], 5 * environment.events)
    stream = environment.first_stream
    with environment.sidecar() as sidecar:
        label_events([sidecar], stream, 0, environment.size(stream))
        baseline = [_peak(environment, PASS_THROUGH, stream, rows)]
        ours = [_peak(environment, environment.command(sidecar), stream, rows)]
    what = f"| loglm: peak over one chunk of {rows:,} rows"
    yield compare("memory", what, stream.name, "MB", ours, "pass-through", baseline)


def _peak(environment: Environment, command: Sequence[str], stream: Stream, rows: int) -> Measurement:
    cost = environment.search(command, stream.events(0, rows, turn=1), chunk_sizes=WHOLE)
    return Measurement((cost.peak or 0) / _MB)


def soak(environment: Environment, count: int) -> tuple[list[Figure], dict[str, Any], tuple[float, float]]:
    """Let `count` events pass through one sidecar; return the figures, each tenth of the run, the stream's shares."""
    stream = mixed("soak", environment.first_stream, NEW)
    size = max(1, count // _PARTS)
    with environment.sidecar() as sidecar:
        before = sidecar.memory() / _MB
        parts = [_part(sidecar, stream, number, size) for number in range(_PARTS)]
    rates, memory = ([part[key] for part in parts] for key in ("events_per_second", "memory_mb"))
    what = f"{size * _PARTS:,} events, one in {round(1 / NEW)} new"
    figures = [
        _growth(f"{what}: last tenth", "events/s", rates[-1], "first tenth", rates[0], _by_tenth(rates)),
        _growth(f"{what}: last tenth", "events/s", rates[-1], "second tenth", rates[1]),
        _growth("memory at the end", "MB", memory[-1], "half way", memory[_PARTS // 2 - 1], _by_tenth(memory)),
        _growth("memory at the end", "MB", memory[-1], "when ready", before),
        *_caches(parts),
    ]
    details = {"events": size * _PARTS, "new": NEW, "memory_mb_ready": before, "parts": parts}
    return figures, details, shares(stream.events(0, size * _PARTS))


def _growth(what: str, unit: str, value: float, beside: str, baseline: float, note: str = "") -> Figure:
    return Figure("soak", what, "soak", unit, value, beside, baseline, value / baseline, note=note)


def _by_tenth(values: Sequence[float]) -> str:
    return f"by tenth: {' '.join(f'{value:,.0f}' for value in values)}"


def _caches(parts: Sequence[Mapping[str, Any]]) -> Iterator[Figure]:
    """Yield the hit rate of each cache in the last tenth beside that in the second, where /metrics has them."""
    early, late = (hit_rates(parts[i - 1]["caches"], parts[i]["caches"]) for i in (1, _PARTS - 1))
    for name in late:
        yield Figure("soak", f"hit rate of {name}", "soak", "", late[name], "second tenth", early.get(name))


def _part(sidecar: Sidecar, stream: Stream, number: int, size: int) -> dict[str, Any]:
    seconds = label_events([sidecar], stream, number * size, size)
    caches = cache_samples(load_client.fetch(sidecar.client, "/metrics").decode())
    return {
        "events": (number + 1) * size,
        "events_per_second": size / seconds,
        "memory_mb": sidecar.memory() / _MB,
        "caches": caches,
    }


def cache_samples(metrics: str) -> dict[str, float]:
    """Return the samples of /metrics (Prometheus text format) whose name holds "cache"."""
    return {name: float(value) for name, value in _SAMPLE.findall(metrics) if "cache" in name}


def hit_rates(before: Mapping[str, float], after: Mapping[str, float]) -> dict[str, float]:
    """Return the hit rate of each cache between two readings of its counters of hits and misses."""
    rates = {}
    for name in after:
        misses_name = name.replace("hits", "misses") if "hits" in name else name.replace("hit", "miss")
        if misses_name != name and misses_name in after:
            hits, misses = (after[n] - before.get(n, 0.0) for n in (name, misses_name))
            if hits + misses:
                rates[name] = hits / (hits + misses)
    return rates
