"""Alerts on ordinary events, by log family: how many events of unseen ordinary telemetry reach each score."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from loglm_bridge.contract.wire import Options
from loglm_bridge.lab.data.labels import known_malice
from loglm_bridge.lab.data.sources import LabelledEvent, data_files, read_events
from loglm_bridge.model.classifier.score_scale import CERTAIN, MALICIOUS, SUSPICIOUS
from loglm_bridge.model.labeller import Labeller
from loglm_bridge.telemetry import parse_record

#: Sources of ordinary machines in the validation split.
ORDINARY_SOURCES = ("evtx_baseline", "evtx_ordinary2")

#: Scores at which events are counted.
ANCHORS = (SUSPICIOUS, MALICIOUS, CERTAIN)

_CHUNK = 512


def measure(
    labeller: Labeller, data: Path, held_out: Mapping[str, frozenset[str]], sources: Sequence[str]
) -> dict[str, dict[str, Any]]:
    """Return by log family {"events", "sources", "0.5", "0.9", "0.99"}: the events and how many reach each score.

    Events are those of the validation split's ordinary machines and all of `sources`, which no net was trained on.
    """
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    seen: dict[str, set[str]] = defaultdict(set)
    for event, score in _scored(labeller, _events(data, held_out, sources)):
        family = parse_record(event.event).family
        seen[family].add(event.source)
        counts[family]["events"] += 1
        counts[family].update(str(anchor) for anchor in ANCHORS if score >= anchor)
    return {
        family: {"events": count["events"], "sources": sorted(seen[family]), **{str(a): count[str(a)] for a in ANCHORS}}
        for family, count in sorted(counts.items())
    }


def _events(data: Path, held_out: Mapping[str, frozenset[str]], sources: Sequence[str]) -> Iterator[LabelledEvent]:
    for path in data_files(data):
        name = path.name.split(".")[0]
        if name not in (*ORDINARY_SOURCES, *sources):
            continue
        for event in read_events(path):
            if known_malice(event) is not True and (name in sources or event.group in held_out.get(name, ())):
                yield event


def _scored(labeller: Labeller, events: Iterable[LabelledEvent]) -> Iterator[tuple[LabelledEvent, float]]:
    iterator = iter(events)
    while chunk := list(islice(iterator, _CHUNK)):
        verdicts = labeller.label([one.event for one in chunk], Options(top=1))
        yield from zip(chunk, (verdict.score or 0.0 for verdict in verdicts), strict=True)
