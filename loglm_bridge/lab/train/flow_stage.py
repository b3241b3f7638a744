"""Stage `sequence`: the flow trees and their calibration, from the corpus and the windows of a run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from zlib import crc32

import numpy as np

from loglm_bridge.lab.data.corpus import Corpus, CorpusEvent
from loglm_bridge.lab.data.labels import is_everyday
from loglm_bridge.lab.data.windows import FlowWindows, Windows
from loglm_bridge.lab.synthetic_flows.malicious import MALICIOUS
from loglm_bridge.lab.train import calibrate, flow_training, thresholds
from loglm_bridge.lab.train.flow_training import FlowSettings, LabelledFlows
from loglm_bridge.lab.train.thresholds import Budget, depth_quantiles
from loglm_bridge.model.classifier.score_scale import MIN_GAP, NEUTRAL, ScoreScale
from loglm_bridge.model.flow.flow_classifier import FlowConfig
from loglm_bridge.model.flow.flow_event import FlowEvent
from loglm_bridge.model.flow.flow_features import window_features
from loglm_bridge.model.flow.flow_trees import FlowTrees

#: The source that shows a whole network: malicious flows are as rare as they are there.
NETWORK = "deeptempo_cic2017_sample"

#: Sources that label flows; the second holds captures of attacks.
FLOW_SOURCES = frozenset({NETWORK, "stratosphere_testing"})

#: Fewest everyday flows of other networks from which the scale of lone flows is fitted.
MIN_LONE = 300

#: Folds of the recordings; the flows of each are scored by trees of the others.
_FOLDS = 4


def train(
    corpus: Corpus, windows: FlowWindows, events: Sequence[CorpusEvent], settings: FlowSettings, budget: Budget
) -> tuple[bytes, FlowConfig]:
    """Return the trained trees (`sequence.onnx`) and their calibration.

    Only the labels of `events` are used. Malicious pairs are too few to reserve recordings for calibration: the curve
    is fitted by cross-validation, each fold of the recordings scored by trees of the others.
    """
    allowed = {event.id for event in events}
    excluded = np.array([event.id not in allowed for event in corpus.events])
    labelled = without_labels(labelled_flows(corpus, windows), excluded)
    with_labels = restrict(labelled_windows(windows, labelled), ~excluded)
    every = restrict({key: [*own, *windows.held_out[key]] for key, own in windows.training.items()}, ~excluded)
    familiar = flow_training.single_features(labelled, every)
    trees = flow_training.fit(labelled, with_labels, settings, familiar)
    logits = cross_validated_logits(labelled, with_labels, np.array([event.group for event in corpus.events]), settings)
    predictor = FlowTrees(trees, len(labelled.techniques))
    _, depths = predictor.predict(familiar)
    scale = flow_scale(labelled, logits, budget)
    lone = lone_scale(predictor, window_features(lone_flows(windows, corpus, events)), scale, budget)
    return trees, FlowConfig(labelled.techniques, scale, lone, depth_quantiles(depths))


def lone_flows(windows: FlowWindows, corpus: Corpus, events: Sequence[CorpusEvent]) -> list[list[FlowEvent]]:
    """Return the everyday flows of networks that no label describes, each as a window of its own."""
    allowed = {event.id for event in events}
    pairs = zip(windows.flows, corpus.events, strict=True)
    return [
        [flow]
        for flow, event in pairs
        if flow.src and event.id in allowed and event.source not in FLOW_SOURCES and is_everyday(event, alert=False)
    ]


def lone_scale(trees: FlowTrees, features: np.ndarray, scale: ScoreScale, budget: Budget) -> ScoreScale:
    """Return the scale of flows that are alone in their window, given the features of everyday ones.

    The trees know few networks. What they call malicious in a single flow is everyday in others: a refused connection.
    Without MIN_LONE such flows, `scale` counts.
    """
    if len(features) < MIN_LONE:
        return scale
    logits = trees.predict(features)[0][:, 0]
    fitted = thresholds.fit_scale(logits, budget, scale, (scale.malicious, np.inf), prior_events=0.0)
    return replace(fitted, temperature=scale.temperature)


def cross_validated_logits(
    labelled: LabelledFlows, windows: Windows, groups: np.ndarray, settings: FlowSettings, by: str = "pair"
) -> np.ndarray:
    """Return the logits (events, outputs) of the events in the windows of one key, by trees of the other folds.

    The windows of a fold hold its own flows alone, as if the others had not been recorded. `groups` are the recordings
    of the events.
    """
    folds = np.array([crc32(group.encode("utf-8")) % _FOLDS for group in groups])
    result = np.full((len(labelled.flows), 1 + len(labelled.techniques)), np.nan)
    for fold in range(_FOLDS):
        own = folds == fold
        model = flow_training.fit(without_labels(labelled, own), restrict(windows, ~own), settings)
        trees = FlowTrees(model, len(labelled.techniques))
        result[own] = flow_training.logits(trees, labelled, restrict(windows, own)[by])[own]
    return result


def restrict(windows: Windows, mask: np.ndarray) -> Windows:
    """Return the windows with the events of the mask alone; empty windows are left out."""
    restricted = {key: [[event for event in window if mask[event]] for window in own] for key, own in windows.items()}
    return {key: [window for window in own if window] for key, own in restricted.items()}


def labelled_flows(corpus: Corpus, windows: FlowWindows) -> LabelledFlows:
    """Return the flows of the corpus with their labels."""
    flows = [event if event.source in FLOW_SOURCES else None for event in corpus.events]
    techniques = sorted({t for event in flows if event for t in event.techniques} | set(MALICIOUS.values()))
    index = {technique: i for i, technique in enumerate(techniques)}
    malice = {"malicious": 1.0, "benign": 0.0}
    units: dict[tuple[str, str, str], int] = {}
    both = zip(windows.flows, corpus.events, strict=True)
    return LabelledFlows(
        windows.flows,
        np.array([units.setdefault((flow.src, flow.dest, event.group), len(units)) for flow, event in both]),
        np.array([event.source for event in corpus.events]),
        np.array([malice.get(event.label, np.nan) if event else np.nan for event in flows]),
        np.array([index[e.techniques[0]] if e and e.techniques and e.label == "malicious" else -1 for e in flows]),
        tuple(techniques),
    )


def without_labels(labelled: LabelledFlows, mask: np.ndarray) -> LabelledFlows:
    """Return the flows without the labels of the events of the mask."""
    return replace(
        labelled, malice=np.where(mask, np.nan, labelled.malice), technique=np.where(mask, -1, labelled.technique)
    )


def labelled_windows(windows: FlowWindows, labelled: LabelledFlows) -> Windows:
    """Return the windows that hold a labelled flow."""
    return {
        key: [w for w in (*own, *windows.held_out[key]) if not np.isnan(labelled.malice[list(w)]).all()]
        for key, own in windows.training.items()
    }


def flow_scale(labelled: LabelledFlows, logits: np.ndarray, budget: Budget) -> ScoreScale:
    """Return the scale of flows: malicious from the logit with the best F1 of units, below it as ordinary flows say.

    If flows of NETWORK are among them, they alone decide.
    """
    known = ~np.isnan(logits[:, 0]) & ~np.isnan(labelled.malice)
    of_network = known & (labelled.sources == NETWORK)
    rows = np.flatnonzero(of_network if of_network.any() else known)
    bad, malice = labelled.malice[rows] == 1, logits[rows, 0]
    if not bad.any() or bad.all():
        return NEUTRAL
    ordinary = malice[~bad]
    best = best_f1_threshold(*by_unit(labelled.units[rows], malice, bad))
    suspicious, low = (thresholds.tail_logit(ordinary, share, 1.0) for share in (budget.suspicious, 0.1))
    suspicious = min(suspicious, best - MIN_GAP)
    certain = best + max(best - suspicious, 1.0)
    temperature = _temperature(logits[rows, 1:], labelled.technique[rows])
    return ScoreScale.through(min(low, suspicious - MIN_GAP), suspicious, best, certain, temperature)


def best_f1_threshold(strongest: np.ndarray, malicious: np.ndarray) -> float:
    """Return the threshold with the best F1: of several, the middle of the widest gap between two units.

    `strongest` are the highest logits of the units, `malicious` says which units hold a malicious flow.
    """
    values, index = np.unique(strongest, return_inverse=True)
    flagged, hits = (np.cumsum(np.bincount(index, weights=w)[::-1])[::-1] for w in (np.ones(len(index)), malicious))
    f1 = 2 * hits / (flagged + malicious.sum())
    gaps = np.diff(values, prepend=values[0] - 1.0)
    best = np.flatnonzero(f1 >= f1.max() - 1e-9)
    widest = best[np.argmax(gaps[best])]
    return float(values[widest] - gaps[widest] / 2)


def by_unit(units: np.ndarray, malice: np.ndarray, bad: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return for each unit the highest logit of its flows, and whether one of its flows is malicious."""
    _, index = np.unique(units, return_inverse=True)
    strongest = np.full(index.max() + 1, -np.inf)
    np.maximum.at(strongest, index, malice)
    return strongest, np.bincount(index, weights=bad) > 0


def _temperature(logits: np.ndarray, technique: np.ndarray) -> float:
    named = technique >= 0
    if not named.any():
        return 1.0
    correct = np.eye(logits.shape[1])[technique[named]]
    return calibrate.temperature(logits[named], correct)
