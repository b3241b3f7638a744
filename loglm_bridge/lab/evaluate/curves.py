"""The numbers behind the report's pictures: calibration, recall against a budget, techniques found and confused."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from loglm_bridge.lab.data.sources import LabelledEvent
from loglm_bridge.lab.train.calibrate import known_malice
from loglm_bridge.lab.weak_labels.training_examples import RECORDED, TELLING

#: Equal-width bins of a reliability diagram and of the expected calibration error (Guo et al., 2017).
BINS = 15

#: The file of ordinary machines.
ORDINARY = "evtx_baseline"


@dataclass(frozen=True, slots=True)
class Answer:
    """What a model said of one labelled event: `techniques` ranked (id, confidence), `vector` of unit length."""

    event: LabelledEvent
    score: float
    flagged: bool
    verdict: str
    techniques: tuple[tuple[str, float], ...]
    vector: np.ndarray

    @property
    def ordinary(self) -> bool:
        """Whether an ordinary machine wrote the event."""
        return self.event.source == ORDINARY and self.event.label != "malicious"

    @property
    def ruled(self) -> bool:
        """Whether a Sigma rule of level medium or above hits the event."""
        return any(level in TELLING for _, level, _ in self.event.hits)


@dataclass(frozen=True)
class Reliability:
    """A reliability diagram: per filled bin the mean probability, the share that came true and the count."""

    said: tuple[float, ...]
    true: tuple[float, ...]
    counts: tuple[int, ...]

    @property
    def error(self) -> float:
        """Expected calibration error: the mean distance of said and true, weighted by count."""
        total = sum(self.counts)
        gaps = (abs(s - t) * n for s, t, n in zip(self.said, self.true, self.counts, strict=True))
        return sum(gaps) / total if total else 0.0


def reliability(probabilities: Sequence[float], came_true: Sequence[bool]) -> Reliability:
    """Return the diagram of probabilities (0..1) and outcomes in BINS equal bins; empty bins are left out."""
    said, true = np.asarray(probabilities, dtype=np.float64), np.asarray(came_true, dtype=np.float64)
    places = np.minimum((said * BINS).astype(int), BINS - 1)
    rows = [places == b for b in range(BINS) if (places == b).any()]
    return Reliability(
        tuple(float(said[r].mean()) for r in rows),
        tuple(float(true[r].mean()) for r in rows),
        tuple(int(r.sum()) for r in rows),
    )


def domain(source: str) -> str:
    """Return the set a source's events are reported under."""
    return "Windows" if source in RECORDED or source == ORDINARY else source


def score_reliability(answers: Iterable[Answer]) -> dict[str, Reliability]:
    """Return for each domain how far `score` is the share of attacks, over events of known malice."""
    said: dict[str, list[tuple[float, bool]]] = defaultdict(list)
    for answer in answers:
        malice = known_malice(answer.event)
        if malice is not None:
            said[domain(answer.event.source)].append((answer.score, malice))
    return {name: reliability(*zip(*rows, strict=True)) for name, rows in said.items()}


def confidence_reliability(answers: Iterable[Answer]) -> dict[str, Reliability]:
    """Return for each domain how far the first technique's confidence is the share of true ones, over attacks."""
    said: dict[str, list[tuple[float, bool]]] = defaultdict(list)
    for answer in answers:
        if known_malice(answer.event) and answer.event.techniques and answer.techniques:
            first, confidence = answer.techniques[0]
            said[domain(answer.event.source)].append((confidence, first in answer.event.techniques))
    return {name: reliability(*zip(*rows, strict=True)) for name, rows in said.items()}


def recordings(answers: Iterable[Answer]) -> dict[tuple[str, str], list[Answer]]:
    """Return the answers of each recording of an attack, by (source, group)."""
    out: dict[tuple[str, str], list[Answer]] = defaultdict(list)
    for answer in answers:
        if answer.event.source in RECORDED and answer.event.techniques:
            out[answer.event.source, answer.event.group].append(answer)
    return dict(out)


