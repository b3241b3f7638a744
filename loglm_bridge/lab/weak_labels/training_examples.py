"""What the heads learn from: one weighted example for each distinct canonical event and each lesson.

Two questions, two sets of targets: which technique, given an attack; and is it an attack at all. Recordings say both
for the whole file only, so:
- an event's say on technique shrinks with the number of differently labelled recordings that hold it (the laboratory's
  background is in all of them), and the shares of one recording's events add up to one;
- an event is malicious where the author labelled it so or a medium rule hits it, ordinary where many recordings or an
  ordinary machine show it, and left out where nothing is known.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from loglm_bridge.lab.data.corpus import Corpus, CorpusEvent
from loglm_bridge.lab.weak_labels.weak_examples import LEVEL_WEIGHT, WeakExample
from loglm_bridge.telemetry.record import CanonicalEvent

#: Sources whose labels belong to the single event.
EVENT_LABELLED = frozenset(
    {
        "panther_rule_tests",
        "deeptempo_cic2017_sample",  # the file netflow_cic2017
        "crowdsec_hub_tests",
        "stratosphere_testing",
        "loghub_2k",
        "mixed_parser_samples",
        "sekoia_intake_formats",
    }
)

#: Sources of recordings: one technique list for a whole file.
RECORDED = frozenset({"atomic_evtx", "otrf_security_datasets", "evtx_attack_samples", "open_xp_rules"})

#: Rule levels that count as a sign of attack.
TELLING = frozenset({"medium", "high", "critical"})

#: An unhit event that this many recordings share is laboratory background.
COMMON = 3

#: Weight of ordinary events nobody vouches for (telemetry without labels), against 1 for labelled ones.
UNVOUCHED = 0.5

#: The most that one canonical event may weigh on malice, however often it was seen.
MOST_SAY = 6.0


@dataclass
class Example:
    """Targets of one canonical event. `techniques` maps id -> share (sums to 1), `malice` is 0..1 or None (unknown)."""

    event: CanonicalEvent
    techniques: dict[str, float] = field(default_factory=dict)
    technique_weight: float = 0.0
    malice: float | None = None
    malice_weight: float = 0.0


@dataclass(frozen=True)
class TeachingWeights:
    """How much each teacher counts beside recordings (1.0).

    `event_source` is how many distinct events each source with labels of its own weighs as, on malice: a few hundred
    near misses must not drown in a hundred thousand flows. `lessons` is the say of all made events on malice. `rarity`
    is the power of the number of differently labelled recordings that an event's say is divided by (0: background
    counts in full). `spread` shares a recording's say among its events (multiple-instance); without it each event has
    all of it.
    """

    recordings: float = 1.0
    hits: float = 0.5
    events: float = 1.0
    sigma: float = 0.3
    atomic: float = 0.5
    lolbas: float = 0.5
    gtfobins: float = 0.3
    fwaf: float = 0.02
    event_source: float = 10_000.0
    lessons: float = 1.0
    rarity: float = 2.0
    spread: bool = True


def from_corpus(corpus: Corpus, events: Sequence[CorpusEvent], weights: TeachingWeights) -> list[Example]:
    """Return one example for each distinct canonical event among `events`."""
    holders = _labels_by_canonical(events)
    sizes = _recording_sizes(events, holders, weights)
    lift = _source_lift(events, weights)
    by_canonical: dict[int, list[CorpusEvent]] = defaultdict(list)
    for event in events:
        by_canonical[event.canonical].append(event)
    return [
        _example(corpus.canonicals[i], rows, len(holders.get(i, ())), sizes, lift, weights)
        for i, rows in sorted(by_canonical.items())
    ]


def from_lessons(lessons: Iterable[WeakExample], weights: TeachingWeights, atomic: bool) -> list[Example]:
    """Return one example for each lesson; without those of Atomic Red Team unless `atomic`."""
    return [
        Example(
            event=lesson.event,
            techniques=_shares(lesson.techniques),
            technique_weight=getattr(weights, lesson.teacher),
            malice=1.0,
            malice_weight=weights.lessons * lesson.malice * (0.05 if lesson.teacher == "fwaf" else 1.0),
        )
        for lesson in lessons
        if atomic or lesson.teacher != "atomic"
    ]


def _labels_by_canonical(events: Iterable[CorpusEvent]) -> Mapping[int, set[tuple[str, ...]]]:
    """For each canonical event the distinct technique lists of the recordings that hold it."""
    holders: dict[int, set[tuple[str, ...]]] = defaultdict(set)
    for event in events:
        if event.source in RECORDED:
            holders[event.canonical].add(event.techniques)
    return holders


def _recording_sizes(
    events: Iterable[CorpusEvent], holders: Mapping[int, set[tuple[str, ...]]], weights: TeachingWeights
) -> Mapping[tuple[str, str], float]:
    """For each recording the sum of its distinct events' rarities; 1 where each event has all of the say."""
    seen: set[tuple[str, str, int]] = set()
    sizes: dict[tuple[str, str], float] = defaultdict(float)
    for event in events:
        key = (event.source, event.group, event.canonical)
        if event.source in RECORDED and event.techniques and key not in seen:
            seen.add(key)
            sizes[event.source, event.group] += _rarity(len(holders[event.canonical]), weights)
    return sizes if weights.spread else dict.fromkeys(sizes, 1.0)


