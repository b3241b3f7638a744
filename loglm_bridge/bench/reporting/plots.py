"""The curves as SVG files."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.figure import Figure

from loglm_bridge.bench.comparison import Curve

_STYLE: Any = {"svg.fonttype": "none", "font.size": 9, "axes.spines.top": False, "axes.spines.right": False}

#: Ratio of the largest x to the smallest from which on the x axis is logarithmic.
_LOG_FROM = 20


def draw(curves: Sequence[Curve], folder: Path) -> None:
    """Write each curve to `<folder>/<name>.svg`; x is logarithmic where it spans more than a factor of _LOG_FROM."""
    folder.mkdir(parents=True, exist_ok=True)
    for curve in curves:
        with mpl.rc_context(_STYLE):
            figure = Figure(figsize=(5.2, 3.6), layout="constrained")
            axes = figure.subplots()
            for name, points in curve.lines.items():
                axes.plot(*zip(*points, strict=True), marker="o", markersize=3, linewidth=1, label=name)
            xs = [x for points in curve.lines.values() for x, _ in points]
            if min(xs) > 0 and max(xs) > _LOG_FROM * min(xs):
                axes.set_xscale("log")
            axes.set(xlabel=curve.x, ylabel=curve.y, ylim=(0, None))
            axes.legend(frameon=False)
            figure.savefig(folder / f"{curve.name}.svg", metadata={"Date": None, "Creator": None})
