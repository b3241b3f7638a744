"""Scaling: the same on one core, and with two sidecars."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from loglm_bridge.bench import command, processes, serving
from loglm_bridge.bench.figures import Figure, Run, compared, interleaved
from loglm_bridge.bench.setting import Setting, Sidecar, label
from loglm_bridge.bench.streams import Stream


def measure(setting: Setting) -> Iterator[Figure]:
    """Yield the rates of everything on one core, then those of two sidecars beside those of one."""
    with processes.one_core() as kept:
        if kept:
            yield from command.measure(setting, part="one core")
            yield from serving.measure(setting, part="one core")
    for stream in setting.streams.values():
        with setting.sidecar() as first, setting.sidecar() as second:
            for sidecar in (first, second):
                label([sidecar], stream, 0, setting.size(stream))
            runs = {
                "one": partial(_rate, setting, stream, [first], 0),
                "two": partial(_rate, setting, stream, [first, second], setting.rounds),
            }
            found = interleaved(setting.rounds, runs)
        yield compared("scaling", "two sidecars, again", stream.name, "events/s", found["two"], "one", found["one"])


def _rate(setting: Setting, stream: Stream, sidecars: list[Sidecar], skip: int, number: int) -> Run:
    size, before = setting.size(stream), sum(sidecar.cpu() for sidecar in sidecars)
    seconds = label(sidecars, stream, (1 + skip + number) * size, size, turn=1)
    return size / seconds, 1e6 * (sum(sidecar.cpu() for sidecar in sidecars) - before) / size
