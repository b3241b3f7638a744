"""Stage `sequence`: the sequence encoder and its calibration, from a run's corpus, its windows and its heads."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from loglm_bridge.lab import calibrate, sequence_training
from loglm_bridge.lab.calibrate import Budget
from loglm_bridge.lab.company import CompanySettings
from loglm_bridge.lab.corpus import Corpus, CorpusEvent
from loglm_bridge.lab.heads import Features
from loglm_bridge.lab.sequence_encoder import SequenceEncoder, shape
from loglm_bridge.lab.sequence_graph import sequence_graph
from loglm_bridge.lab.sequence_training import Reading, SequenceSettings
from loglm_bridge.lab.sequences import HOST, PAIR, SOURCE, Sequences
from loglm_bridge.model.head_config import Curve
from loglm_bridge.model.heads import sigmoid
from loglm_bridge.model.sequence import SequenceConfig

#: The log family that the sequence encoder reads, and the sources that label its events.
FLOW = "flow"
FLOW_SOURCES = frozenset({"deeptempo_cic2017_sample", "stratosphere_testing"})

#: How far the F1 of a threshold may lie below the best one's.
SLACK = 0.002


def train(
    made: Corpus, sequences: Sequences, features: Features, fitted: Sequence[CorpusEvent], told: SequenceSettings
) -> tuple[SequenceEncoder, Reading]:
    """Return the trained encoder and what it reads; labels are those of the `fitted` events alone."""
    allowed = {event.id for event in fitted}
    reading = reading_of(made, sequences, features)
    blind = np.array([event.id not in allowed for event in made.events])
    model = sequence_training.encoder(shape(features.vectors.shape[1], told.layers), 1 + len(reading.techniques), told)
    every = [window for by in (PAIR, SOURCE, HOST) for window in sequences.windows.get(by, ())]
    sequence_training.pretrain(model, reading, every, told)
    taught = replace(
        reading, malice=np.where(blind, np.nan, reading.malice), technique=np.where(blind, -1, reading.technique)
    )
    sequence_training.fit(model, taught, known_windows(sequences, taught), told)
    return model.eval(), reading


def reading_of(made: Corpus, sequences: Sequences, features: Features) -> Reading:
    """Return the corpus as the sequence encoder reads it, with the labels of its flows."""
    flows = [event if event.source in FLOW_SOURCES else None for event in made.events]
    techniques = sorted({t for event in flows if event for t in event.techniques})
    place = {technique: i for i, technique in enumerate(techniques)}
    malice = {"malicious": 1.0, "benign": 0.0}
    return Reading(
        sequences.steps,
        np.array([event.canonical for event in made.events]),
        features.vectors,
        np.array([malice.get(event.label, np.nan) if event else np.nan for event in flows]),
        np.array([place[e.techniques[0]] if e and e.techniques and e.label == "malicious" else -1 for e in flows]),
        tuple(techniques),
    )


def calibrated(
    model: SequenceEncoder,
    reading: Reading,
    made: Corpus,
    sequences: Sequences,
    kept: Sequence[CorpusEvent],
    budget: Budget,
    told: CompanySettings,
) -> SequenceConfig:
    """Return curve and thresholds of flows in context, fitted on the `kept` calibration events, and what company says.

    Events of other families keep the curves of lone events: company only adds to their logits.
    """
    allowed = {event.id for event in kept}
    at = np.array([event.id in allowed for event in made.events])
    curves = {FLOW: _flow_curve(model, reading, sequences, at, budget)}
    return SequenceConfig((FLOW,), reading.techniques, curves, told.families())


def exported(model: SequenceEncoder) -> bytes:
    """Return the encoder as the bytes of `sequence.onnx`."""
    return sequence_graph(model.shape, {name: value.detach().numpy() for name, value in model.state_dict().items()})


def known_windows(sequences: Sequences, reading: Reading) -> list[Sequence[int]]:
    """Return the windows of flows that hold a label."""
    flows = [
        window for by in (PAIR, SOURCE) for cut in (sequences.windows, sequences.held_out) for window in cut.get(by, ())
    ]
    return [window for window in flows if not np.isnan(reading.malice[list(window)]).all()]


def _flow_curve(
    model: SequenceEncoder, reading: Reading, sequences: Sequences, at: np.ndarray, budget: Budget
) -> Curve:
    """Return the curve of flows in context; malicious from the score on that serves F1 best."""
    pairs = [w for cut in (sequences.windows, sequences.held_out) for w in cut.get(PAIR, ()) if at[list(w)].any()]
    logits = sequence_training.logits(model, reading, pairs)
    rows = np.flatnonzero(at & ~np.isnan(logits[:, 0]) & ~np.isnan(reading.malice))
    bad, malice = reading.malice[rows] == 1, logits[rows, 0].astype(np.float64)
    if not bad.any() or bad.all():
        return Curve(1.0, 0.0, 1.0, 0.5, 0.5)
    slope, offset = calibrate.score_line(malice, bad)
    malicious = float(sigmoid(np.array(slope * _best(malice, bad) + offset)))
    suspicious = min(malicious, calibrate.threshold(sigmoid(slope * malice[~bad] + offset), budget.suspicious))
    return Curve(slope, offset, _temperature(logits[rows, 1:], reading.technique[rows]), malicious, suspicious)


def _temperature(logits: np.ndarray, technique: np.ndarray) -> float:
    named = technique >= 0
    if not named.any():
        return 1.0
    correct = np.eye(logits.shape[1])[technique[named]]
    return calibrate.temperature(logits[named].astype(np.float64), correct)


def _best(logits: np.ndarray, bad: np.ndarray) -> float:
    """Return the highest threshold whose F1 is within SLACK of the best: of equals the one with the fewest alerts."""
    order = np.argsort(-logits, kind="stable")
    hits = np.cumsum(bad[order])
    f1 = 2 * hits / (np.arange(1, len(order) + 1) + bad.sum())
    return float(logits[order[f1 >= f1.max() - SLACK]].max())
