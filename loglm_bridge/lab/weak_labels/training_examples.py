"""Training examples of the heads: one weighted example for each distinct canonical event and each weak example.

The two heads have separate targets: which technique, given an attack, and whether an event belongs to an attack at all.
The label of a recording holds for the whole file only, so
- the weight of an event on techniques falls with the number of differently labelled recordings that hold it, since the
  background of a laboratory is in all of them, and the weights of the events of one recording add up to one;
- an event is malicious where its author labelled it so or a rule of level medium or above hits it; it is ordinary where
  many recordings or an ordinary machine show it; where neither is known it is left out.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from loglm_bridge.lab.data.corpus import Corpus, CorpusEvent
from loglm_bridge.lab.data.labels import (
    ATTACK_LEVELS,
    ATTACKED_SOURCES,
    EVENT_LABELLED_SOURCES,
    RECORDING_SOURCES,
    TECHNIQUE_SOURCES,
    is_ordinary,
)
from loglm_bridge.lab.weak_labels.weak_examples import LEVEL_WEIGHT, WeakExample
from loglm_bridge.telemetry.record import CanonicalEvent

#: An event that no rule hits is background of a laboratory if so many recordings share it.
BACKGROUND_RECORDINGS = 3

#: Weight of events of telemetry without labels as ordinary ones; labelled ones weigh 1.
UNLABELLED_WEIGHT = 0.5

#: Limit of the weight of a canonical event on malice, however often it occurs.
MAX_MALICE_WEIGHT = 6.0

#: Factor for the malice weight of the web attack paths, of which there are very many.
_FWAF_MALICE = 0.05


@dataclass
class Example:
    """Targets of one canonical event. `techniques` maps id -> share (sums to 1), `malice` is 0..1 or None (unknown)."""

    event: CanonicalEvent
    techniques: dict[str, float] = field(default_factory=dict)
    technique_weight: float = 0.0
    malice: float | None = None
    malice_weight: float = 0.0


@dataclass(frozen=True)
class ExampleWeights:
    """Weights of the kinds of examples; those of the catalogues are relative to one recording (1.0).

    `recordings`, `hits` (rule hits in recordings) and `events` (labelled events) weigh on techniques, as do `sigma`,
    `atomic`, `lolbas`, `gtfobins`, `fwaf`, `emulation`. `labelled_source` is the number of distinct events that each
    source with labels of its events weighs as, on malice: a few hundred near misses must count beside a hundred
    thousand flows.
    `weak_examples` is the weight of all weak examples on malice. `knowledge` and `knowledge_malice` are those of the
    events of the project's own rules. `rarity` is the power of the number of differently
    labelled recordings by which an event's weight is divided (0: background counts in full). `spread` shares a
    recording's weight among its events (multiple-instance learning); without it each event has all of it.
    """

    recordings: float = 1.0
    hits: float = 0.5
    events: float = 1.0
    sigma: float = 0.3
    atomic: float = 0.5
    lolbas: float = 0.5
    gtfobins: float = 0.3
    fwaf: float = 0.02
    emulation: float = 0.5
    labelled_source: float = 10_000.0
    weak_examples: float = 1.0
    knowledge: float = 1.0
    knowledge_malice: float = 2.0
    rarity: float = 2.0
    spread: bool = True


def from_corpus(
    corpus: Corpus, events: Sequence[CorpusEvent], weights: ExampleWeights, alerts: frozenset[int] = frozenset()
) -> list[Example]:
    """Return one example for each distinct canonical event among `events`.

    `alerts` are the indices of canonical events that a rule of the project's own of level medium or above matches.
    """
    labels = _labels_by_canonical(events)
    sizes = _recording_sizes(events, labels, weights)
    factors = _source_factors(events, weights)
    by_canonical: dict[int, list[CorpusEvent]] = defaultdict(list)
    for event in events:
        by_canonical[event.canonical].append(event)
    return [
        _example(corpus.canonicals[i], rows, len(labels.get(i, ())), sizes, factors, weights, i in alerts)
        for i, rows in sorted(by_canonical.items())
    ]


def from_weak_examples(examples: Iterable[WeakExample], weights: ExampleWeights, atomic: bool) -> list[Example]:
    """Return one training example for each weak example; those of Atomic Red Team only if `atomic`."""
    return [
        Example(
            event=one.event,
            techniques=_shares(one.techniques),
            technique_weight=getattr(weights, one.catalogue),
            malice=1.0,
            malice_weight=weights.weak_examples * one.malice * (_FWAF_MALICE if one.catalogue == "fwaf" else 1.0),
        )
        for one in examples
        if atomic or one.catalogue != "atomic"
    ]


def _labels_by_canonical(events: Iterable[CorpusEvent]) -> Mapping[int, set[tuple[str, ...]]]:
    """Return for each canonical event the distinct technique lists of the recordings that hold it."""
    labels: dict[int, set[tuple[str, ...]]] = defaultdict(set)
    for event in events:
        if event.source in RECORDING_SOURCES:
            labels[event.canonical].add(event.techniques)
    return labels


def _recording_sizes(
    events: Iterable[CorpusEvent], labels: Mapping[int, set[tuple[str, ...]]], weights: ExampleWeights
) -> Mapping[tuple[str, str], float]:
    """Return for each recording the sum of its distinct events' rarities; 1 without `spread`."""
    seen: set[tuple[str, str, int]] = set()
    sizes: dict[tuple[str, str], float] = defaultdict(float)
    for event in events:
        key = (event.source, event.group, event.canonical)
        if event.source in RECORDING_SOURCES and event.techniques and key not in seen:
            seen.add(key)
            sizes[event.source, event.group] += _rarity(len(labels[event.canonical]), weights)
    return sizes if weights.spread else dict.fromkeys(sizes, 1.0)


