"""The sidecar by itself: events a second, seen for the first time and again with other times, ids and ports."""

from __future__ import annotations

from collections.abc import Iterator

from loglm_bridge.bench.environment import BATCH, PASS_THROUGH, Setting, Sidecar, label
from loglm_bridge.bench.reporting.comparison import Figure, Run, compared
from loglm_bridge.bench.workload import splunkd_driver
from loglm_bridge.bench.workload.streams import Stream


def measure(setting: Setting, part: str = "sidecar") -> Iterator[Figure]:
    """Yield the rates of all streams, each round in a sidecar that has seen nothing, beside a pass-through command."""
    for stream in setting.streams.values():
        first, again, base = [], [], []
        for number in range(setting.rounds):
            with setting.sidecar() as sidecar:
                first.append(_rate(setting, sidecar, stream, number, turn=0))
                again.append(_rate(setting, sidecar, stream, number, turn=1))
            base.append(_pass_through(setting, stream, number))
        what = f"{BATCH} events a request{', windows whole' if stream.by else ''}"
        for name, runs in (("first time", first), ("again", again)):
            yield compared(part, f"loglm serve, {name}, {what}", stream.name, "events/s", runs, "pass-through", base)


def _rate(setting: Setting, sidecar: Sidecar, stream: Stream, number: int, turn: int) -> Run:
    size, before = setting.size(stream), sidecar.cpu()
    seconds = label([sidecar], stream, number * size, size, turn)
    return size / seconds, 1e6 * (sidecar.cpu() - before) / size


def _pass_through(setting: Setting, stream: Stream, number: int) -> Run:
    size = setting.size(stream)
    found = splunkd_driver.search(PASS_THROUGH, [], stream.events(number * size, size), setting.env)
    return found.rate, 1e6 * found.cpu / found.rows
