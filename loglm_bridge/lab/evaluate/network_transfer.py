"""Evaluates the flow trees on networks without labels, beside trees on single flows.

Run as `python -m loglm_bridge.lab.evaluate.network_transfer --run RUN`. The labels of every capture with both classes
are left out once, and those of the source of the validation flows: all of them, or all but a few pairs. The baseline
(gradient boosting) gets the counters and ports of single flows, no addresses.
"""

from __future__ import annotations

import argparse
import random
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.metrics import roc_auc_score

from loglm_bridge.lab.data.corpus import Corpus, CorpusEvent
from loglm_bridge.lab.data.windows import KEYS, FlowWindows
from loglm_bridge.lab.recipe import SHIPPED, Recipe
from loglm_bridge.lab.run import TrainingRun
from loglm_bridge.lab.train import flow_stage, flow_training
from loglm_bridge.lab.train.flow_training import FlowSettings, LabelledFlows
from loglm_bridge.model.flow.flow_event import FlowEvent
from loglm_bridge.model.flow.flow_trees import FlowTrees
from loglm_bridge.telemetry.canonical.network.addresses import ip

#: The source of the validation split's flows.
SAMPLE = flow_stage.NETWORK

#: Labelled pairs of each class in few-shot learning.
SHOTS = (1, 5, 20)

#: A capture is measured from so many labelled flows of each class on.
MIN_FLOWS = 50

#: Ports from this one on count as one port.
_HIGH_PORT = 1024


def left_out(
    events: Sequence[CorpusEvent], labelled: LabelledFlows, known: np.ndarray
) -> Iterator[tuple[str, np.ndarray, np.ndarray]]:
    """Yield (name, mask of the labels left out, mask of the events measured); `known` is the mask of labelled flows."""
    source = np.array([event.source for event in events])
    held_out = np.array([event.held_out for event in events])
    sample = (source == SAMPLE) & known
    yield SAMPLE, sample, sample & held_out
    for shots in SHOTS:
        chosen = few_pairs(labelled, np.flatnonzero(sample & ~held_out), shots)
        yield f"{SAMPLE} but {shots} malicious and {shots} benign pairs", sample & ~chosen, sample & held_out
    group = np.array([event.group for event in events])
    for name in sorted(set(group[(source != SAMPLE) & known])):
        capture = (source != SAMPLE) & (group == name)
        bad = labelled.malice[capture & known] == 1
        if min(bad.sum(), (~bad).sum()) >= MIN_FLOWS:
            yield name, capture, capture


def few_pairs(labelled: LabelledFlows, rows: np.ndarray, shots: int) -> np.ndarray:
    """Return the mask of the flows among `rows` of `shots` malicious and `shots` benign pairs of a recording."""
    units: dict[int, list[int]] = defaultdict(list)
    for row in rows:
        units[int(labelled.units[row])].append(int(row))
    rng = random.Random(1)
    chosen = np.zeros(len(labelled.malice), dtype=bool)
    for malicious in (True, False):
        pairs = [unit for unit in units.values() if any(labelled.malice[row] == 1 for row in unit) == malicious]
        for unit in rng.sample(pairs, min(shots, len(pairs))):
            chosen[unit] = True
    return chosen


def measure(
    events: Corpus, windows: FlowWindows, labelled: LabelledFlows, settings: FlowSettings
) -> Iterator[list[str]]:
    """Yield a row of the table for each part of the labels that is left out.

    A row holds: what is left out, the flows measured, the AUROC of the baseline, of single flows, by pair and by
    source, and the best verdict F1 by pair.
    """
    are_flows = np.array([bool(flow.src or flow.dest) for flow in labelled.flows])
    inputs = np.array([_baseline_inputs(flow) for flow in labelled.flows], dtype=np.float32)
    known = ~np.isnan(labelled.malice) & are_flows
    for name, excluded, measured in left_out(events.events, labelled, known):
        fit, test = np.flatnonzero(known & ~excluded), np.flatnonzero(known & measured)
        truth = labelled.malice[test] == 1
        boosted = HistGradientBoostingClassifier(max_iter=300, random_state=1)
        baseline = boosted.fit(inputs[fit], labelled.malice[fit] == 1).predict_proba(inputs[test])[:, 1]
        remaining = flow_stage.without_labels(labelled, excluded)
        model = flow_training.fit(remaining, flow_stage.labelled_windows(windows, remaining), settings)
        trees = FlowTrees(model, len(labelled.techniques))
        tested = flow_stage.without_labels(labelled, ~measured)
        test_windows = flow_stage.labelled_windows(windows, tested)
        pairs, sources = (flow_training.logits(trees, labelled, test_windows[key])[test, 0] for key in KEYS)
        single = flow_training.logits(trees, labelled, [[int(event)] for event in test])[test, 0]
        figures = [roc_auc_score(truth, scores) for scores in (baseline, single, pairs, sources)]
        yield [name, str(len(test)), *(f"{figure:.3f}" for figure in (*figures, best_verdict_f1(tested, pairs, test)))]


def best_verdict_f1(labelled: LabelledFlows, logits: np.ndarray, rows: np.ndarray) -> float:
    """Return the best F1 over units: a unit is malicious, or flagged, if one of its flows is."""
    strongest, malicious = flow_stage.by_unit(labelled.units[rows], logits, labelled.malice[rows] == 1)
    hits = np.cumsum(malicious[np.argsort(-strongest, kind="stable")])
    return float((2 * hits / (np.arange(1, len(hits) + 1) + malicious.sum())).max())


def _baseline_inputs(flow: FlowEvent) -> tuple[float, ...]:
    ports = [float(min(port, _HIGH_PORT)) for port in (flow.src_port, flow.dest_port)]
    return (*flow.counters, *ports, float(ip(flow.src) == "{private}"), float(ip(flow.dest) == "{private}"))


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--run", type=Path, required=True, dest="folder", help="a run folder with a corpus")
    args = parser.parse_args()
    run = TrainingRun(args.folder, Recipe.read(SHIPPED))
    events, windows = run.windows()
    head = ("left out", "flows", "trees of single flows", "LogLM, single flows", "by pair", "by source")
    print(f"| {' | '.join(head)} | best verdict F1, by pair |\n|{'---|' * (len(head) + 1)}")
    for row in measure(events, windows, flow_stage.labelled_flows(events, windows), run.recipe.sequence):
        print("| " + " | ".join(row) + " |", flush=True)


if __name__ == "__main__":
    main()
