"""Stage `corpus`: all telemetry as distinct canonical events, with who recorded what.

Half of all events differ in identity only; the distinct canonical ones are what the tokenizer and the encoder learn
from.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from loglm_bridge.lab.data import identity_names
from loglm_bridge.lab.data.sources import LabelledEvent, RuleHit, data_files, read_events
from loglm_bridge.model.features.rule_matcher import NO_RULES, RuleMatcher
from loglm_bridge.telemetry import parse_and_canonicalise
from loglm_bridge.telemetry.record import CanonicalEvent

#: `aux_commands` holds command lines, not log events; it is a teacher (command_teacher.py), not telemetry.
NOT_TELEMETRY = frozenset({"aux_commands"})


@dataclass(frozen=True, slots=True)
class CorpusEvent:
    """One event: `canonical` is an index into the corpus' distinct canonical events, `held_out` marks validation."""

    id: str
    source: str
    group: str
    canonical: int
    label: str
    techniques: tuple[str, ...]
    hits: tuple[RuleHit, ...]
    held_out: bool


@dataclass(frozen=True)
class Corpus:
    """All telemetry in memory; `names` are account and host names that few sources show (identities.py)."""

    canonicals: Sequence[CanonicalEvent]
    events: Sequence[CorpusEvent]
    names: frozenset[str] = frozenset()

    def training(self, everything: bool = False) -> list[CorpusEvent]:
        """Return the events a model may learn from: all but the held-out recordings, or `everything`."""
        return [e for e in self.events if everything or not e.held_out]


def build(
    data: Path,
    held_out: Mapping[str, frozenset[str]],
    out: Path,
    signatures: RuleMatcher = NO_RULES,
    workers: int = 2,
) -> Corpus:
    """Canonicalise every data file into `out` (two JSON-lines files), mark the rules that hold, return the corpus.

    A folder that is complete already is read instead, so the stage can be repeated.
    """
    if (out / "events.jsonl.gz").exists():
        return load(out)
    out.mkdir(parents=True, exist_ok=True)
    index: dict[bytes, int] = {}
    distinct: list[CanonicalEvent] = []
    events: list[CorpusEvent] = []
    shown: dict[str, frozenset[str]] = {}
    files = [f for f in data_files(data) if f.name.split(".")[0] not in NOT_TELEMETRY]
    with ProcessPoolExecutor(workers) as pool:
        read = pool.map(partial(_canonicalise_file, held_out=held_out, signatures=signatures), files)
        for path, (rows, names) in zip(files, read, strict=True):
            shown |= {name: shown.get(name, frozenset()) | {path.name} for name in names}
            for row, form in rows:
                place = index.setdefault(form.key, len(distinct))
                if place == len(distinct):
                    distinct.append(form)
                events.append(_placed(row, place))
    corpus = Corpus(distinct, events, identity_names.rare(shown))
    _save(corpus, out)
    return corpus


def load(folder: Path) -> Corpus:
    """Read a corpus that `build` wrote."""
    canonicals = [
        CanonicalEvent(family, kind, tuple((n, v) for n, v in fields), tuple(rules))
        for family, kind, fields, rules in _rows(folder / "canonicals.jsonl.gz")
    ]
    events = [
        CorpusEvent(
            i, s, g, c, label, tuple(techniques), tuple((r, level, tuple(t)) for r, level, t in hits), bool(held)
        )
        for i, s, g, c, label, techniques, hits, held in _rows(folder / "events.jsonl.gz")
    ]
    return Corpus(canonicals, events, frozenset(str(name) for name in _rows(folder / "names.jsonl.gz")))


def _canonicalise_file(
    path: Path, held_out: Mapping[str, frozenset[str]], signatures: RuleMatcher
) -> tuple[list[tuple[CorpusEvent, CanonicalEvent]], set[str]]:
    out: list[tuple[CorpusEvent, CanonicalEvent]] = []
    names: set[str] = set()
    memo: dict[CanonicalEvent, CanonicalEvent] = {}
    for row in read_events(path):
        record, unmarked = parse_and_canonicalise(row.event)
        names.update(identity_names.words(record, row.event))
        form = replace(signatures.mark(unmarked), rule_fields=())
        held = row.group in held_out.get(row.source, frozenset())
        out.append((_unplaced(row, held), memo.setdefault(form, form)))
    return out, names


def _unplaced(row: LabelledEvent, held_out: bool) -> CorpusEvent:
    return CorpusEvent(row.id, row.source, row.group, -1, row.label, row.techniques, row.hits, held_out)


def _placed(row: CorpusEvent, place: int) -> CorpusEvent:
    return CorpusEvent(row.id, row.source, row.group, place, row.label, row.techniques, row.hits, row.held_out)


def _save(corpus: Corpus, out: Path) -> None:
    _write(out / "canonicals.jsonl.gz", ([c.family, c.kind, c.fields, c.rules] for c in corpus.canonicals))
    _write(out / "names.jsonl.gz", sorted(corpus.names))
    rows = ([e.id, e.source, e.group, e.canonical, e.label, e.techniques, e.hits, e.held_out] for e in corpus.events)
    _write(out / "events.jsonl.gz", rows)


def _write(path: Path, rows: Iterable[object]) -> None:
    partial_path = path.with_suffix(".part")
    with gzip.open(partial_path, "wt", encoding="utf-8", compresslevel=1) as file:
        for row in rows:
            file.write(json.dumps(row, ensure_ascii=False) + "\n")
    partial_path.replace(path)


def _rows(path: Path) -> Iterator[Any]:
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)
