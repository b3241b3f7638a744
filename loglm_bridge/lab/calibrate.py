"""Calibration: logits to probabilities, thresholds to an alert budget, distances to a novelty.

Everything here is fitted on recordings and machines that no head was fitted on.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256

import numpy as np
from sklearn.cluster import MiniBatchKMeans
from sklearn.linear_model import LogisticRegression

from loglm_bridge.lab.corpus import CorpusEvent
from loglm_bridge.lab.examples import EVENT_LABELLED, TELLING
from loglm_bridge.lab.heads import Features
from loglm_bridge.lab.sources import LabelledEvent
from loglm_bridge.model.heads import HeadConfig, Heads

#: One training recording in this many is kept for calibration.
SHARE = 8


@dataclass(frozen=True)
class Budget:
    """Shares of ordinary events that may be called malicious, suspicious, unknown.

    Ordinary are events of ordinary machines, events their author calls benign, and what no rule hits in recordings of
    attacks: laboratory background, most of it, so a share of it flagged is the upper bound of false alarms.
    """

    malicious: float = 5e-4
    suspicious: float = 1e-2
    unknown: float = 5e-2


def kept_for_calibration(event: CorpusEvent) -> bool:
    """Return whether the recording of an event belongs to the calibration share; a matter of its name alone."""
    digest = sha256(f"{event.source}/{event.group}".encode()).digest()
    return digest[0] % SHARE == 0


def known_malice(event: CorpusEvent | LabelledEvent) -> bool | None:
    """Return whether an event is known to belong to an attack (its own label, or a medium rule inside an attack)."""
    if event.source in EVENT_LABELLED or event.label == "benign":
        return {"malicious": True, "benign": False}.get(event.label)
    if any(level in TELLING for _, level, _ in event.hits):
        return True
    return False if event.label in ("benign", "malicious") else None


def score_line(logits: np.ndarray, malicious: np.ndarray) -> tuple[float, float]:
    """Return slope and offset of the logistic curve through logits and labels (Platt, 1999).

    Both classes weigh as they occur: the score is a probability at the base rate of the calibration recordings.
    """
    model = LogisticRegression(C=1e3).fit(logits.reshape(-1, 1), malicious)
    return float(model.coef_[0, 0]), float(model.intercept_[0])


def temperature(logits: np.ndarray, correct: np.ndarray) -> float:
    """Return the softmax temperature of least cross-entropy.

    `logits` is (events, techniques), `correct` a 0/1 matrix of the true techniques. Guo et al., 2017.
    """
    grid = np.geomspace(0.5, 8.0, 49)
    losses = []
    for step in grid:
        shifted = logits / step - (logits / step).max(axis=1, keepdims=True)
        shares = np.exp(shifted)
        shares /= shares.sum(axis=1, keepdims=True)
        losses.append(-np.log(np.maximum((shares * correct).sum(axis=1), 1e-9)).mean())
    return float(grid[int(np.argmin(losses))])


def threshold(scores: np.ndarray, share: float) -> float:
    """Return the least score that at most `share` of the ordinary `scores` reach."""
    ordered = np.sort(scores)[::-1]
    place = min(int(np.floor(share * len(ordered))), len(ordered) - 1)
    return float(np.nextafter(ordered[place], 2.0)) if len(ordered) else 1.0


def prototypes(vectors: np.ndarray, count: int, seed: int) -> np.ndarray:
    """Return `count` centres (count, width) of unit-length vectors, for the distance that novelty is."""
    unit = vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-8)
    model = MiniBatchKMeans(count, random_state=seed, n_init=1, batch_size=4096).fit(unit)
    centres: np.ndarray = model.cluster_centers_.astype(np.float32)
    return centres


def uncalibrated(techniques: Sequence[str], gate: float) -> HeadConfig:
    """Return a configuration with neutral numbers, to be calibrated."""
    return HeadConfig(tuple(techniques), 1.0, gate, 1.0, 0.0, 1.0, 1.0, 1.0, (0.0,))


def calibrated(heads: Heads, events: Sequence[CorpusEvent], features: Features, budget: Budget) -> Heads:
    """Return the heads with temperature, score curve, thresholds and novelty of the calibration events.

    `features` are those of all canonical events; `events` point into them.
    """
    rows = sorted({e.canonical for e in events})
    place = {row: i for i, row in enumerate(rows)}
    chosen = features.take(np.array(rows))
    at = np.array([place[e.canonical] for e in events])
    logits = heads.malice_logits(chosen.vectors, chosen.grams)
    known = [(i, malice) for i, e in zip(at, events, strict=True) if (malice := known_malice(e)) is not None]
    slope, offset = score_line(logits[[i for i, _ in known]], np.array([malice for _, malice in known]))
    fitted = heads.with_config(
        technique_temperature=_temperature(heads, events, at, chosen), score_slope=slope, score_offset=offset
    )
    return with_thresholds(fitted, chosen, at[[known_malice(e) is False for e in events]], budget)


def with_thresholds(heads: Heads, features: Features, ordinary: np.ndarray, budget: Budget) -> Heads:
    """Return the heads with thresholds by budget on ordinary events (rows of `features`, repeats count)."""
    distances = heads.distances(features.vectors)
    steps = np.linspace(0.0, 1.0, 101)[1:]
    fitted = heads.with_config(novelty_quantiles=tuple(float(q) for q in np.quantile(distances, steps)))
    outcomes = fitted.outcomes(features.vectors, features.grams)
    scores = np.array([outcomes[i].score for i in ordinary])
    return fitted.with_config(
        malicious=threshold(scores, budget.malicious),
        suspicious=threshold(scores, budget.suspicious),
        unknown=1.0 - budget.unknown,
    )


def _temperature(heads: Heads, events: Sequence[CorpusEvent], at: np.ndarray, features: Features) -> float:
    place = {t: i for i, t in enumerate(heads.config.techniques)}
    truth: dict[int, set[int]] = {}
    for i, event in zip(at, events, strict=True):
        known = {place[t] for t in event.techniques if t in place}
        if known and known_malice(event):
            truth.setdefault(int(i), set()).update(known)
    if not truth:
        return 1.0
    rows = np.array(sorted(truth))
    correct = np.zeros((len(rows), len(place)), dtype=np.float32)
    for row, i in enumerate(rows):
        correct[row, list(truth[int(i)])] = 1.0
    chosen = features.take(rows)
    return temperature(heads.technique.logits(chosen.vectors, chosen.grams).astype(np.float64), correct)
