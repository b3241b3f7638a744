"""Stage `sequences`, its data: windows over the corpus' events, cut as serving cuts them, and what each step says."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from loglm_bridge.contract.event import Event
from loglm_bridge.contract.windows import windows_of
from loglm_bridge.lab.data.corpus import NOT_TELEMETRY
from loglm_bridge.lab.data.sources import data_files, read_events
from loglm_bridge.model.event_batch import FLOW
from loglm_bridge.model.flow.flow_event import FlowEvent, to_flow_event
from loglm_bridge.telemetry import parse

#: What flows are read by: the name of the key, and a flow's entity by it.
KEYS: Mapping[str, Callable[[FlowEvent], str]] = {
    "pair": lambda step: f"{step.src} {step.dest}",
    "source": lambda step: step.src,
}

#: Windows of places by the name of their key.
Windows = Mapping[str, Sequence[Sequence[int]]]


@dataclass(frozen=True)
class Sequences:
    """`steps[i]` belongs to event i of the corpus; windows are places of one entity's flows: training, held-out."""

    steps: Sequence[FlowEvent]
    windows: Windows
    held_out: Windows


def build(data: Path, held_out: Mapping[str, frozenset[str]], out: Path, workers: int = 2) -> Sequences:
    """Read every data file, in the corpus' order, into `out`; read `out` instead where it is there."""
    if not out.exists():
        files = [f for f in data_files(data) if f.name.split(".")[0] not in NOT_TELEMETRY]
        part = out.with_suffix(".part")
        with ProcessPoolExecutor(workers) as pool, gzip.open(part, "wt", encoding="utf-8", compresslevel=1) as file:
            for rows in pool.map(partial(_read_file, held_out=held_out), files):
                file.write(json.dumps(rows) + "\n")
        part.replace(out)
    return load(out)


def load(path: Path) -> Sequences:
    """Read what `build` wrote."""
    steps: list[FlowEvent] = []
    found: tuple[dict[str, list[list[int]]], ...] = tuple({key: [] for key in KEYS} for _ in range(2))
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            first = len(steps)
            rows, cut = json.loads(line)
            steps += [_step(row) for row in rows]
            for held, key, places in cut:
                found[held][key].append([first + place for place in places])
    return Sequences(steps, *found)


def _read_file(path: Path, held_out: Mapping[str, frozenset[str]]) -> tuple[list[Any], list[Any]]:
    """Return the steps of a file's events, and its windows as (held out, key, places)."""
    steps: list[list[Any]] = []
    flows: tuple[list[tuple[int, FlowEvent, Event]], ...] = ([], [])
    for place, row in enumerate(read_events(path)):
        parsed = parse(row.event)
        step = (
            to_flow_event(parsed, row.event) if parsed.event_type.family == FLOW else FlowEvent(row.event.time or 0.0)
        )
        flow = bool(step.src or step.dest)
        steps.append([step.time] + ([*_ends(step), *step.counters] if flow else []))
        if flow:
            flows[row.group in held_out.get(row.source, frozenset())].append((place, step, row.event))
    cut = [
        (held, key, [own[i][0] for i in window])
        for held, own in enumerate(flows)
        for key, entity in KEYS.items()
        for window in windows_of([event._replace(entity=entity(step)) for _, step, event in own])
    ]
    return steps, cut


def _ends(step: FlowEvent) -> tuple[str, int, str, int]:
    return step.src, step.src_port, step.dest, step.dest_port


def _step(row: Sequence[Any]) -> FlowEvent:
    time, *rest = row
    if not rest:
        return FlowEvent(time)
    src, src_port, dest, dest_port, *counters = rest
    return FlowEvent(time, src, src_port, dest, dest_port, tuple(counters))
