"""What the sequence encoder is worth on networks it was not trained on, beside trees on the same numbers.

Run as `python -m loglm_bridge.lab.transfer --run RUN`: every capture with both classes is left out of the labels once,
and so is the flow sample of the validation split with all its source, or all but a few pairs. The trees (gradient
boosting) see the numbers and ports of single flows, no addresses.
"""

from __future__ import annotations

import argparse
import random
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.metrics import roc_auc_score

from loglm_bridge.lab import context, sequence_training, sequences
from loglm_bridge.lab.corpus import Corpus, CorpusEvent
from loglm_bridge.lab.recipe import SHIPPED, Recipe
from loglm_bridge.lab.run import SEQUENCES, Run
from loglm_bridge.lab.sequence_encoder import shape
from loglm_bridge.lab.sequence_training import Reading, SequenceSettings
from loglm_bridge.lab.sequences import PAIR, Sequences
from loglm_bridge.model.steps import Step
from loglm_bridge.telemetry.canonical.addresses import ip

#: The source of the validation split's flows.
SAMPLE = "deeptempo_cic2017_sample"

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
        shown = few(events, reading, np.flatnonzero(sample & ~held_out), shots)
        yield f"{SAMPLE} but {shots} hostile and {shots} ordinary pairs", sample & ~shown, sample & held_out
    group = np.array([event.group for event in events])
    for name in sorted(set(group[(source != SAMPLE) & known])):
        capture = (source != SAMPLE) & (group == name)
        bad = reading.malice[capture & known] == 1
        if min(bad.sum(), (~bad).sum()) >= LEAST:
            yield name, capture, capture


def few(events: Sequence[CorpusEvent], reading: Reading, rows: np.ndarray, shots: int) -> np.ndarray:
    """Return a mask of the flows among `rows` of `shots` hostile and `shots` ordinary pairs, each of one recording."""
    units: dict[tuple[str, str, str], list[int]] = defaultdict(list)
    for row in rows:
        units[reading.steps[row].src, reading.steps[row].dest, events[row].group].append(int(row))
    rng = random.Random(1)
    shown = np.zeros(len(events), dtype=bool)
    for hostile in (True, False):
        of = [unit for unit in units.values() if any(reading.malice[row] == 1 for row in unit) == hostile]
        for unit in rng.sample(of, min(shots, len(of))):
            shown[unit] = True
    return shown


def measure(made: Corpus, cut: Sequences, reading: Reading, told: SequenceSettings) -> Iterator[list[str]]:
    """Yield rows of (left out, flows measured, AUROC of trees, of flows alone, of flows in context, verdict F1)."""
    are_flows = np.array([bool(step.src or step.dest) for step in reading.steps])
    numbers = np.array([_numbers(step) for step in reading.steps], dtype=np.float32)
    known = ~np.isnan(reading.malice) & are_flows
    for name, out, asked in left_out(made.events, reading, known):
        fit, test = np.flatnonzero(known & ~out), np.flatnonzero(known & asked)
        truth = reading.malice[test] == 1
        trees = HistGradientBoostingClassifier(max_iter=300, random_state=1).fit(numbers[fit], reading.malice[fit] == 1)
        by_trees = trees.predict_proba(numbers[test])[:, 1]
        unseen = np.where(out, np.nan, reading.malice), np.where(out, -1, reading.technique)
        taught = replace(reading, malice=unseen[0], technique=unseen[1])
        sizes = shape(reading.vectors.shape[1], told.layers)
        model = sequence_training.encoder(sizes, 1 + len(reading.techniques), told)
        sequence_training.pretrain(model, taught, [w for by in cut.windows.values() for w in by], told)
        sequence_training.fit(model, taught, context.known_windows(cut, taught), told)
        pairs = [w for windows in (cut.windows, cut.held_out) for w in windows.get(PAIR, ()) if asked[list(w)].any()]
        together = sequence_training.logits(model, reading, pairs)[test, 0]
        alone = sequence_training.logits(model, reading, [[int(event)] for event in test])[test, 0]
        f1 = _verdict_f1(made, reading, test, together > 0)
        figures = [*(roc_auc_score(truth, scores) for scores in (by_trees, alone, together)), f1]
        yield [name, str(len(test)), *(f"{figure:.3f}" for figure in figures)]


def _verdict_f1(made: Corpus, reading: Reading, test: np.ndarray, said: np.ndarray) -> float:
    """F1 over (source, destination, recording): hostile if a flow is, flagged if a flow is."""
    units: dict[tuple[str, str, str], list[bool]] = defaultdict(lambda: [False, False])
    for event, flagged in zip(test, said, strict=True):
        unit = units[reading.steps[event].src, reading.steps[event].dest, made.events[event].group]
        unit[0] |= bool(reading.malice[event] == 1)
        unit[1] |= bool(flagged)
    both = sum(bad and flagged for bad, flagged in units.values())
    return 2 * both / max(1, sum(bad + flagged for bad, flagged in units.values()))


def _numbers(step: Step) -> tuple[float, ...]:
    ports = [float(min(port, _HIGH)) for port in (step.src_port, step.dest_port)]
    return (*step.amounts, *ports, float(ip(step.src) == "{private}"), float(ip(step.dest) == "{private}"))


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--run", type=Path, required=True, dest="folder", help="a run folder with corpus and encoder")
    parser.add_argument("--epochs", type=int, default=6, help="of each training on labels")
    args = parser.parse_args()
    run = Run(args.folder, Recipe.read(SHIPPED))
    made, features = run.features()
    cut = sequences.load(args.folder / SEQUENCES)
    told = replace(run.recipe.sequence, epochs=args.epochs)
    print(
        "| left out | flows | trees | LogLM, alone | LogLM, in context | verdict F1 at 0.5 |\n|---|---|---|---|---|---|"
    )
    for row in measure(made, cut, context.reading_of(made, cut, features), told):
        print("| " + " | ".join(row) + " |", flush=True)


if __name__ == "__main__":
    main()
