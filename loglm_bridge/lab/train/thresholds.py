"""Thresholds by alert budget and the scale of novelty, fitted to ordinary events. Needs no training library."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from loglm_bridge.lab.train.features import Features
from loglm_bridge.model.classifier.heads import Heads
from loglm_bridge.telemetry.record import CanonicalEvent

#: A log family gets thresholds of its own from so many ordinary events on.
MIN_ORDINARY = 2_000

#: A log family is known from so many distinct training events on.
MIN_KNOWN = 10

#: Number of quantiles that describe the depths of familiar flows in the isolation forest.
_QUANTILES = 100


@dataclass(frozen=True)
class Budget:
    """Shares of ordinary events that may be called malicious, suspicious, unknown.

    Ordinary are events of ordinary machines, events that their author labels benign, and events of attack recordings
    that no rule hits. Most of the latter are background, so the share of them that is flagged bounds the false alarms.
    """

    malicious: float = 5e-4
    suspicious: float = 1e-2
    unknown: float = 5e-2


def threshold(scores: np.ndarray, share: float) -> float:
    """Return the lowest score that at most `share` of the ordinary `scores` reach."""
    ordered = np.sort(scores)[::-1]
    index = min(int(np.floor(share * len(ordered))), len(ordered) - 1)
    return float(np.nextafter(ordered[index], 2.0)) if len(ordered) else 1.0


def with_thresholds(
    heads: Heads, features: Features, families: Sequence[str], ordinary: np.ndarray, budget: Budget
) -> Heads:
    """Return the heads with thresholds and novelty fitted to ordinary events.

    `ordinary` are rows of `features`, repeats count; `families` are the log families of all rows. The curve of a family
    gets thresholds of its own from MIN_ORDINARY ordinary events on, and else keeps those it has.
    """
    distances = heads.distances(features.vectors)
    shares = np.linspace(0.0, 1.0, 101)[1:]
    fitted = heads.with_config(novelty_quantiles=tuple(float(q) for q in np.quantile(distances, shares)))
    outcomes = fitted.outcomes(features.vectors, features.grams, families)
    curves = dict(heads.config.curves)
    for family, curve in heads.config.curves.items():
        scores = np.array(
            [outcomes[i].score for i in ordinary if (families[i] if families[i] in curves else "") == family]
        )
        if len(scores) >= MIN_ORDINARY or not family:
            limits = threshold(scores, budget.malicious), threshold(scores, budget.suspicious)
            curves[family] = replace(curve, malicious=limits[0], suspicious=limits[1])
    return fitted.with_config(curves=curves, unknown=1.0 - budget.unknown)


def known_families(canonicals: Sequence[CanonicalEvent]) -> list[str]:
    """Return the log families with at least MIN_KNOWN distinct events."""
    counts = Counter(canonical.family for canonical in canonicals)
    return sorted(family for family, count in counts.items() if count >= MIN_KNOWN)


def depth_quantiles(depths: np.ndarray) -> tuple[float, ...]:
    """Return quantiles of the depths of familiar flows, ascending: FlowConfig.depths."""
    return tuple(np.quantile(depths, np.linspace(0.0, 1.0, _QUANTILES + 1)[:-1]).tolist())
