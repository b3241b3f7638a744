"""Stage `corpus`, its flows: what each flow of the corpus holds, and the windows of flows, cut as serving cuts them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from loglm_bridge.contract.event import Event
from loglm_bridge.contract.windows import windows_of
from loglm_bridge.lab.data.corpus import telemetry_files
from loglm_bridge.lab.data.run_files import read_rows, write_rows
from loglm_bridge.lab.data.sources import read_events
from loglm_bridge.model.event_batch import FLOW
from loglm_bridge.model.flow.flow_event import FlowEvent, to_flow_event
from loglm_bridge.telemetry import parse

#: The keys by which flows are grouped into windows: the name of the key, and the entity of a flow.
KEYS: Mapping[str, Callable[[FlowEvent], str]] = {
    "pair": lambda flow: f"{flow.src} {flow.dest}",
    "source": lambda flow: flow.src,
}

#: Windows by the name of their key; a window holds indices of events of the corpus.
Windows = Mapping[str, Sequence[Sequence[int]]]


@dataclass(frozen=True)
class FlowWindows:
    """`flows[i]` belongs to event i of the corpus (an event that is no flow has a time alone).

    `training` and `held_out` are the windows of the training and of the held-out recordings.
    """

    flows: Sequence[FlowEvent]
    training: Windows
    held_out: Windows


def build(data: Path, held_out: Mapping[str, frozenset[str]], out: Path, workers: int = 2) -> FlowWindows:
    """Write the flows and windows of every data file, in the order of the corpus, to `out`, and return them.

    A file that exists is read instead.
    """
    if not out.exists():
        with ProcessPoolExecutor(workers) as pool:
            write_rows(out, pool.map(partial(_read_file, held_out=held_out), telemetry_files(data)))
    return load(out)


def load(path: Path) -> FlowWindows:
    """Read what `build` wrote."""
    flows: list[FlowEvent] = []
    windows: tuple[dict[str, list[list[int]]], ...] = tuple({key: [] for key in KEYS} for _ in range(2))
    for rows, file_windows in read_rows(path):
        first = len(flows)
        flows += [_from_row(row) for row in rows]
        for held, key, window in file_windows:
            windows[held][key].append([first + index for index in window])
    return FlowWindows(flows, *windows)


def _read_file(path: Path, held_out: Mapping[str, frozenset[str]]) -> tuple[list[Any], list[Any]]:
    """Return a row for each event of a file, and its windows as (held out, key, indices)."""
    rows: list[list[Any]] = []
    flows: tuple[list[tuple[int, FlowEvent, Event]], ...] = ([], [])
    for index, row in enumerate(read_events(path)):
        flow = _flow_event(row.event)
        is_flow = bool(flow.src or flow.dest)
        rows.append(_to_row(flow) if is_flow else [flow.time])
        if is_flow:
            flows[row.group in held_out.get(row.source, frozenset())].append((index, flow, row.event))
    windows = [
        (held, key, [own[i][0] for i in window])
        for held, own in enumerate(flows)
        for key, entity in KEYS.items()
        for window in windows_of([event._replace(entity=entity(flow)) for _, flow, event in own])
    ]
    return rows, windows


def _flow_event(event: Event) -> FlowEvent:
    parsed = parse(event)
    return to_flow_event(parsed, event) if parsed.event_type.family == FLOW else FlowEvent(event.time or 0.0)


def _to_row(flow: FlowEvent) -> list[Any]:
    return [flow.time, flow.src, flow.src_port, flow.dest, flow.dest_port, *flow.counters]


def _from_row(row: Sequence[Any]) -> FlowEvent:
    time, *rest = row
    if not rest:
        return FlowEvent(time)
    src, src_port, dest, dest_port, *counters = rest
    return FlowEvent(time, src, src_port, dest, dest_port, tuple(counters))
