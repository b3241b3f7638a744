"""Stage `sequence`: the trees of flows and their calibration, from a run's corpus and its windows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from zlib import crc32

import numpy as np

from loglm_bridge.lab.data.corpus import Corpus, CorpusEvent
from loglm_bridge.lab.data.windows import Sequences, Windows
from loglm_bridge.lab.synthetic_flows.malicious import HOSTILE
from loglm_bridge.lab.train import calibrate, flow_training, thresholds
from loglm_bridge.lab.train.flow_training import FlowSettings, Reading
from loglm_bridge.lab.train.thresholds import Budget, depth_steps
from loglm_bridge.model.classifier.head_config import Curve
from loglm_bridge.model.classifier.heads import sigmoid
from loglm_bridge.model.flow.flow_classifier import FlowConfig
from loglm_bridge.model.flow.flow_trees import FlowTrees

#: Sources that label flows: that of a whole network, hostile flows as rare as they are there, and captures of attacks.
NETWORK = "deeptempo_cic2017_sample"
FLOW_SOURCES = frozenset({NETWORK, "stratosphere_testing"})


#: Parts of the recordings, each of which is read by trees of the others.
_FOLDS = 4


def train(
    made: Corpus, sequences: Sequences, kept: Sequence[CorpusEvent], told: FlowSettings, budget: Budget
) -> tuple[bytes, FlowConfig]:
    """Return the trained trees (`sequence.onnx`) and what is read from their answers.

    Labels are those of the `kept` events alone. Hostile pairs are too few for a calibration share of their own: the
    curve is fitted on what trees say of recordings that they have not seen, a quarter at a time.
    """
    allowed = {event.id for event in kept}
    out = np.array([event.id not in allowed for event in made.events])
    reading = without(reading_of(made, sequences), out)
    windows = within(known_windows(sequences, reading), ~out)
    shown = within({key: [*cut, *sequences.held_out[key]] for key, cut in sequences.windows.items()}, ~out)
    familiar = flow_training.alone(reading, shown)
    trees = flow_training.fit(reading, windows, told, familiar)
    logits = unseen(reading, windows, np.array([event.group for event in made.events]), told)
    _, depths = FlowTrees(trees, len(reading.techniques)).predict(familiar)
    return trees, FlowConfig(reading.techniques, flow_curve(reading, logits, budget), depth_steps(depths))


def unseen(reading: Reading, windows: Windows, groups: np.ndarray, told: FlowSettings, by: str = "pair") -> np.ndarray:
    """Return the logits (events, outputs) of the events in the windows of one key, by trees of the other folds.

    A fold's windows hold its own flows alone, as if the others had never been recorded. `groups` are the recordings.
    """
    folds = np.array([crc32(group.encode("utf-8")) % _FOLDS for group in groups])
    out = np.full((len(reading.steps), 1 + len(reading.techniques)), np.nan)
    for fold in range(_FOLDS):
        own = folds == fold
        model = flow_training.fit(without(reading, own), within(windows, ~own), told)
        trees = FlowTrees(model, len(reading.techniques))
        out[own] = flow_training.logits(trees, reading, within(windows, own)[by])[own]
    return out


def within(windows: Windows, kept: np.ndarray) -> Windows:
    """Return the windows as if only the events in the mask `kept` had been recorded."""
    found = {key: [[event for event in window if kept[event]] for window in cut] for key, cut in windows.items()}
    return {key: [window for window in cut if window] for key, cut in found.items()}


def reading_of(made: Corpus, sequences: Sequences) -> Reading:
    """Return the corpus as the trees read it, with the labels of its flows."""
    flows = [event if event.source in FLOW_SOURCES else None for event in made.events]
    techniques = sorted({t for event in flows if event for t in event.techniques} | set(HOSTILE.values()))
    place = {technique: i for i, technique in enumerate(techniques)}
    malice = {"malicious": 1.0, "benign": 0.0}
    units: dict[tuple[str, str, str], int] = {}
    told = zip(sequences.steps, made.events, strict=True)
    return Reading(
        sequences.steps,
        np.array([units.setdefault((step.src, step.dest, event.group), len(units)) for step, event in told]),
        np.array([event.source for event in made.events]),
        np.array([malice.get(event.label, np.nan) if event else np.nan for event in flows]),
        np.array([place[e.techniques[0]] if e and e.techniques and e.label == "malicious" else -1 for e in flows]),
        tuple(techniques),
    )


def without(reading: Reading, out: np.ndarray) -> Reading:
    """Return the reading without the labels of the events that the mask names."""
    return replace(
        reading, malice=np.where(out, np.nan, reading.malice), technique=np.where(out, -1, reading.technique)
    )


def known_windows(sequences: Sequences, reading: Reading) -> Windows:
    """Return the windows that hold a label."""
    return {
        key: [w for w in (*cut, *sequences.held_out[key]) if not np.isnan(reading.malice[list(w)]).all()]
        for key, cut in sequences.windows.items()
    }


def flow_curve(reading: Reading, logits: np.ndarray, budget: Budget) -> Curve:
    """Return the curve of the labelled flows' logits; malicious from the score on that serves units best.

    Where flows of NETWORK are among them they decide alone.
    """
    known = ~np.isnan(logits[:, 0]) & ~np.isnan(reading.malice)
    own = known & (reading.sources == NETWORK)
    rows = np.flatnonzero(own if own.any() else known)
    bad, malice = reading.malice[rows] == 1, logits[rows, 0]
    if not bad.any() or bad.all():
        return Curve(1.0, 0.0, 1.0, 0.5, 0.5)
    slope, offset = calibrate.score_line(malice, bad)
    best = threshold(*by_unit(reading.units[rows], malice, bad))
    malicious = float(sigmoid(np.array(slope * best + offset)))
    suspicious = min(malicious, thresholds.threshold(sigmoid(slope * malice[~bad] + offset), budget.suspicious))
    return Curve(slope, offset, _temperature(logits[rows, 1:], reading.technique[rows]), malicious, suspicious)


def threshold(strongest: np.ndarray, hostile: np.ndarray) -> float:
    """Return the logit between units that has the best F1, in the middle of the widest gap of those that have it.

    `strongest` are the logits of the units' strongest flows, `hostile` tells which units hold a hostile one.
    """
    values, place = np.unique(strongest, return_inverse=True)
    flagged, hits = (np.cumsum(np.bincount(place, weights=w)[::-1])[::-1] for w in (np.ones(len(place)), hostile))
    f1 = 2 * hits / (flagged + hostile.sum())
    gaps = np.diff(values, prepend=values[0] - 1.0)
    best = np.flatnonzero(f1 >= f1.max() - 1e-9)
    widest = best[np.argmax(gaps[best])]
    return float(values[widest] - gaps[widest] / 2)


def by_unit(units: np.ndarray, malice: np.ndarray, bad: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return of each unit the logit of its strongest flow, and whether one of its flows is hostile."""
    _, place = np.unique(units, return_inverse=True)
    strongest = np.full(place.max() + 1, -np.inf)
    np.maximum.at(strongest, place, malice)
    return strongest, np.bincount(place, weights=bad) > 0


def _temperature(logits: np.ndarray, technique: np.ndarray) -> float:
    named = technique >= 0
    if not named.any():
        return 1.0
    correct = np.eye(logits.shape[1])[technique[named]]
    return calibrate.temperature(logits[named], correct)
