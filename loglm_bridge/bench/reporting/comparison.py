"""A figure stands beside its baseline of the same run; medians of interleaved rounds, ratios round by round."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

#: A run: what it came to, and microseconds of processor time an event (0: not told).
Run = tuple[float, float]


@dataclass(frozen=True)
class Figure:
    """One line of the table. `unit` is that of `value` and of `baseline`, which is what `beside` names ("": none)."""

    part: str
    what: str
    stream: str
    unit: str
    value: float | None
    beside: str = ""
    baseline: float | None = None
    ratio: float | None = None
    cpu: float | None = None
    baseline_cpu: float | None = None
    runs: tuple[float, ...] = ()
    baseline_runs: tuple[float, ...] = ()
    note: str = ""

    def to_dict(self) -> dict[str, Any]:
        """Return what bench.json holds; `cpu` is in microseconds an event, of all processes that did the work."""
        return dict(vars(self))


def compared(
    part: str, what: str, stream: str, unit: str, ours: Sequence[Run], beside: str, base: Sequence[Run], note: str = ""
) -> Figure:
    """Return the figure of runs beside those of its baseline in the same rounds."""
    values, others = [run[0] for run in ours], [run[0] for run in base]
    return Figure(
        part, what, stream, unit, median(values), beside, median(others),
        ratio=median(mine / theirs for mine, theirs in zip(values, others, strict=True)),
        cpu=_cost(ours), baseline_cpu=_cost(base), runs=tuple(values), baseline_runs=tuple(others), note=note,
    )  # fmt: skip


def interleaved(rounds: int, runs: Mapping[str, Callable[[int], Run]]) -> dict[str, list[Run]]:
    """Return what each run came to in each round; every other round runs them in the opposite order."""
    found: dict[str, list[Run]] = {name: [] for name in runs}
    for number in range(rounds):
        for name in list(runs) if number % 2 == 0 else reversed(list(runs)):
            found[name].append(runs[name](number))
    return found


def _cost(runs: Sequence[Run]) -> float | None:
    costs = [cost for _, cost in runs if cost]
    return median(costs) if costs else None
