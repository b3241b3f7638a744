"""The search command: rows a second, its start left out, beside a pass-through command on the same rows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from statistics import median
from typing import NamedTuple

from loglm_bridge.bench.comparison import Figure, Measurement, compare, run_interleaved
from loglm_bridge.bench.environment import PASS_THROUGH, Environment, Sidecar, label_events
from loglm_bridge.bench.workload.splunkd_driver import GROWING, WHOLE
from loglm_bridge.bench.workload.streams import Stream
from loglm_bridge.contract.event import Event


class _Search(NamedTuple):
    """How rows reach the command: the sizes of its chunks, and the field that `by` names (empty: no `by`)."""

    chunk_sizes: Sequence[int]
    by: str


def measure(environment: Environment, part: str = "command") -> Iterator[Figure]:
    """Yield the rates of all streams in growing chunks, and of some also in whole chunks and by host.

    The sidecar has labelled one round of the stream before, as one that has run for a while. The events of `distinct`
    are new all the same.
    """
    with environment.sidecar() as sidecar:
        for i, stream in enumerate(environment.streams.values()):
            searches = [_Search(GROWING, stream.by)]
            if part == "command":
                searches += [_Search(WHOLE, stream.by)] if i == 0 or stream.by else []
                searches += [_Search(GROWING, "host")] if i == 0 and not stream.by else []
            label_events([sidecar], stream, 0, environment.size(stream))
            for number, search in enumerate(searches):
                yield _figure(part, environment, sidecar, stream, search, 1 + number * environment.rounds)


def _figure(
    part: str, environment: Environment, sidecar: Sidecar, stream: Stream, search: _Search, first: int
) -> Figure:
    """Measure one kind of search. Round n reads the stretch `first` + n of the stream.

    The note tells the share of the time that the driver itself took.
    """
    driver_shares: list[float] = []
    command, args = environment.command(sidecar), [f"by={search.by}"] if search.by else []
    size = environment.size(stream)

    def ours(number: int) -> Measurement:
        return environment.search(command, stretch(number), args, [sidecar], search.chunk_sizes).measurement

    def baseline(number: int) -> Measurement:
        cost = environment.search(PASS_THROUGH, stretch(number), chunk_sizes=search.chunk_sizes)
        driver_shares.append(cost.driver_cpu / cost.seconds)
        return cost.measurement

    def stretch(number: int) -> Iterator[Event]:
        return stream.events((first + number) * size, size)

    results = run_interleaved(environment.rounds, {"baseline": baseline, "ours": ours})
    what = f"| loglm{' by=' + search.by if search.by else ''}, chunks to {search.chunk_sizes[-1]:,}"
    note = f"driver {median(driver_shares):.1%}"
    return compare(part, what, stream.name, "rows/s", results["ours"], "pass-through", results["baseline"], note)