def _source_lift(events: Iterable[CorpusEvent], weights: TeachingWeights) -> Mapping[str, float]:
    distinct: dict[str, set[int]] = defaultdict(set)
    for event in events:
        if event.source in EVENT_LABELLED and event.label in ("malicious", "benign"):
            distinct[event.source].add(event.canonical)
    return {source: min(MOST_SAY, weights.event_source / len(found)) for source, found in distinct.items()}


def _rarity(labels: int, weights: TeachingWeights) -> float:
    return float(labels**-weights.rarity)


def _example(
    form: CanonicalEvent,
    rows: Sequence[CorpusEvent],
    labels: int,
    sizes: Mapping[tuple[str, str], float],
    lift: Mapping[str, float],
    weights: TeachingWeights,
) -> Example:
    example = Example(form)
    shares: dict[str, float] = defaultdict(float)
    for row in {(r.source, r.group, r.techniques, r.hits, r.label): r for r in rows}.values():
        weight, techniques = _technique_say(row, labels, sizes, weights)
        for technique, share in techniques.items():
            shares[technique] += weight * share
        malice, weight = _malice_say(row, labels)
        weight *= lift.get(row.source, 1.0)
        if malice is not None and weight > 0:
            total = example.malice_weight + weight
            example.malice = ((example.malice or 0.0) * example.malice_weight + malice * weight) / total
            example.malice_weight = total
    example.malice_weight = min(MOST_SAY, example.malice_weight)
    example.technique_weight = min(1.0, sum(shares.values()))
    total = sum(shares.values())
    example.techniques = {t: s / total for t, s in shares.items()} if total else {}
    return example


def _technique_say(
    row: CorpusEvent, labels: int, sizes: Mapping[tuple[str, str], float], weights: TeachingWeights
) -> tuple[float, dict[str, float]]:
    if row.source in EVENT_LABELLED:
        return (weights.events if row.label == "malicious" and row.techniques else 0.0), _shares(row.techniques)
    hit = tuple(t for _, level, techniques in row.hits if level in TELLING for t in techniques)
    if row.source not in RECORDED or not row.techniques:
        return (weights.hits if hit else 0.0), _shares(hit)
    own = weights.recordings * _rarity(labels, weights) / sizes[row.source, row.group]
    if not hit:
        return own, _shares(row.techniques)
    agreed = tuple(t for t in hit if t in row.techniques) or hit
    return own + weights.hits, _shares(agreed)


def _malice_say(row: CorpusEvent, labels: int) -> tuple[float | None, float]:
    levels = [LEVEL_WEIGHT.get(level, 0.0) for _, level, _ in row.hits if level in TELLING]
    if row.source in EVENT_LABELLED:
        known = {"malicious": 1.0, "benign": 0.0}.get(row.label)
        return (known, 1.0) if known is not None else (0.0, UNVOUCHED / 5)
    if row.source in RECORDED:
        if levels:
            return 1.0, max(levels)
        return (0.0, 1.0) if labels >= COMMON else (0.0, 0.2)
    if row.label == "benign":
        return 0.0, 1.0
    return (1.0, max(levels) * 0.5) if levels else (0.0, UNVOUCHED)


def _shares(techniques: Sequence[str]) -> dict[str, float]:
    distinct = dict.fromkeys(techniques)
    return {t: 1.0 / len(distinct) for t in distinct}
