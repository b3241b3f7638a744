"""Scaling: the rates on one core, and those of two sidecars."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial

from loglm_bridge.bench import processes
from loglm_bridge.bench.comparison import Figure, Measurement, compare, run_interleaved
from loglm_bridge.bench.environment import PASS_THROUGH, Environment, Sidecar, label_events, measured_rate
from loglm_bridge.bench.measurements import command, throughput
from loglm_bridge.bench.workload.streams import Stream

#: Rounds between the events of direct requests and those of searches.
_APART = 1_000


def measure(environment: Environment) -> Iterator[Figure]:
    """Yield the rates of everything on one core, then those of two sidecars beside those of one."""
    with processes.one_core() as restricted:
        if restricted:
            yield from command.measure(environment, part="one core")
            yield from throughput.measure(environment, part="one core")
    for stream in environment.streams.values():
        with environment.sidecar() as first, environment.sidecar() as second:
            for sidecar in (first, second):
                label_events([sidecar], stream, 0, environment.size(stream))
            yield from _two_sidecars(environment, stream, first, second)


def _two_sidecars(environment: Environment, stream: Stream, first: Sidecar, second: Sidecar) -> Iterator[Figure]:
    """Yield the rates of two sidecars for requests and for searches; searches also beside a pass-through command."""
    requests = {
        "one sidecar": partial(_requests, environment, stream, [first], 0),
        "two": partial(_requests, environment, stream, [first, second], environment.rounds),
    }
    searches = {
        "one sidecar": partial(_search, environment, stream, [first], 0),
        "two": partial(_search, environment, stream, [first, second], environment.rounds),
        "pass-through": partial(_search, environment, stream, [], 2 * environment.rounds),
    }
    for what, unit, measures in (("loglm serve, again", "events/s", requests), ("| loglm", "rows/s", searches)):
        results = run_interleaved(environment.rounds, measures)
        for beside in [name for name in measures if name != "two"]:
            title = f"{what}, two sidecars"
            yield compare("scaling", title, stream.name, unit, results["two"], beside, results[beside])


def _requests(
    environment: Environment, stream: Stream, sidecars: Sequence[Sidecar], skip: int, number: int
) -> Measurement:
    size = environment.size(stream)
    return measured_rate(sidecars, stream, (1 + skip + number) * size, size, turn=1)


def _search(
    environment: Environment, stream: Stream, sidecars: Sequence[Sidecar], skip: int, number: int
) -> Measurement:
    size = environment.size(stream)
    command = environment.command(*sidecars) if sidecars else PASS_THROUGH
    args = [f"by={stream.by}"] if stream.by and sidecars else []
    events = stream.events((_APART + skip + number) * size, size)
    return environment.search(command, events, args, sidecars).measurement
