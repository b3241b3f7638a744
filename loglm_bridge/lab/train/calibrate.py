"""Calibration: logits to probabilities, thresholds by alert budget, distances to a novelty.

Everything here is fitted on recordings and machines on which no head was fitted.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from hashlib import sha256

import numpy as np
from sklearn.cluster import MiniBatchKMeans
from sklearn.linear_model import LogisticRegression

from loglm_bridge.lab.data.corpus import CorpusEvent
from loglm_bridge.lab.data.labels import known_malice
from loglm_bridge.lab.train.features import Features
from loglm_bridge.lab.train.thresholds import MIN_ORDINARY, Budget, with_thresholds
from loglm_bridge.model.classifier.head_config import Curve, HeadConfig
from loglm_bridge.model.classifier.heads import Heads
from loglm_bridge.telemetry.record import CanonicalEvent

#: One training recording in so many is reserved for calibration.
CALIBRATION_DIVISOR = 8

#: A log family gets a curve of its own from so many events of attacks on.
MIN_ATTACKS = 50


def reserved_for_calibration(event: CorpusEvent) -> bool:
    """Return whether the recording of an event is reserved for calibration; its name alone decides."""
    digest = sha256(f"{event.source}/{event.group}".encode()).digest()
    return digest[0] % CALIBRATION_DIVISOR == 0


def score_line(logits: np.ndarray, malicious: np.ndarray) -> tuple[float, float]:
    """Return slope and offset of the logistic curve through logits and labels (Platt, 1999).

    Both classes keep their frequency: the score is a probability at the base rate of the calibration recordings.
    """
    model = LogisticRegression(C=1e3).fit(logits.reshape(-1, 1), malicious)
    return float(model.coef_[0, 0]), float(model.intercept_[0])


def temperature(logits: np.ndarray, correct: np.ndarray) -> float:
    """Return the softmax temperature at which the mean confidence of the first technique is its accuracy.

    `logits` is (events, techniques), `correct` a 0/1 matrix of the true techniques.
    """
    first = logits.argmax(axis=1)
    accuracy = float(correct[np.arange(len(first)), first].mean())
    shifted = logits - logits.max(axis=1, keepdims=True)

    def confidence(candidate: float) -> float:
        return float((1.0 / np.exp(shifted / candidate).sum(axis=1)).mean())

    grid = np.geomspace(0.1, 16.0, 200)
    return float(min(grid, key=lambda candidate: abs(confidence(candidate) - accuracy)))


def prototypes(vectors: np.ndarray, count: int, seed: int) -> np.ndarray:
    """Return `count` centres (count, width) of unit-length vectors; novelty is the distance to the nearest one."""
    unit = vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-8)
    model = MiniBatchKMeans(count, random_state=seed, n_init=1, batch_size=4096).fit(unit)
    centres: np.ndarray = model.cluster_centers_.astype(np.float32)
    return centres


def uncalibrated(techniques: Sequence[str], families: Sequence[str], gate: float, bound: float) -> HeadConfig:
    """Return a configuration with neutral curves and thresholds, to be calibrated."""
    return HeadConfig(
        tuple(techniques), tuple(families), gate, bound, 1.0, (0.0,), {"": Curve(1.0, 0.0, 1.0, 1.0, 1.0)}
    )


def calibrated(
    heads: Heads,
    events: Sequence[CorpusEvent],
    canonicals: Sequence[CanonicalEvent],
    features: Features,
    budget: Budget,
) -> Heads:
    """Return the heads with thresholds, novelty, and a curve for each log family with enough calibration events.

    `canonicals` and `features` are those of the whole corpus; `events` hold indices into them.
    """
    rows = sorted({e.canonical for e in events})
    index = {row: i for i, row in enumerate(rows)}
    chosen = features.take(np.array(rows))
    families = [canonicals[row].family for row in rows]
    at = np.array([index[e.canonical] for e in events])
    malice, technique = (
        heads.malice_logits(chosen.vectors, chosen.grams),
        heads.technique.logits(chosen.vectors, chosen.grams),
    )
    technique_logits = technique.astype(np.float64)
    common = _curve(heads, events, at, malice, technique_logits, heads.config.curve(""), False)
    curves = {
        family: _curve(heads, [events[i] for i in own], at[own], malice, technique_logits, common, bool(family))
        for family, own in _by_family(events, [families[i] for i in at]).items()
    }
    ordinary = at[[known_malice(e) is False for e in events]]
    return with_thresholds(heads.with_config(curves=curves), chosen, families, ordinary, budget)


def _by_family(events: Sequence[CorpusEvent], families: Sequence[str]) -> dict[str, list[int]]:
    """Return the indices of the events of each family with enough of both classes; those of all others under ""."""
    counts: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for event, family in zip(events, families, strict=True):
        malice = known_malice(event)
        if malice is not None:
            counts[family][malice] += 1
    own = {family for family, (ordinary, bad) in counts.items() if ordinary >= MIN_ORDINARY and bad >= MIN_ATTACKS}
    indices: dict[str, list[int]] = {"": [], **{family: [] for family in sorted(own)}}
    for index, family in enumerate(families):
        indices[family if family in own else ""].append(index)
    return indices


def _curve(
    heads: Heads,
    events: Sequence[CorpusEvent],
    at: np.ndarray,
    malice: np.ndarray,
    technique: np.ndarray,
    default: Curve,
    labelled_only: bool,
) -> Curve:
    """Return the curve of the events; `default` if they are of one class, or if attacks have the lower logits.

    `at` are the rows of the events among the logits. Unless `labelled_only`, telemetry without labels counts as
    ordinary: in families with few labels the labelled events are tests, half of them attacks, and a normal day would
    score as one.
    """
    truth = [known_malice(e) if labelled_only else bool(known_malice(e)) for e in events]
    known = [(i, bad) for i, bad in zip(at, truth, strict=True) if bad is not None]
    if len({bad for _, bad in known}) < 2:
        return default
    slope, offset = score_line(malice[[i for i, _ in known]], np.array([bad for _, bad in known]))
    if slope <= 0:
        return default
    return Curve(slope, offset, _temperature(heads, events, at, technique), 1.0, 1.0)


def _temperature(heads: Heads, events: Sequence[CorpusEvent], at: np.ndarray, logits: np.ndarray) -> float:
    index = {t: i for i, t in enumerate(heads.config.techniques)}
    truth: dict[int, set[int]] = {}
    for i, event in zip(at, events, strict=True):
        known = {index[t] for t in event.techniques if t in index}
        if known and known_malice(event):
            truth.setdefault(int(i), set()).update(known)
    if not truth:
        return 1.0
    rows = np.array(sorted(truth))
    correct = np.zeros((len(rows), len(index)), dtype=np.float32)
    for row, i in enumerate(rows):
        correct[row, list(truth[int(i)])] = 1.0
    return temperature(logits[rows], correct)
