"""Thresholds to an alert budget and the scale of novelty, from ordinary events alone. numpy is enough for this."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from loglm_bridge.lab.train.features import Features
from loglm_bridge.model.classifier.heads import Heads
from loglm_bridge.telemetry.record import CanonicalEvent

#: Ordinary events of a log family from which on it gets thresholds of its own.
LEAST_ORDINARY = 2_000

#: Distinct training events from which on a log family is known.
LEAST_KNOWN = 10

#: Quantiles that describe how deep familiar flows lie in the isolation forest.
_STEPS = 100


@dataclass(frozen=True)
class Budget:
    """Shares of ordinary events that may be called malicious, suspicious, unknown.

    Ordinary are events of ordinary machines, events their author calls benign, and what no rule hits in recordings of
    attacks: laboratory background, most of it, so a share of it flagged is the upper bound of false alarms.
    """

    malicious: float = 5e-4
    suspicious: float = 1e-2
    unknown: float = 5e-2


def threshold(scores: np.ndarray, share: float) -> float:
    """Return the least score that at most `share` of the ordinary `scores` reach."""
    ordered = np.sort(scores)[::-1]
    place = min(int(np.floor(share * len(ordered))), len(ordered) - 1)
    return float(np.nextafter(ordered[place], 2.0)) if len(ordered) else 1.0


def with_thresholds(
    heads: Heads, features: Features, families: Sequence[str], ordinary: np.ndarray, budget: Budget
) -> Heads:
    """Return the heads with thresholds by budget on ordinary events (rows of `features`, repeats count).

    A family's own curve gets its own thresholds where it has LEAST_ORDINARY ordinary events, else keeps what it had.
    """
    distances = heads.distances(features.vectors)
    steps = np.linspace(0.0, 1.0, 101)[1:]
    fitted = heads.with_config(novelty_quantiles=tuple(float(q) for q in np.quantile(distances, steps)))
    outcomes = fitted.outcomes(features.vectors, features.grams, families)
    curves = dict(heads.config.curves)
    for family, curve in heads.config.curves.items():
        scores = np.array(
            [outcomes[i].score for i in ordinary if (families[i] if families[i] in curves else "") == family]
        )
        if len(scores) >= LEAST_ORDINARY or not family:
            limits = threshold(scores, budget.malicious), threshold(scores, budget.suspicious)
            curves[family] = replace(curve, malicious=limits[0], suspicious=limits[1])
    return fitted.with_config(curves=curves, unknown=1.0 - budget.unknown)


def known_families(forms: Sequence[CanonicalEvent]) -> list[str]:
    """Return the log families of which training shows at least LEAST_KNOWN distinct events."""
    counts = Counter(form.family for form in forms)
    return sorted(family for family, count in counts.items() if count >= LEAST_KNOWN)


def depth_steps(depths: np.ndarray) -> tuple[float, ...]:
    """Return the depths of familiar flows at equal steps, the least first: FlowConfig.depths."""
    return tuple(np.quantile(depths, np.linspace(0.0, 1.0, _STEPS + 1)[:-1]).tolist())
