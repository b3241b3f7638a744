"""The plots of the report as inline SVG, the same bytes for the same numbers."""

from __future__ import annotations

import io
import re
from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure
from sklearn.metrics import precision_recall_curve

from loglm_bridge.lab.evaluate.curves import Reliability

_STYLE: Any = {
    "svg.hashsalt": "loglm",
    "svg.fonttype": "none",
    "font.size": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
}

#: The bars of a technique: index in its counts, colour, label.
_BARS = ((0, "#dfe7ee", "recordings"), (2, "#8fb6d9", "in first three"), (1, "#2b6ca3", "first"))


def precision_recall(sets: Mapping[str, tuple[Sequence[float], Sequence[bool]]]) -> str:
    """Plot precision against recall, one curve for each set of (scores, malicious)."""
    figure, axes = _figure(5.2, 3.8)
    for name, (scores, malicious) in sets.items():
        precision, recall, _ = precision_recall_curve(malicious, scores)
        axes.plot(recall, precision, drawstyle="steps-post", label=f"{name} ({sum(malicious)} of {len(scores)})")
    axes.set(xlabel="recall (events)", ylabel="precision", xlim=(0, 1), ylim=(0, 1.02))
    _legend(axes, fontsize=8)
    return _svg(figure)


def reliability(diagrams: Mapping[str, Reliability], predicted: str, observed: str) -> str:
    """Plot observed shares against predicted probabilities; the size of a point is its count.

    `predicted` and `observed` are the labels of the axes.
    """
    figure, axes = _figure(4.4, 3.8)
    axes.plot([0, 1], [0, 1], color="#bbb", linewidth=1, zorder=0)
    for name, diagram in diagrams.items():
        (line,) = axes.plot(diagram.predicted, diagram.observed, linewidth=1, label=f"{name}, ECE {diagram.error:.3f}")
        sizes = 8 + 60 * np.sqrt(np.asarray(diagram.counts) / max(diagram.counts, default=1))
        axes.scatter(diagram.predicted, diagram.observed, s=sizes, color=line.get_color())
    axes.set(xlabel=predicted, ylabel=observed, xlim=(-0.02, 1.02), ylim=(-0.02, 1.02))
    _legend(axes, fontsize=8)
    return _svg(figure)


def recall_by_budget(curves: Mapping[str, tuple[np.ndarray, np.ndarray]], sigma: float) -> str:
    """Plot the share of recordings found against alerts per 10,000 ordinary events; `sigma` marks Sigma's alerts."""
    figure, axes = _figure(5.6, 3.8)
    for name, (alerts, recall) in curves.items():
        axes.plot(np.maximum(alerts, 0.5), recall, drawstyle="steps-post", label=name)
    axes.axvline(10, color="#999", linestyle=":", linewidth=1)
    axes.axvline(max(sigma, 0.5), color="#c44", linestyle=":", linewidth=1, label="Sigma's own alerts")
    axes.set(xlabel="alerts per 10,000 ordinary events", ylabel="recordings found", xscale="log", ylim=(0, 1.02))
    _legend(axes, fontsize=8)
    return _svg(figure)


def technique_bars(counts: Mapping[str, tuple[int, int, int]], names: Mapping[str, str], limit: int = 40) -> str:
    """Plot the recordings of each technique: all (pale), found among the first three (medium), found first (dark)."""
    rows = list(counts.items())[:limit]
    figure, axes = _figure(7.2, 0.6 + 0.19 * max(1, len(rows)))
    positions = np.arange(len(rows))[::-1]
    for part, colour, label in _BARS:
        axes.barh(positions, [row[part] for _, row in rows], color=colour, label=label, height=0.8)
    axes.set_yticks(positions, [f"{t} {names.get(t, '')}"[:46] for t, _ in rows], fontsize=7)
    axes.set_xlabel("recordings")
    axes.margins(y=0.01)
    _legend(axes, fontsize=8, loc="lower right")
    return _svg(figure)


def confusion(names: Sequence[str], counts: np.ndarray) -> str:
    """Plot a heat map: true technique down, predicted technique across, the last column all others."""
    size = 1.4 + 0.27 * max(1, len(names))
    figure, axes = _figure(size + 0.6, size)
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    axes.imshow(shares, cmap="Blues", vmin=0, vmax=1, aspect="auto")
    for row, column in zip(*np.nonzero(counts), strict=True):
        colour = "white" if shares[row, column] > 0.6 else "#333"
        axes.text(column, row, counts[row, column], ha="center", va="center", fontsize=6, color=colour)
    axes.set_xticks(range(len(names) + 1), [*names, "other"], rotation=90, fontsize=7)
    axes.set_yticks(range(len(names)), names, fontsize=7)
    axes.set(xlabel="predicted first", ylabel="true")
    return _svg(figure)


def embedding_map(vectors: np.ndarray, groups: Sequence[str]) -> str:
    """Plot the first two principal components of vectors (events, width), coloured by group."""
    figure, axes = _figure(6.4, 4.8)
    centred = vectors - vectors.mean(axis=0)
    _, _, directions = np.linalg.svd(centred, full_matrices=False)
    flat = centred @ directions[:2].T
    labels, counts = np.unique(groups, return_counts=True)
    for label in labels[np.argsort(-counts, kind="stable")]:
        chosen = np.asarray(groups) == label
        axes.scatter(flat[chosen, 0], flat[chosen, 1], s=6, alpha=0.6, linewidths=0, label=label, rasterized=True)
    axes.set(xticks=[], yticks=[])
    _legend(axes, fontsize=7, markerscale=2, loc="center left", bbox_to_anchor=(1, 0.5))
    return _svg(figure)


def _figure(width: float, height: float) -> tuple[Figure, Any]:
    with mpl.rc_context(_STYLE):
        figure = Figure(figsize=(width, height), layout="constrained")
        return figure, figure.subplots()


def _legend(axes: Any, **settings: Any) -> None:
    if axes.get_legend_handles_labels()[0]:
        axes.legend(frameon=False, **settings)


def _svg(figure: Figure) -> str:
    out = io.StringIO()
    with mpl.rc_context(_STYLE):
        figure.savefig(out, format="svg", metadata={"Date": None, "Creator": None})
    return re.sub(r"^.*?(?=<svg)", "", out.getvalue(), flags=re.DOTALL)
