"""The search command: rows a second, its start left out, beside a pass-through command on the same rows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from statistics import median
from typing import NamedTuple

from loglm_bridge.bench.environment import PASS_THROUGH, Setting, Sidecar, label
from loglm_bridge.bench.reporting.comparison import Figure, Run, compared, interleaved
from loglm_bridge.bench.workload import splunkd_driver
from loglm_bridge.bench.workload.splunkd_driver import GROWING, WHOLE
from loglm_bridge.bench.workload.streams import Stream
from loglm_bridge.contract.event import Event


class _Shape(NamedTuple):
    """How rows reach the command: the sizes of its chunks, and the field that `by` names."""

    sizes: Sequence[int]
    by: str


def measure(setting: Setting, part: str = "command") -> Iterator[Figure]:
    """Yield the rates of all streams in growing chunks, of the first one and of those with entities in whole ones too.

    The sidecar has seen one round of the stream before: it has run for a while. `distinct` stays unseen all the same.
    """
    with setting.sidecar() as sidecar:
        for i, stream in enumerate(setting.streams.values()):
            shapes = [_Shape(GROWING, stream.by)]
            if part == "command":
                shapes += [_Shape(WHOLE, stream.by)] if i == 0 or stream.by else []
                shapes += [_Shape(GROWING, "host")] if i == 0 and not stream.by else []
            label([sidecar], stream, 0, setting.size(stream))
            for number, shape in enumerate(shapes):
                yield _figure(part, setting, sidecar, stream, shape, 1 + number * setting.rounds)


def _figure(part: str, setting: Setting, sidecar: Sidecar, stream: Stream, shape: _Shape, first: int) -> Figure:
    """Measure one shape; round n reads the stream's n-th stretch from `first` on. Tells what the driver itself took."""
    shares: list[float] = []
    command, args = setting.command(sidecar), [f"by={shape.by}"] if shape.by else []
    size = setting.size(stream)

    def ours(number: int) -> Run:
        before = sidecar.cpu()
        found = splunkd_driver.search(command, args, stretch(number), setting.env, shape.sizes)
        return found.rate, 1e6 * (found.cpu + sidecar.cpu() - before) / found.rows

    def base(number: int) -> Run:
        found = splunkd_driver.search(PASS_THROUGH, [], stretch(number), setting.env, shape.sizes)
        shares.append(found.driver_cpu / found.seconds)
        return found.rate, 1e6 * found.cpu / found.rows

    def stretch(number: int) -> Iterator[Event]:
        return stream.events((first + number) * size, size)

    found = interleaved(setting.rounds, {"base": base, "ours": ours})
    what = f"| loglm{' by=' + shape.by if shape.by else ''}, chunks to {shape.sizes[-1]:,}"
    note = f"driver {median(shares):.1%}"
    return compared(part, what, stream.name, "rows/s", found["ours"], "pass-through", found["base"], note)