def recall_by_budget(answers: Sequence[Answer]) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Return for each source of recordings (alerts per 10,000 ordinary events, share of recordings above)."""
    ordinary = np.sort([a.score for a in answers if a.ordinary])[::-1]
    best: dict[str, list[float]] = defaultdict(list)
    for (source, _), held in recordings(answers).items():
        best[source].append(max(a.score for a in held))
    if not len(ordinary):
        return {}
    alerts = np.arange(len(ordinary)) / len(ordinary) * 1e4
    return {source: (alerts, (np.asarray(b)[:, None] > ordinary).mean(0)) for source, b in best.items()}


def union_with_sigma(answers: Sequence[Answer]) -> dict[str, dict[str, float]]:
    """Return for each source of recordings the share found by Sigma's medium rules, by score and by either.

    `score` and `either` raise as many alerts on ordinary events as Sigma: what Sigma raises there, `either` shares
    between the rules of level high and above and the score.
    """
    ordinary = [a for a in answers if a.ordinary]
    if not ordinary:
        return {}
    budget = sum(a.ruled for a in ordinary)
    loud = [a for a in ordinary if _loud(a)]
    alone = _threshold([a.score for a in ordinary], budget)
    beside = _threshold([a.score for a in ordinary if not _loud(a)], budget - len(loud))
    found: dict[str, list[tuple[bool, bool, bool]]] = defaultdict(list)
    for (source, _), held in recordings(answers).items():
        row = any(a.ruled for a in held), any(a.score > alone for a in held)
        found[source].append((*row, any(_loud(a) or a.score > beside for a in held)))
    names = ("sigma", "score", "either")
    return {s: dict(zip(names, np.mean(rows, axis=0).round(4).tolist(), strict=True)) for s, rows in found.items()}


def _loud(answer: Answer) -> bool:
    return any(level in ("high", "critical") for _, level, _ in answer.event.hits)


def _threshold(scores: Sequence[float], alerts: int) -> float:
    """Return the score that at most `alerts` of the scores exceed."""
    ordered = sorted(scores, reverse=True)
    return ordered[min(max(alerts, 0), len(ordered) - 1)] if ordered else 0.0


def unknown_share(answers: Iterable[Answer]) -> float:
    """Return the share of ordinary machines' events that are called unknown."""
    verdicts = [a.verdict for a in answers if a.ordinary]
    return verdicts.count("unknown") / len(verdicts) if verdicts else 0.0


def parent(technique: str) -> str:
    """Return the parent of a technique id (T1003.001 -> T1003)."""
    return technique.partition(".")[0]


def ranking(held: Iterable[Answer]) -> list[str]:
    """Return a recording's parent techniques, best first, by the maximum over its events, as the scorer ranks."""
    best: dict[str, float] = defaultdict(float)
    for answer in held:
        for technique, confidence in answer.techniques:
            best[parent(technique)] = max(best[parent(technique)], confidence)
    return sorted(best, key=lambda t: (-best[t], t))


def found_by_technique(held: Mapping[tuple[str, str], Sequence[Answer]]) -> dict[str, tuple[int, int, int]]:
    """Return for each true parent technique (recordings, found first, found among the first three)."""
    counts: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0])
    for answers in held.values():
        ranked = ranking(answers)
        for technique in {parent(t) for t in answers[0].event.techniques}:
            row = counts[technique]
            row[0] += 1
            row[1] += technique in ranked[:1]
            row[2] += technique in ranked[:3]
    return {t: (row[0], row[1], row[2]) for t, row in sorted(counts.items(), key=lambda p: (-p[1][0], p[0]))}


def confusion(held: Mapping[tuple[str, str], Sequence[Answer]], most: int = 20) -> tuple[list[str], np.ndarray]:
    """Return the `most` frequent parent techniques and a matrix (true, said first) of recording counts.

    A recording whose first technique is right counts on the diagonal alone; the last column is every other technique.
    """
    pairs: Counter[tuple[str, str]] = Counter()
    for answers in held.values():
        true = sorted({parent(t) for t in answers[0].event.techniques})
        said = next(iter(ranking(answers)), "none")
        pairs.update([(said, said)] if said in true else [(t, said) for t in true])
    frequent = Counter[str]()
    for (true_one, _), count in pairs.items():
        frequent[true_one] += count
    names = [t for t, _ in sorted(frequent.items(), key=lambda p: (-p[1], p[0]))[:most]]
    place = {t: i for i, t in enumerate(names)}
    out = np.zeros((len(names), len(names) + 1), dtype=int)
    for (true_one, said), count in pairs.items():
        if true_one in place:
            out[place[true_one], place.get(said, len(names))] += count
    return names, out


def nearest(
    held: Mapping[tuple[str, str], Sequence[Answer]], neighbours: int = 3, events: int = 5
) -> dict[tuple[str, str], list[tuple[tuple[str, str], float]]]:
    """Return for each recording the nearest others by cosine of the mean vector of its `events` loudest events."""
    names = list(held)
    if len(names) < 2:
        return {}
    means = np.stack(
        [np.mean([a.vector for a in sorted(held[n], key=lambda a: -a.score)[:events]], axis=0) for n in names]
    )
    means /= np.maximum(np.linalg.norm(means, axis=1, keepdims=True), 1e-8)
    cosine = means @ means.T
    np.fill_diagonal(cosine, -1.0)
    order = np.argsort(-cosine, axis=1, kind="stable")[:, : min(neighbours, len(names) - 1)]
    return {n: [(names[j], float(cosine[i, j])) for j in order[i]] for i, n in enumerate(names)}
