"""Stage `corpus`: all telemetry as distinct canonical events, and the recordings that hold them.

Half of all events differ in identity only. The tokenizer and the encoder learn from the distinct canonical events.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from loglm_bridge.lab.data import identity_names
from loglm_bridge.lab.data.run_files import canonical_event, canonical_row, read_rows, write_rows
from loglm_bridge.lab.data.sources import RuleHit, data_files, read_events
from loglm_bridge.model.features.rule_matcher import NO_RULES, RuleMatcher
from loglm_bridge.telemetry import parse_and_canonicalise
from loglm_bridge.telemetry.record import CanonicalEvent

#: Data files without log events: command lines, from which weak examples are made (command_catalogues.py).
NOT_TELEMETRY = frozenset(
    {
        "aux_commands",
        "cat_attack_procedures",
        "cat_ctid_emulation",
        "cat_leonidas",
        "cat_loobins",
        "cat_mal_cl",
        "cat_metta",
        "cat_scythe",
        "cat_stockpile",
    }
)


@dataclass(frozen=True, slots=True)
class CorpusEvent:
    """One event. `canonical` is an index into the canonical events of the corpus, `held_out` marks validation."""

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
    """All telemetry in memory. `names` are account and host names that few sources show (identity_names.py)."""

    canonicals: Sequence[CanonicalEvent]
    events: Sequence[CorpusEvent]
    names: frozenset[str] = frozenset()

    def training(self, everything: bool = False) -> list[CorpusEvent]:
        """Return the events that a model may learn from: all but the held-out recordings, or `everything`."""
        return [e for e in self.events if everything or not e.held_out]


def build(
    data: Path,
    held_out: Mapping[str, frozenset[str]],
    out: Path,
    rules: RuleMatcher = NO_RULES,
    workers: int = 2,
) -> Corpus:
    """Canonicalise every data file into the folder `out`, mark the rules that match, return the corpus.

    A folder that is already complete is read instead, so the stage can be repeated.
    """
    if (out / "events.jsonl.gz").exists():
        return load(out)
    out.mkdir(parents=True, exist_ok=True)
    indices: dict[bytes, int] = {}
    distinct: list[CanonicalEvent] = []
    events: list[CorpusEvent] = []
    showing: dict[str, frozenset[str]] = {}  # the data files that show a name
    files = telemetry_files(data)
    with ProcessPoolExecutor(workers) as pool:
        results = pool.map(partial(_canonicalise_file, held_out=held_out, rules=rules), files)
        for path, (rows, names) in zip(files, results, strict=True):
            showing |= {name: showing.get(name, frozenset()) | {path.name} for name in names}
            for event, canonical in rows:
                index = indices.setdefault(canonical.key, len(distinct))
                if index == len(distinct):
                    distinct.append(canonical)
                events.append(replace(event, canonical=index))
    corpus = Corpus(distinct, events, identity_names.rare(showing))
    save(corpus, out)
    return corpus


def telemetry_files(data: Path) -> list[Path]:
    """Return the data files that hold log events, in a fixed order. Raises ConfigError if there is no data file."""
    return [file for file in data_files(data) if file.name.split(".")[0] not in NOT_TELEMETRY]


def load(folder: Path) -> Corpus:
    """Read a corpus that `build` wrote."""
    canonicals = [canonical_event(*row) for row in read_rows(folder / "canonicals.jsonl.gz")]
    events = [_event(*row) for row in read_rows(folder / "events.jsonl.gz")]
    return Corpus(canonicals, events, frozenset(str(name) for name in read_rows(folder / "names.jsonl.gz")))


def _canonicalise_file(
    path: Path, held_out: Mapping[str, frozenset[str]], rules: RuleMatcher
) -> tuple[list[tuple[CorpusEvent, CanonicalEvent]], set[str]]:
    """Return the events of a file, not yet indexed, with their canonical events, and the names that it shows."""
    events: list[tuple[CorpusEvent, CanonicalEvent]] = []
    names: set[str] = set()
    distinct: dict[CanonicalEvent, CanonicalEvent] = {}
    for row in read_events(path):
        record, unmarked = parse_and_canonicalise(row.event)
        names.update(identity_names.words(record, row.event))
        canonical = replace(rules.mark(unmarked), rule_fields=())
        held = row.group in held_out.get(row.source, frozenset())
        event = CorpusEvent(row.id, row.source, row.group, -1, row.label, row.techniques, row.hits, held)
        events.append((event, distinct.setdefault(canonical, canonical)))
    return events, names


def _event(
    id_: str, source: str, group: str, canonical: int, label: str, techniques: list[str], hits: list[Any], held: bool
) -> CorpusEvent:
    rule_hits = tuple((rule, level, tuple(named)) for rule, level, named in hits)
    return CorpusEvent(id_, source, group, canonical, label, tuple(techniques), rule_hits, held)


def save(corpus: Corpus, out: Path) -> None:
    """Write a corpus into the folder `out`; the file of the events comes last and completes it."""
    write_rows(out / "canonicals.jsonl.gz", map(canonical_row, corpus.canonicals))
    write_rows(out / "names.jsonl.gz", sorted(corpus.names))
    rows = ([e.id, e.source, e.group, e.canonical, e.label, e.techniques, e.hits, e.held_out] for e in corpus.events)
    write_rows(out / "events.jsonl.gz", rows)
