"""Scaling: the same on one core, and with two sidecars."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from loglm_bridge.bench import command, processes, throughput
from loglm_bridge.bench.environment import PASS_THROUGH, Setting, Sidecar, label
from loglm_bridge.bench.reporting.comparison import Figure, Run, compared, interleaved
from loglm_bridge.bench.workload import splunkd_driver
from loglm_bridge.bench.workload.streams import Stream

#: So many rounds lie between the events that are asked about directly and those of searches.
_APART = 1_000


def measure(setting: Setting) -> Iterator[Figure]:
    """Yield the rates of everything on one core, then those of two sidecars beside those of one."""
    with processes.one_core() as kept:
        if kept:
            yield from command.measure(setting, part="one core")
            yield from throughput.measure(setting, part="one core")
    for stream in setting.streams.values():
        with setting.sidecar() as first, setting.sidecar() as second:
            for sidecar in (first, second):
                label([sidecar], stream, 0, setting.size(stream))
            yield from _two(setting, stream, first, second)


def _two(setting: Setting, stream: Stream, first: Sidecar, second: Sidecar) -> Iterator[Figure]:
    """Yield the rates of two sidecars asked directly and by a search; a search's stands beside a pass-through's too."""
    asked = {
        "one sidecar": partial(_rate, setting, stream, [first], 0),
        "two": partial(_rate, setting, stream, [first, second], setting.rounds),
    }
    searched = {
        "one sidecar": partial(_search, setting, stream, [first], 0),
        "two": partial(_search, setting, stream, [first, second], setting.rounds),
        "pass-through": partial(_search, setting, stream, [], 2 * setting.rounds),
    }
    for what, unit, runs in (("loglm serve, again", "events/s", asked), ("| loglm", "rows/s", searched)):
        found = interleaved(setting.rounds, runs)
        for beside in [name for name in runs if name != "two"]:
            yield compared("scaling", f"{what}, two sidecars", stream.name, unit, found["two"], beside, found[beside])


def _rate(setting: Setting, stream: Stream, sidecars: list[Sidecar], skip: int, number: int) -> Run:
    size, before = setting.size(stream), sum(sidecar.cpu() for sidecar in sidecars)
    seconds = label(sidecars, stream, (1 + skip + number) * size, size, turn=1)
    return size / seconds, 1e6 * (sum(sidecar.cpu() for sidecar in sidecars) - before) / size


def _search(setting: Setting, stream: Stream, sidecars: list[Sidecar], skip: int, number: int) -> Run:
    size, before = setting.size(stream), sum(sidecar.cpu() for sidecar in sidecars)
    command = setting.command(*sidecars) if sidecars else PASS_THROUGH
    args = [f"by={stream.by}"] if stream.by and sidecars else []
    events = stream.events((_APART + skip + number) * size, size)
    found = splunkd_driver.search(command, args, events, setting.env)
    return found.rate, 1e6 * (found.cpu + sum(sidecar.cpu() for sidecar in sidecars) - before) / size
