"""Figures and curves: what a benchmark measured, each figure beside its baseline of the same run.

Figures are medians of interleaved rounds; ratios are taken round by round.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any, NamedTuple

#: Points (x, y) of one line of a curve.
Points = list[tuple[float, float]]


class Measurement(NamedTuple):
    """What one round measured: the value, and the processor time in microseconds an event (0: not measured)."""

    value: float
    cpu: float = 0.0


@dataclass(frozen=True)
class Figure:
    """One line of the table. `unit` holds for `value` and for `baseline`; `beside` names the baseline ("": none).

    `ratio` is that of the value to its baseline, `cpu` and `baseline_cpu` are microseconds of processor time an event.
    `runs` and `baseline_runs` are the values of the single rounds.
    """

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
        """Return what bench.json holds."""
        return dict(vars(self))


@dataclass(frozen=True)
class Curve:
    """One plot: the labels of its axes, and the points of each line by its name."""

    name: str
    x: str
    y: str
    lines: dict[str, Points]

    def to_dict(self) -> dict[str, Any]:
        """Return what bench.json holds."""
        return {"x": self.x, "y": self.y, "lines": self.lines}


def compare(
    part: str,
    what: str,
    stream: str,
    unit: str,
    ours: Sequence[Measurement],
    beside: str,
    baseline: Sequence[Measurement],
    note: str = "",
) -> Figure:
    """Return the figure of measurements beside those of the baseline `beside` in the same rounds."""
    values, baselines = [one.value for one in ours], [one.value for one in baseline]
    return Figure(
        part, what, stream, unit, median(values), beside, median(baselines),
        ratio=median(value / base for value, base in zip(values, baselines, strict=True)),
        cpu=_median_cpu(ours), baseline_cpu=_median_cpu(baseline),
        runs=tuple(values), baseline_runs=tuple(baselines), note=note,
    )  # fmt: skip


def run_interleaved(rounds: int, measures: Mapping[str, Callable[[int], Measurement]]) -> dict[str, list[Measurement]]:
    """Return the measurements of each round by name; every other round runs in the opposite order.

    Each of `measures` is called with the number of the round.
    """
    results: dict[str, list[Measurement]] = {name: [] for name in measures}
    for number in range(rounds):
        for name in in_turn(list(measures), number):
            results[name].append(measures[name](number))
    return results


def in_turn(names: Sequence[str], number: int) -> list[str]:
    """Return the names in their order for an even round, in the opposite order for an odd one."""
    return list(names) if number % 2 == 0 else list(reversed(names))


def _median_cpu(measurements: Sequence[Measurement]) -> float | None:
    costs = [one.cpu for one in measurements if one.cpu]
    return median(costs) if costs else None