def _source_factors(events: Iterable[CorpusEvent], weights: ExampleWeights) -> Mapping[str, float]:
    """Return for each source with labels of its events the factor that lifts its malice weight."""
    distinct: dict[str, set[int]] = defaultdict(set)
    for event in events:
        if event.source in EVENT_LABELLED_SOURCES and event.label in ("malicious", "benign"):
            distinct[event.source].add(event.canonical)
    return {source: min(MAX_MALICE_WEIGHT, weights.labelled_source / len(own)) for source, own in distinct.items()}


def _rarity(labels: int, weights: ExampleWeights) -> float:
    return float(labels**-weights.rarity)


def _example(
    canonical: CanonicalEvent,
    rows: Sequence[CorpusEvent],
    labels: int,
    sizes: Mapping[tuple[str, str], float],
    factors: Mapping[str, float],
    weights: ExampleWeights,
    alert: bool,
) -> Example:
    """Return the example of a canonical event from all events with it; `labels` counts its technique lists."""
    example = Example(canonical)
    shares: dict[str, float] = defaultdict(float)
    for row in {(r.source, r.group, r.techniques, r.hits, r.label): r for r in rows}.values():
        weight, techniques = _technique_target(row, labels, sizes, weights)
        for technique, share in techniques.items():
            shares[technique] += weight * share
        malice, weight = _malice_target(row, labels, alert)
        weight *= factors.get(row.source, 1.0)
        if malice is not None and weight > 0:
            total = example.malice_weight + weight
            example.malice = ((example.malice or 0.0) * example.malice_weight + malice * weight) / total
            example.malice_weight = total
    example.malice_weight = min(MAX_MALICE_WEIGHT, example.malice_weight)
    example.technique_weight = min(1.0, sum(shares.values()))
    total = sum(shares.values())
    example.techniques = {t: s / total for t, s in shares.items()} if total else {}
    return example


def _technique_target(
    row: CorpusEvent, labels: int, sizes: Mapping[tuple[str, str], float], weights: ExampleWeights
) -> tuple[float, dict[str, float]]:
    """Return the weight of an event on techniques, and their shares."""
    if row.source in EVENT_LABELLED_SOURCES or row.source in TECHNIQUE_SOURCES:
        return (weights.events if row.label == "malicious" and row.techniques else 0.0), _shares(row.techniques)
    hit = tuple(t for _, level, techniques in row.hits if level in ATTACK_LEVELS for t in techniques)
    if row.source not in RECORDING_SOURCES or not row.techniques:
        return (weights.hits if hit else 0.0), _shares(hit)
    own = weights.recordings * _rarity(labels, weights) / sizes[row.source, row.group]
    if not hit:
        return own, _shares(row.techniques)
    agreed = tuple(t for t in hit if t in row.techniques) or hit
    return own + weights.hits, _shares(agreed)


def _malice_target(row: CorpusEvent, labels: int, alert: bool) -> tuple[float | None, float]:
    """Return the malice of an event (0..1, None if unknown), and its weight."""
    if row.source in TECHNIQUE_SOURCES and row.label == "malicious":
        return None, 0.0
    levels = [LEVEL_WEIGHT.get(level, 0.0) for _, level, _ in row.hits if level in ATTACK_LEVELS]
    if row.source in EVENT_LABELLED_SOURCES:
        known = {"malicious": 1.0, "benign": 0.0}.get(row.label)
        return (known, 1.0) if known is not None else (0.0, UNLABELLED_WEIGHT / 5)
    if row.source in RECORDING_SOURCES:
        if levels:
            return 1.0, max(levels)
        if alert:
            return None, 0.0
        return (0.0, 1.0) if labels >= BACKGROUND_RECORDINGS else (0.0, 0.2)
    if row.label == "benign":
        return 0.0, 1.0
    if levels:
        return 1.0, max(levels) * 0.5
    if row.source in ATTACKED_SOURCES or not is_ordinary(row, alert):
        return (None, 0.0) if alert else (0.0, UNLABELLED_WEIGHT / 5)
    return 0.0, UNLABELLED_WEIGHT


def _shares(techniques: Sequence[str]) -> dict[str, float]:
    distinct = dict.fromkeys(techniques)
    return {t: 1.0 / len(distinct) for t in distinct}
