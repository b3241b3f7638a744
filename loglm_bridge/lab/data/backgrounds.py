"""Ordinary events of each kind, into which a teacher's values are spliced.

Bare synthetic events teach a model to spot the synthesis; a real event of the same kind with one behaviour replaced
teaches the behaviour.
"""

from __future__ import annotations

import gzip
import json
import random
from collections import defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path

from loglm_bridge.contract.event import Event
from loglm_bridge.lab.data.sources import LabelledEvent, data_files, read_events
from loglm_bridge.telemetry import parse_record
from loglm_bridge.telemetry.record import Record

#: Events kept for each kind (Windows) or sourcetype (JSON).
PER_KIND = 96

_TELLING = frozenset({"medium", "high", "critical"})


class Backgrounds:
    """A drawn sample of ordinary events: parsed Windows records by kind, raw JSON events by sourcetype."""

    def __init__(self, records: Mapping[str, list[Record]], raws: Mapping[str, list[str]]) -> None:
        self._records, self._raws = records, raws

    def record(self, kind: str, rng: random.Random) -> Record | None:
        """Return an ordinary Windows record of a kind (`sysmon:1`), None where there is none."""
        pool = self._records.get(kind)
        return rng.choice(pool) if pool else None

    def raw(self, sourcetype: str, rng: random.Random) -> str | None:
        """Return the text of an ordinary JSON event of a sourcetype, None where there is none."""
        pool = self._raws.get(sourcetype)
        return rng.choice(pool) if pool else None


def collect(data: Path, held_out: Mapping[str, frozenset[str]], out: Path, seed: int) -> Backgrounds:
    """Sample backgrounds from every training recording into `out` (JSON lines) and return them."""
    if not out.exists():
        rows = _sample(data, held_out, random.Random(seed))
        with gzip.open(out.with_suffix(".part"), "wt", encoding="utf-8", compresslevel=1) as file:
            file.writelines(json.dumps(row) + "\n" for row in rows)
        out.with_suffix(".part").replace(out)
    return _load(out)


def _ordinary(row: LabelledEvent, held_out: Mapping[str, frozenset[str]]) -> bool:
    if row.group in held_out.get(row.source, frozenset()):
        return False
    return not any(level in _TELLING for _, level, _ in row.hits)


def _sample(data: Path, held_out: Mapping[str, frozenset[str]], rng: random.Random) -> Iterable[tuple[str, str, str]]:
    pools: dict[str, list[tuple[str, str, str]]] = defaultdict(list)
    seen: dict[str, int] = defaultdict(int)
    for path in data_files(data):
        for row in read_events(path):
            raw = row.event.raw
            windows = raw.startswith("<Event")
            if not (windows or raw.startswith("{")) or not _ordinary(row, held_out):
                continue
            key = parse_record(row.event).kind if windows else row.event.sourcetype
            seen[key] += 1
            place = len(pools[key]) if len(pools[key]) < PER_KIND else rng.randrange(seen[key])
            if place < PER_KIND:
                pools[key][place : place + 1] = [("windows" if windows else "json", key, raw)]
    return [row for key in sorted(pools) for row in pools[key]]


def _load(path: Path) -> Backgrounds:
    records: dict[str, list[Record]] = defaultdict(list)
    raws: dict[str, list[str]] = defaultdict(list)
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            form, key, raw = json.loads(line)
            if form == "windows":
                records[key].append(parse_record(Event(raw=raw)))
            else:
                raws[key].append(raw)
    return Backgrounds(records, raws)
