"""The numbers behind the plots of the report: calibration, recall by alert budget, techniques found and confused."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from loglm_bridge.lab.data.labels import known_malice
from loglm_bridge.lab.evaluate.predictions import Prediction, by_recording, domain

#: Equal-width bins of a reliability diagram and of the expected calibration error (Guo et al., 2017).
BINS = 15

#: The predictions of each recording, by (source, group).
Recordings = Mapping[tuple[str, str], Sequence[Prediction]]


@dataclass(frozen=True)
class Reliability:
    """A reliability diagram: for each filled bin the mean predicted probability, the observed share and the count."""

    predicted: tuple[float, ...]
    observed: tuple[float, ...]
    counts: tuple[int, ...]

    @property
    def error(self) -> float:
        """Expected calibration error: the mean distance of predicted and observed, weighted by count."""
        total = sum(self.counts)
        gaps = (abs(p - o) * n for p, o, n in zip(self.predicted, self.observed, self.counts, strict=True))
        return sum(gaps) / total if total else 0.0


def reliability(probabilities: Sequence[float], outcomes: Sequence[bool]) -> Reliability:
    """Return the diagram of probabilities (0..1) and outcomes in BINS equal bins; empty bins are left out."""
    predicted, observed = np.asarray(probabilities, dtype=np.float64), np.asarray(outcomes, dtype=np.float64)
    bins = np.minimum((predicted * BINS).astype(int), BINS - 1)
    masks = [bins == b for b in range(BINS) if (bins == b).any()]
    return Reliability(
        tuple(float(predicted[mask].mean()) for mask in masks),
        tuple(float(observed[mask].mean()) for mask in masks),
        tuple(int(mask.sum()) for mask in masks),
    )


def confidence_reliability(predictions: Iterable[Prediction]) -> dict[str, Reliability]:
    """Return for each domain the reliability of the first technique's confidence, over attacks."""
    pairs: dict[str, list[tuple[float, bool]]] = defaultdict(list)
    for one in predictions:
        if known_malice(one.event) and one.event.techniques and one.techniques:
            first, confidence = one.techniques[0]
            pairs[domain(one.event.source)].append((confidence, first in one.event.techniques))
    return {name: reliability(*zip(*rows, strict=True)) for name, rows in pairs.items()}


