"""Calibration: logits to probabilities, thresholds by alert budget, distances to a novelty.

Everything here is fitted on recordings and machines on which no head was fitted.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from hashlib import sha256

import numpy as np
from sklearn.cluster import MiniBatchKMeans

from loglm_bridge.lab.data.corpus import CorpusEvent
from loglm_bridge.lab.data.labels import MACHINE_SOURCES, is_everyday, known_malice
from loglm_bridge.lab.train.features import Features
from loglm_bridge.lab.train.thresholds import Budget, with_thresholds
from loglm_bridge.model.classifier.head_config import HeadConfig
from loglm_bridge.model.classifier.heads import Heads
from loglm_bridge.model.classifier.score_scale import NEUTRAL
from loglm_bridge.telemetry.record import CanonicalEvent

#: One training recording in so many is reserved for calibration.
CALIBRATION_DIVISOR = 8

#: A log family gets a temperature of its own from so many distinct events of attacks on.
MIN_ATTACKS = 50


@dataclass(frozen=True)
class HeadSettings:
    """Numbers of HeadConfig that the recipe chooses."""

    gate: float
    bound: float
    floor: float
    ceiling: float


def reserved_for_calibration(event: CorpusEvent) -> bool:
    """Return whether the recording of an event is reserved for calibration; its name alone decides."""
    digest = sha256(f"{event.source}/{event.group}".encode()).digest()
    return digest[0] % CALIBRATION_DIVISOR == 0


def calibrates(event: CorpusEvent) -> bool:
    """Return whether an event counts in calibration: of a reserved recording, or of an ordinary machine."""
    return reserved_for_calibration(event) or event.source in MACHINE_SOURCES


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


def uncalibrated(techniques: Sequence[str], families: Sequence[str], settings: HeadSettings) -> HeadConfig:
    """Return a configuration with the scale before any calibration."""
    return HeadConfig(
        tuple(techniques),
        tuple(families),
        settings.gate,
        settings.bound,
        settings.floor,
        settings.ceiling,
        1.0,
        (0.0,),
        {"": NEUTRAL},
    )


def calibrated(
    heads: Heads,
    events: Sequence[CorpusEvent],
    canonicals: Sequence[CanonicalEvent],
    features: Features,
    budget: Budget,
    alerts: frozenset[int] = frozenset(),
) -> Heads:
    """Return the heads with a scale for each log family, novelty, and a temperature for each family with attacks.

    `canonicals` and `features` are those of the whole corpus; `events` hold indices into them. `alerts` are the indices
    of canonical events that a rule of level medium or above matches.
    """
    rows = sorted({e.canonical for e in events})
    index = {row: i for i, row in enumerate(rows)}
    chosen = features.take(np.array(rows))
    families = [canonicals[row].family for row in rows]
    at = np.array([index[e.canonical] for e in events])
    logits = heads.technique_logits(chosen.vectors, chosen.grams)
    own = {family: _temperature(heads, events, at, logits, family, families) for family in ("", *sorted(set(families)))}
    scales = {f: replace(heads.config.scale(""), temperature=t) for f, t in own.items() if t is not None}
    scales.setdefault("", heads.config.scale(""))
    ordinary = at[[is_everyday(e, e.canonical in alerts) for e in events]]
    return with_thresholds(heads.with_config(scales=scales), chosen, families, ordinary, budget)


def _temperature(
    heads: Heads,
    events: Sequence[CorpusEvent],
    at: np.ndarray,
    logits: np.ndarray,
    family: str,
    families: Sequence[str],
) -> float | None:
    """Return the temperature of the attacks of a family ("": of all); None where there are too few."""
    index = {t: i for i, t in enumerate(heads.config.techniques)}
    truth: dict[int, set[int]] = {}
    for i, event in zip(at, events, strict=True):
        known = {index[t] for t in event.techniques if t in index}
        if known and known_malice(event) and family in ("", families[i]):
            truth.setdefault(int(i), set()).update(known)
    if len(truth) < MIN_ATTACKS:
        return None
    rows = np.array(sorted(truth))
    correct = np.zeros((len(rows), len(index)), dtype=np.float32)
    for row, i in enumerate(rows):
        correct[row, list(truth[int(i)])] = 1.0
    return temperature(logits[rows], correct)
