"""What the trees of flows are worth on networks they were not trained on, beside trees on single flows.

Run as `python -m loglm_bridge.lab.evaluate.network_transfer --run RUN`: every capture with both classes is left out of
the labels once, and so is the flow sample of the validation split with all its source, or all but a few pairs. The
baseline (gradient boosting) sees the numbers and ports of single flows, no addresses.
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
from loglm_bridge.lab.data.windows import KEYS, Sequences
from loglm_bridge.lab.recipe import SHIPPED, Recipe
from loglm_bridge.lab.run import Run
from loglm_bridge.lab.train import flow_stage, flow_training
from loglm_bridge.lab.train.flow_training import FlowSettings, Reading
from loglm_bridge.model.flow.flow_event import FlowEvent
from loglm_bridge.model.flow.flow_trees import FlowTrees
from loglm_bridge.telemetry.canonical.network.addresses import ip

#: The source of the validation split's flows.
SAMPLE = flow_stage.NETWORK

#: Pairs of each class that learning from few labels is shown.
SHOTS = (1, 5, 20)

#: Labelled flows of each class from which on a capture can be measured.
LEAST = 50

#: Numbers of a step from which on a port is told from others only as high.
_HIGH = 1024


def left_out(
    events: Sequence[CorpusEvent], reading: Reading, known: np.ndarray
) -> Iterator[tuple[str, np.ndarray, np.ndarray]]:
    """Yield (name, what is left out, what is measured) as masks over the events; `known` are the labelled flows."""
    source = np.array([event.source for event in events])
    held_out = np.array([event.held_out for event in events])
    sample = (source == SAMPLE) & known
    yield SAMPLE, sample, sample & held_out
    for shots in SHOTS:
        shown = few(reading, np.flatnonzero(sample & ~held_out), shots)
        yield f"{SAMPLE} but {shots} hostile and {shots} ordinary pairs", sample & ~shown, sample & held_out
    group = np.array([event.group for event in events])
    for name in sorted(set(group[(source != SAMPLE) & known])):
        capture = (source != SAMPLE) & (group == name)
        bad = reading.malice[capture & known] == 1
        if min(bad.sum(), (~bad).sum()) >= LEAST:
            yield name, capture, capture


def few(reading: Reading, rows: np.ndarray, shots: int) -> np.ndarray:
    """Return a mask of the flows among `rows` of `shots` hostile and `shots` ordinary pairs, each of one recording."""
    units: dict[int, list[int]] = defaultdict(list)
    for row in rows:
        units[int(reading.units[row])].append(int(row))
    rng = random.Random(1)
    shown = np.zeros(len(reading.malice), dtype=bool)
    for hostile in (True, False):
        of = [unit for unit in units.values() if any(reading.malice[row] == 1 for row in unit) == hostile]
        for unit in rng.sample(of, min(shots, len(of))):
            shown[unit] = True
    return shown


def measure(made: Corpus, cut: Sequences, reading: Reading, told: FlowSettings) -> Iterator[list[str]]:
    """Yield rows of (left out, flows measured, AUROC of the baseline, of flows alone, by pair, by source, best verdict
    F1 by pair)."""
    are_flows = np.array([bool(step.src or step.dest) for step in reading.steps])
    numbers = np.array([_numbers(step) for step in reading.steps], dtype=np.float32)
    known = ~np.isnan(reading.malice) & are_flows
    for name, out, asked in left_out(made.events, reading, known):
        fit, test = np.flatnonzero(known & ~out), np.flatnonzero(known & asked)
        truth = reading.malice[test] == 1
        trees = HistGradientBoostingClassifier(max_iter=300, random_state=1).fit(numbers[fit], reading.malice[fit] == 1)
        by_trees = trees.predict_proba(numbers[test])[:, 1]
        taught = flow_stage.without(reading, out)
        model = flow_training.fit(taught, flow_stage.known_windows(cut, taught), told)
        ours = FlowTrees(model, len(reading.techniques))
        measured = flow_stage.without(reading, ~asked)
        windows = flow_stage.known_windows(cut, measured)
        pairs, sources = (flow_training.logits(ours, reading, windows[key])[test, 0] for key in KEYS)
        alone = flow_training.logits(ours, reading, [[int(event)] for event in test])[test, 0]
        figures = [roc_auc_score(truth, scores) for scores in (by_trees, alone, pairs, sources)]
        yield [name, str(len(test)), *(f"{figure:.3f}" for figure in (*figures, _verdict_f1(measured, pairs, test)))]


def _verdict_f1(reading: Reading, said: np.ndarray, rows: np.ndarray) -> float:
    """Best F1 over units (source, destination, recording): hostile if a flow is, flagged if a flow is."""
    strongest, hostile = flow_stage.by_unit(reading.units[rows], said, reading.malice[rows] == 1)
    hits = np.cumsum(hostile[np.argsort(-strongest, kind="stable")])
    return float((2 * hits / (np.arange(1, len(hits) + 1) + hostile.sum())).max())


def _numbers(step: FlowEvent) -> tuple[float, ...]:
    ports = [float(min(port, _HIGH)) for port in (step.src_port, step.dest_port)]
    return (*step.counters, *ports, float(ip(step.src) == "{private}"), float(ip(step.dest) == "{private}"))


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--run", type=Path, required=True, dest="folder", help="a run folder with a corpus")
    args = parser.parse_args()
    run = Run(args.folder, Recipe.read(SHIPPED))
    made, cut = run.windows()
    print(
        "| left out | flows | trees of single flows | LogLM, alone | by pair | by source | best verdict F1, by pair |\n"
        "|---|---|---|---|---|---|---|"
    )
    for row in measure(made, cut, flow_stage.reading_of(made, cut), run.recipe.sequence):
        print("| " + " | ".join(row) + " |", flush=True)


if __name__ == "__main__":
    main()
