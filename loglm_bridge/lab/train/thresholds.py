"""Thresholds by alert budget and the scale of novelty, fitted to ordinary events. Needs no training library."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from loglm_bridge.lab.train.features import Features
from loglm_bridge.model.classifier.heads import Heads
from loglm_bridge.model.classifier.score_scale import MIN_GAP, SHARES, ScoreScale
from loglm_bridge.telemetry.record import CanonicalEvent

#: A log family gets a scale of its own from so many ordinary events on.
MIN_ORDINARY = 300

#: A log family counts as one of the typical ones from so many ordinary events on.
MIN_TYPICAL = 200

#: Events that the scale of a typical family counts as beside those of one family.
PRIOR_EVENTS = 300

#: Events above a quantile that make it reliable.
ENOUGH = 10

#: A log family is known from so many distinct training events on.
MIN_KNOWN = 10

#: Logits that the score 0.99 lies at least above 0.9: a step of a rule's level.
CERTAIN_GAP = 6.0

#: The least and the highest logit from which on events may be malicious.
Limits = tuple[float, float]

#: Number of quantiles that describe the depths of familiar flows in the isolation forest.
_QUANTILES = 100


@dataclass(frozen=True)
class Budget:
    """Shares of ordinary events that may be called malicious, suspicious, unknown.

    Ordinary are events of ordinary machines, events that their author labels benign, and events of attack recordings
    that no rule hits. Most of the latter are background, so the share of them that is flagged bounds the false alarms.
    """

    malicious: float = SHARES["malicious"]
    suspicious: float = SHARES["suspicious"]
    unknown: float = 5e-2


def tail_logit(logits: np.ndarray, share: float, spread: float) -> float:
    """Return the logit that `share` of ordinary events reach.

    The quantile itself where at least ENOUGH events lie above it; beyond, an exponential tail whose mean excess is that
    of the events above the last such quantile, shrunk towards `spread` as ENOUGH further events (Hill, 1975).
    """
    ordered = np.sort(np.asarray(logits, dtype=np.float64))
    last = max(share, ENOUGH / len(ordered))
    if last >= 1.0:
        return float(ordered[-1])
    base = float(np.quantile(ordered, 1.0 - last))
    if last == share:
        return base
    excess = ordered[ordered > base] - base
    mean = (excess.sum() + ENOUGH * spread) / (len(excess) + ENOUGH)
    return float(base + mean * np.log(last / share))


def fit_scale(
    logits: np.ndarray, budget: Budget, prior: ScoreScale, limits: Limits, prior_events: float = PRIOR_EVENTS
) -> ScoreScale:
    """Return the scale of a family from the logits of its ordinary events (repeats count).

    `prior` is the scale of a typical family; a family borrows from it as if it had `prior_events` of its events.
    `limits` are the least and the highest logit from which on events may be malicious, whatever ordinary events say.
    """
    shares = (
        SHARES["low"],
        budget.suspicious,
        budget.malicious,
        budget.malicious * SHARES["certain"] / SHARES["malicious"],
    )
    borrowed = (prior.low, prior.suspicious, prior.malicious, prior.certain)
    spreads = np.diff([prior.low, *borrowed]) / np.log(10.0)  # logits for a share of ordinary events e times smaller
    spreads[0] = spreads[1]
    own = [tail_logit(logits, share, spread) for share, spread in zip(shares, spreads.tolist(), strict=True)]
    weight = len(logits) / (len(logits) + prior_events)
    low, suspicious, malicious, certain = (weight * a + (1 - weight) * b for a, b in zip(own, borrowed, strict=True))
    malicious = min(max(malicious, limits[0]), limits[1])
    suspicious = min(suspicious, malicious - MIN_GAP)
    low = min(low, suspicious - MIN_GAP)
    certain = max(certain, malicious + CERTAIN_GAP)
    return ScoreScale.through(low, suspicious, malicious, certain, prior.temperature)


def typical_scale(
    logits: np.ndarray, families: np.ndarray, budget: Budget, start: ScoreScale, limits: Limits
) -> ScoreScale:
    """Return the scale of a typical family: each anchor is the median of those of the families with enough events.

    All events together would be those of the largest family. Without any such family they are all there is.
    """
    large = [family for family in sorted(set(families.tolist())) if (families == family).sum() >= MIN_TYPICAL]
    fitted = [fit_scale(logits[families == family], budget, start, limits, 0.0) for family in large]
    if not fitted:
        return fit_scale(logits, budget, start, limits)
    anchors = np.median([[one.low, one.suspicious, one.malicious, one.certain] for one in fitted], axis=0)
    low, suspicious, malicious, certain = anchors.tolist()
    return ScoreScale.through(low, suspicious, malicious, certain, start.temperature)


def with_thresholds(
    heads: Heads, features: Features, families: Sequence[str], ordinary: np.ndarray, budget: Budget
) -> Heads:
    """Return the heads with scales and novelty fitted to ordinary events.

    `ordinary` are rows of `features`, repeats count; `families` are the log families of all rows. A family gets a scale
    of its own from MIN_ORDINARY ordinary events on.
    """
    distances = heads.distances(features.vectors)
    shares = np.linspace(0.0, 1.0, 101)[1:]
    fitted = heads.with_config(novelty_quantiles=tuple(float(q) for q in np.quantile(distances, shares)))
    logits = heads.malice_logits(features.vectors, features.grams)[ordinary]
    own = np.array([families[i] for i in ordinary], dtype=object)
    limits = heads.config.floor, heads.config.ceiling
    common = typical_scale(logits, own, budget, heads.config.scale(""), limits)
    scales = {"": common}
    for family in sorted(set(own.tolist())):
        rows = own == family
        if rows.sum() >= MIN_ORDINARY:
            prior = replace(common, temperature=heads.config.scale(family).temperature)
            scales[family] = fit_scale(logits[rows], budget, prior, limits)
    return fitted.with_config(scales=scales, unknown=1.0 - budget.unknown)


def known_families(canonicals: Sequence[CanonicalEvent]) -> list[str]:
    """Return the log families with at least MIN_KNOWN distinct events."""
    counts = Counter(canonical.family for canonical in canonicals)
    return sorted(family for family, count in counts.items() if count >= MIN_KNOWN)


def depth_quantiles(depths: np.ndarray) -> tuple[float, ...]:
    """Return quantiles of the depths of familiar flows, ascending: FlowConfig.depths."""
    return tuple(np.quantile(depths, np.linspace(0.0, 1.0, _QUANTILES + 1)[:-1]).tolist())
