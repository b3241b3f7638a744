"""Ordinary events of each kind, into which the values of a rule or a catalogue entry are written.

From purely synthetic events a model learns to recognise the synthesis; from a real event of the same kind in which one
behaviour is replaced it learns the behaviour.
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path

from loglm_bridge.contract.event import Event
from loglm_bridge.lab.data.labels import RECORDING_SOURCES, has_attack_hit
from loglm_bridge.lab.data.run_files import read_rows, write_rows
from loglm_bridge.lab.data.sources import LabelledEvent, data_files, read_events
from loglm_bridge.telemetry import parse_record
from loglm_bridge.telemetry.record import Record

#: Limit of the events of each kind (Windows) or sourcetype (JSON).
PER_KIND = 96


class Backgrounds:
    """A random sample of ordinary events: parsed Windows records by kind, raw JSON events by sourcetype."""

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
        write_rows(out, _sample(data, held_out, random.Random(seed)))
    return _load(out)


def _ordinary(row: LabelledEvent, held_out: Mapping[str, frozenset[str]]) -> bool:
    if row.group in held_out.get(row.source, frozenset()):
        return False
    attack = row.label == "malicious" and row.source not in RECORDING_SOURCES
    return not (attack or has_attack_hit(row.hits))


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
            # reservoir sampling (Vitter, 1985, algorithm R): every event of a kind is as likely as any other
            index = len(pools[key]) if len(pools[key]) < PER_KIND else rng.randrange(seen[key])
            if index < PER_KIND:
                pools[key][index : index + 1] = [("windows" if windows else "json", key, raw)]
    return [row for key in sorted(pools) for row in pools[key]]


def _load(path: Path) -> Backgrounds:
    records: dict[str, list[Record]] = defaultdict(list)
    raws: dict[str, list[str]] = defaultdict(list)
    for form, key, raw in read_rows(path):
        if form == "windows":
            records[key].append(parse_record(Event(raw=raw)))
        else:
            raws[key].append(raw)
    return Backgrounds(records, raws)
