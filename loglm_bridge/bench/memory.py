"""Memory: of the command over one chunk of 50,000 rows, and of the sidecar while events by the million pass."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from loglm_bridge.bench.environment import PASS_THROUGH, Setting, Sidecar, label
from loglm_bridge.bench.reporting.comparison import Figure, Run, compared
from loglm_bridge.bench.workload import load_client, splunkd_driver
from loglm_bridge.bench.workload.splunkd_driver import WHOLE
from loglm_bridge.bench.workload.streams import Stream, mixed, shares

#: Share of events of the long run that never come again: caches turn over, as they do where machines are not all alike.
NEW = 0.05

#: Parts of the long run that are told one by one.
_PARTS = 10

_MB = 1_000_000

_SAMPLE = re.compile(r"^(\w*cache\w*(?:\{[^}]*\})?) ([-+.\w]+)$", re.MULTILINE)


def measure(setting: Setting) -> Iterator[Figure]:
    """Yield the peak of the command in MB beside that of a pass-through command; a small run reads a smaller chunk."""
    rows = min(WHOLE[0], 5 * setting.events)
    stream = next(iter(setting.streams.values()))
    with setting.sidecar() as sidecar:
        label([sidecar], stream, 0, setting.size(stream))
        commands = {"pass-through": PASS_THROUGH, "ours": setting.command(sidecar)}

        found = {name: [_peak(setting, command, stream, rows)] for name, command in commands.items()}
    what = f"| loglm: peak over one chunk of {rows:,} rows"
    yield compared("memory", what, stream.name, "MB", found["ours"], "pass-through", found["pass-through"])


def _peak(setting: Setting, command: Sequence[str], stream: Stream, rows: int) -> Run:
    found = splunkd_driver.search(command, [], stream.events(0, rows, turn=1), setting.env, WHOLE)
    return (found.peak or 0) / _MB, 0.0


def soak(setting: Setting, count: int) -> tuple[list[Figure], dict[str, Any], tuple[float, float]]:
    """Let `count` events pass through one sidecar; returns the figures, each tenth of the run, the stream's shares."""
    stream = mixed("soak", next(iter(setting.streams.values())), NEW)
    size = max(1, count // _PARTS)
    with setting.sidecar() as sidecar:
        before = sidecar.memory() / _MB
        parts = [_part(sidecar, stream, number, size) for number in range(_PARTS)]
    rates, memory = ([part[key] for part in parts] for key in ("events_per_second", "memory_mb"))
    what = f"{size * _PARTS:,} events, one in {round(1 / NEW)} new"
    figures = [
        _grown(f"{what}: last tenth", "events/s", rates[-1], "first tenth", rates[0], _by_tenth(rates)),
        _grown(f"{what}: last tenth", "events/s", rates[-1], "second tenth", rates[1]),
        _grown("memory at the end", "MB", memory[-1], "half way", memory[_PARTS // 2 - 1], _by_tenth(memory)),
        _grown("memory at the end", "MB", memory[-1], "when ready", before),
        *_caches(parts),
    ]
    details = {"events": size * _PARTS, "new": NEW, "memory_mb_ready": before, "parts": parts}
    return figures, details, shares(stream.events(0, size * _PARTS))


def _grown(what: str, unit: str, value: float, beside: str, baseline: float, note: str = "") -> Figure:
    return Figure("soak", what, "soak", unit, value, beside, baseline, value / baseline, note=note)


def _by_tenth(values: Sequence[float]) -> str:
    return f"by tenth: {' '.join(f'{value:,.0f}' for value in values)}"


def _caches(parts: Sequence[Mapping[str, Any]]) -> Iterator[Figure]:
    """Yield the hit rate of each cache in the last tenth beside that in the second, where /metrics tells them."""
    early, late = (hit_rates(parts[i - 1]["caches"], parts[i]["caches"]) for i in (1, _PARTS - 1))
    for name in late:
        beside = early.get(name)
        yield Figure("soak", f"hit rate of {name}", "soak", "", late[name], "second tenth", beside)


def _part(sidecar: Sidecar, stream: Stream, number: int, size: int) -> dict[str, Any]:
    seconds = label([sidecar], stream, number * size, size)
    caches = cache_figures(load_client.fetch(sidecar.asker, "/metrics").decode())
    return {
        "events": (number + 1) * size,
        "events_per_second": size / seconds,
        "memory_mb": sidecar.memory() / _MB,
        "caches": caches,
    }


def cache_figures(text: str) -> dict[str, float]:
    """Return what /metrics says of caches: every sample whose name holds "cache"."""
    return {name: float(value) for name, value in _SAMPLE.findall(text)}


def hit_rates(before: Mapping[str, float], after: Mapping[str, float]) -> dict[str, float]:
    """Return the hit rate of each cache between two looks at its counters of hits and misses."""
    out = {}
    for name in after:
        missed = name.replace("hits", "misses") if "hits" in name else name.replace("hit", "miss")
        if missed != name and missed in after:
            hits, misses = (after[n] - before.get(n, 0.0) for n in (name, missed))
            if hits + misses:
                out[name] = hits / (hits + misses)
    return out
