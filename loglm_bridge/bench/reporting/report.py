"""The figures as one Markdown table."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from loglm_bridge.bench.comparison import Figure

_HEAD = ("part", "what", "stream", "distinct raw / canonical", "figure", "beside", "ratio", "CPU, µs an event")


def head(data: Mapping[str, Any]) -> Iterator[str]:
    """Yield the lines about the machine, and the head of the table; `data` is what bench.json holds."""
    machine, options = data["machine"], f", profile {data['profile']}" if data["profile"] else ""
    options += ", each sidecar kept to one core" if data["pinned"] else ""
    yield f"{machine['cores']} cores ({machine['processor']}), Python {machine['python']}; {data['model']}{options}"
    yield f"Medians of {data['rounds']} rounds, ratios round by round. Load average before: {machine['load']:.1f}"
    yield ""
    yield f"| {' | '.join(_HEAD)} |"
    yield "|---" * len(_HEAD) + "|"


def line(figure: Figure, shares: Mapping[str, tuple[float, float]]) -> str:
    """Return the line of a figure; `shares` are those of distinct raw and canonical events by stream."""
    raw, canonical = shares.get(figure.stream, (None, None))
    cells = (
        figure.part,
        figure.what,
        figure.stream or "-",
        "-" if raw is None else f"{raw:.2f} / {canonical:.3f}",
        _value(figure),
        f"{figure.beside} {number(figure.baseline)}".strip(),
        number(figure.ratio),
        f"{number(figure.cpu)} / {number(figure.baseline_cpu)}" if figure.cpu else "-",
    )
    escaped = (cell.replace("|", r"\|") for cell in cells)
    return f"| {' | '.join(escaped)} |"


def _value(figure: Figure) -> str:
    if figure.value is None:
        return figure.note
    return f"{number(figure.value)} {figure.unit}".strip() + (f" ({figure.note})" if figure.note else "")


def number(value: float | None) -> str:
    """Return a number with three significant digits at least, a dash for none."""
    if value is None:
        return "-"
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