def recall_by_budget(predictions: Sequence[Prediction]) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Return for each source of recordings (alerts per 10,000 ordinary events, share of recordings above)."""
    ordinary = np.sort([p.score for p in predictions if p.is_ordinary])[::-1]
    best: dict[str, list[float]] = defaultdict(list)
    for (source, _), own in by_recording(predictions).items():
        best[source].append(max(p.score for p in own))
    if not len(ordinary):
        return {}
    alerts = np.arange(len(ordinary)) / len(ordinary) * 1e4
    return {source: (alerts, (np.asarray(b)[:, None] > ordinary).mean(0)) for source, b in best.items()}


def union_with_sigma(predictions: Sequence[Prediction]) -> dict[str, dict[str, float]]:
    """Return for each source the share of recordings found by Sigma's medium rules, by the score, and by either.

    `score` and `either` raise as many alerts on ordinary events as Sigma's rules. `either` divides them between the
    rules of level high and above and the score.
    """
    ordinary = [p for p in predictions if p.is_ordinary]
    if not ordinary:
        return {}
    budget = sum(p.has_rule_hit for p in ordinary)
    high = [p for p in ordinary if _has_high_hit(p)]
    score_threshold = _threshold([p.score for p in ordinary], budget)
    rest_threshold = _threshold([p.score for p in ordinary if not _has_high_hit(p)], budget - len(high))
    found: dict[str, list[tuple[bool, bool, bool]]] = defaultdict(list)
    for (source, _), own in by_recording(predictions).items():
        sigma, score = any(p.has_rule_hit for p in own), any(p.score > score_threshold for p in own)
        found[source].append((sigma, score, any(_has_high_hit(p) or p.score > rest_threshold for p in own)))
    names = ("sigma", "score", "either")
    return {s: dict(zip(names, np.mean(rows, axis=0).round(4).tolist(), strict=True)) for s, rows in found.items()}


def _has_high_hit(prediction: Prediction) -> bool:
    return any(level in ("high", "critical") for _, level, _ in prediction.event.hits)


def _threshold(scores: Sequence[float], alerts: int) -> float:
    """Return the score that at most `alerts` of the scores exceed."""
    ordered = sorted(scores, reverse=True)
    return ordered[min(max(alerts, 0), len(ordered) - 1)] if ordered else 0.0


def unknown_share(predictions: Iterable[Prediction]) -> float:
    """Return the share of events of ordinary machines with the verdict unknown."""
    verdicts = [p.verdict for p in predictions if p.is_ordinary]
    return verdicts.count("unknown") / len(verdicts) if verdicts else 0.0


def parent(technique: str) -> str:
    """Return the parent of a technique id (T1003.001 -> T1003)."""
    return technique.partition(".")[0]


def ranking(predictions: Iterable[Prediction]) -> list[str]:
    """Return the parent techniques of a recording, best first, by the maximum over its events, as the scorer ranks."""
    best: dict[str, float] = defaultdict(float)
    for one in predictions:
        for technique, confidence in one.techniques:
            best[parent(technique)] = max(best[parent(technique)], confidence)
    return sorted(best, key=lambda t: (-best[t], t))


def found_by_technique(recordings: Recordings) -> dict[str, tuple[int, int, int]]:
    """Return for each true parent technique (recordings, found first, found among the first three)."""
    counts: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0])
    for predictions in recordings.values():
        ranked = ranking(predictions)
        for technique in {parent(t) for t in predictions[0].event.techniques}:
            row = counts[technique]
            row[0] += 1
            row[1] += technique in ranked[:1]
            row[2] += technique in ranked[:3]
    return {t: (row[0], row[1], row[2]) for t, row in sorted(counts.items(), key=lambda p: (-p[1][0], p[0]))}


def confusion(recordings: Recordings, limit: int = 20) -> tuple[list[str], np.ndarray]:
    """Return the `limit` most frequent parent techniques, and a matrix (true, predicted) of recording counts.

    A recording whose first technique is right counts on the diagonal alone; the last column is every other technique.
    """
    pairs: Counter[tuple[str, str]] = Counter()
    for predictions in recordings.values():
        true = sorted({parent(t) for t in predictions[0].event.techniques})
        predicted = next(iter(ranking(predictions)), "none")
        pairs.update([(predicted, predicted)] if predicted in true else [(t, predicted) for t in true])
    frequent = Counter[str]()
    for (true_one, _), count in pairs.items():
        frequent[true_one] += count
    names = [t for t, _ in sorted(frequent.items(), key=lambda p: (-p[1], p[0]))[:limit]]
    index = {t: i for i, t in enumerate(names)}
    matrix = np.zeros((len(names), len(names) + 1), dtype=int)
    for (true_one, predicted), count in pairs.items():
        if true_one in index:
            matrix[index[true_one], index.get(predicted, len(names))] += count
    return names, matrix


def nearest(
    recordings: Recordings, neighbours: int = 3, events: int = 5
) -> dict[tuple[str, str], list[tuple[tuple[str, str], float]]]:
    """Return for each recording the nearest others, by cosine of the mean vector of its `events` highest scores."""
    names = list(recordings)
    if len(names) < 2:
        return {}
    means = np.stack(
        [np.mean([p.vector for p in sorted(recordings[n], key=lambda p: -p.score)[:events]], axis=0) for n in names]
    )
    means /= np.maximum(np.linalg.norm(means, axis=1, keepdims=True), 1e-8)
    cosine = means @ means.T
    np.fill_diagonal(cosine, -1.0)
    order = np.argsort(-cosine, axis=1, kind="stable")[:, : min(neighbours, len(names) - 1)]
    return {n: [(names[j], float(cosine[i, j])) for j in order[i]] for i, n in enumerate(names)}
