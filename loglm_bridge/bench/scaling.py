"""Scaling: the same on one core, and with two sidecars."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from loglm_bridge.bench import command, driver, processes, serving
from loglm_bridge.bench.figures import Figure, Run, compared, interleaved
from loglm_bridge.bench.setting import Setting, Sidecar, label
from loglm_bridge.bench.streams import Stream

#: So many rounds lie between the events that are asked about directly and those of searches.
_APART = 1_000


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
            for what, run in (("loglm serve, again", _rate), ("| loglm", _search)):
                runs = {
                    "one": partial(run, setting, stream, [first], 0),
                    "two": partial(run, setting, stream, [first, second], setting.rounds),
                }
                found = interleaved(setting.rounds, runs)
                what = f"{what}, two sidecars"
                yield compared("scaling", what, stream.name, "events/s", found["two"], "one sidecar", found["one"])


def _rate(setting: Setting, stream: Stream, sidecars: list[Sidecar], skip: int, number: int) -> Run:
    size, before = setting.size(stream), sum(sidecar.cpu() for sidecar in sidecars)
    seconds = label(sidecars, stream, (1 + skip + number) * size, size, turn=1)
    return size / seconds, 1e6 * (sum(sidecar.cpu() for sidecar in sidecars) - before) / size


def _search(setting: Setting, stream: Stream, sidecars: list[Sidecar], skip: int, number: int) -> Run:
    size, before = setting.size(stream), sum(sidecar.cpu() for sidecar in sidecars)
    args, events = [f"by={stream.by}"] if stream.by else [], stream.events((_APART + skip + number) * size, size)
    found = driver.search(setting.command(*sidecars), args, events, setting.env)
    return found.rate, 1e6 * (found.cpu + sum(sidecar.cpu() for sidecar in sidecars) - before) / size
