"""Calibration: logits to probabilities, thresholds to an alert budget, distances to a novelty.

Everything here is fitted on recordings and machines that no head was fitted on.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from hashlib import sha256

import numpy as np
from sklearn.cluster import MiniBatchKMeans
from sklearn.linear_model import LogisticRegression

from loglm_bridge.lab.data.corpus import CorpusEvent
from loglm_bridge.lab.data.sources import LabelledEvent
from loglm_bridge.lab.train.features import Features
from loglm_bridge.lab.train.thresholds import LEAST_ORDINARY, Budget, with_thresholds
from loglm_bridge.lab.weak_labels.training_examples import EVENT_LABELLED, TELLING
from loglm_bridge.model.classifier.head_config import Curve, HeadConfig
from loglm_bridge.model.classifier.heads import Heads
from loglm_bridge.telemetry.record import CanonicalEvent

#: One training recording in this many is kept for calibration.
SHARE = 8

LEAST_ATTACKS = 50


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
    """Return the softmax temperature at which the first technique is right as often as its confidence says.

    `logits` is (events, techniques), `correct` a 0/1 matrix of the true techniques.
    """
    first = logits.argmax(axis=1)
    right = float(correct[np.arange(len(first)), first].mean())
    shifted = logits - logits.max(axis=1, keepdims=True)

    def said(step: float) -> float:
        return float((1.0 / np.exp(shifted / step).sum(axis=1)).mean())

    grid = np.geomspace(0.1, 16.0, 200)
    return float(min(grid, key=lambda step: abs(said(step) - right)))


def prototypes(vectors: np.ndarray, count: int, seed: int) -> np.ndarray:
    """Return `count` centres (count, width) of unit-length vectors, for the distance that novelty is."""
    unit = vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-8)
    model = MiniBatchKMeans(count, random_state=seed, n_init=1, batch_size=4096).fit(unit)
    centres: np.ndarray = model.cluster_centers_.astype(np.float32)
    return centres


def uncalibrated(techniques: Sequence[str], families: Sequence[str], gate: float, bound: float) -> HeadConfig:
    """Return a configuration with neutral numbers, to be calibrated."""
    return HeadConfig(
        tuple(techniques), tuple(families), gate, bound, 1.0, (0.0,), {"": Curve(1.0, 0.0, 1.0, 1.0, 1.0)}
    )


def calibrated(
    heads: Heads, events: Sequence[CorpusEvent], forms: Sequence[CanonicalEvent], features: Features, budget: Budget
) -> Heads:
    """Return the heads with a curve for each log family that the calibration events allow, thresholds and novelty.

    `forms` and `features` are those of all canonical events; `events` point into them.
    """
    rows = sorted({e.canonical for e in events})
    place = {row: i for i, row in enumerate(rows)}
    chosen = features.take(np.array(rows))
    families = [forms[row].family for row in rows]
    at = np.array([place[e.canonical] for e in events])
    malice, technique = (
        heads.malice_logits(chosen.vectors, chosen.grams),
        heads.technique.logits(chosen.vectors, chosen.grams),
    )
    exact = technique.astype(np.float64)
    common = _curve(heads, events, at, malice, exact, heads.config.curve(""), False)
    curves = {
        family: _curve(heads, [events[i] for i in own], at[own], malice, exact, common, bool(family))
        for family, own in _by_family(events, [families[i] for i in at]).items()
    }
    ordinary = at[[known_malice(e) is False for e in events]]
    return with_thresholds(heads.with_config(curves=curves), chosen, families, ordinary, budget)


def _by_family(events: Sequence[CorpusEvent], families: Sequence[str]) -> dict[str, list[int]]:
    """Return the rows of each family that shows enough of both classes; those of all others under ""."""
    counts: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for event, family in zip(events, families, strict=True):
        malice = known_malice(event)
        if malice is not None:
            counts[family][malice] += 1
    own = {family for family, (calm, bad) in counts.items() if calm >= LEAST_ORDINARY and bad >= LEAST_ATTACKS}
    rows: dict[str, list[int]] = {"": [], **{family: [] for family in sorted(own)}}
    for row, family in enumerate(families):
        rows[family if family in own else ""].append(row)
    return rows


def _curve(
    heads: Heads,
    events: Sequence[CorpusEvent],
    at: np.ndarray,
    malice: np.ndarray,
    technique: np.ndarray,
    otherwise: Curve,
    vouched: bool,
) -> Curve:
    """Return the curve of the events; `otherwise` where they show one class only, or attacks with the lower logits.

    Where not all is `vouched` for, telemetry without labels counts as ordinary: in families of few labels the labelled
    events are tests, half of them attacks, and an ordinary day would score as one.
    """
    truth = [known_malice(e) if vouched else bool(known_malice(e)) for e in events]
    known = [(i, bad) for i, bad in zip(at, truth, strict=True) if bad is not None]
    if len({bad for _, bad in known}) < 2:
        return otherwise
    slope, offset = score_line(malice[[i for i, _ in known]], np.array([bad for _, bad in known]))
    if slope <= 0:
        return otherwise
    return Curve(slope, offset, _temperature(heads, events, at, technique), 1.0, 1.0)


def _temperature(heads: Heads, events: Sequence[CorpusEvent], at: np.ndarray, logits: np.ndarray) -> float:
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
    return temperature(logits[rows], correct)
