"""Trains the flow trees on labelled and synthetic flows, in windows of all lengths.

Labelled captures show few networks. Synthetic flows have a small weight beside them, so that they decide only where no
labelled flow is near: in a network without labels.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier, IsolationForest

from loglm_bridge.lab.data.windows import Windows
from loglm_bridge.lab.synthetic_flows.generator import generate
from loglm_bridge.lab.train.tree_onnx import boosted, isolating, tree_graph
from loglm_bridge.model.flow.flow_event import FlowEvent
from loglm_bridge.model.flow.flow_features import FEATURES, window_features
from loglm_bridge.model.flow.flow_records import OWN_FEATURES
from loglm_bridge.model.flow.flow_trees import FlowTrees

#: A source has its full weight from so many units (source, destination, recording) on.
_FULL_WEIGHT_UNITS = 1_000

#: Limit of the training flows of a synthetic window, since they are similar to each other.
_MAX_SYNTHETIC = 6

#: Isolation trees, and the flows that each is grown on (Liu, Ting and Zhou, 2008).
_ISOLATION_TREES, _ISOLATION_FLOWS = 64, 1_024

#: The classes of addresses: they describe a network rather than behaviour, and are hidden for a share of the flows.
_ADDRESS_CLASSES = [FEATURES.index(name) for name in ("src_kind", "dest_kind")]


@dataclass(frozen=True)
class FlowSettings:
    """Settings of the training of flow trees.

    `weights` is the total weight of the flows of each source (default 1), `synthetic_weight` that of the flows of
    `synthetic` windows of each class. `copies` says how often the windows of a key are used again, cut into parts.
    `hidden_classes` is the share of flows whose classes of addresses are hidden. `rounds` and `leaves` limit the
    trees of malice, `technique_rounds` and `technique_leaves` those of techniques.
    """

    weights: Mapping[str, float] = field(default_factory=dict)
    synthetic: int = 3_000
    synthetic_weight: float = 0.01
    copies: Mapping[str, int] = field(default_factory=lambda: {"pair": 2})
    hidden_classes: float = 0.3
    rounds: int = 250
    leaves: int = 15
    technique_rounds: int = 20
    technique_leaves: int = 8
    seed: int = 1


@dataclass(frozen=True)
class LabelledFlows:
    """The flows of a corpus with their labels, one entry for each event.

    `units` numbers the unit (source, destination, recording) of an event, `sources` names its data set. `malice` is 1,
    0 or NaN (unknown); `technique` is an index into `techniques`, or -1.
    """

    flows: Sequence[FlowEvent]
    units: np.ndarray
    sources: np.ndarray
    malice: np.ndarray
    technique: np.ndarray
    techniques: tuple[str, ...] = ()


class FlowExamples(NamedTuple):
    """Features of flows (flows, features), whether each is malicious, the index of its technique or -1, its weight."""

    features: np.ndarray
    malice: np.ndarray
    technique: np.ndarray
    weights: np.ndarray


def fit(labelled: LabelledFlows, windows: Windows, settings: FlowSettings, familiar: np.ndarray | None = None) -> bytes:
    """Return `sequence.onnx`: trees for the logit of malice, the logits of `labelled.techniques`, and the depth.

    Malice and techniques are learned from the labelled flows in the windows and from synthetic ones. The depth is that
    among the `familiar` flows (None: those in the windows), see `single_features`.

    Raises:
        ValueError: labelled and synthetic flows are not of both classes, or of fewer than three techniques.
    """
    rng = np.random.default_rng(settings.seed)
    both = _labelled_examples(labelled, windows, settings, rng), _synthetic_examples(settings, labelled.techniques, rng)
    examples = FlowExamples(*(np.concatenate(columns) for columns in zip(*both, strict=True)))
    named = examples.technique >= 0
    with_technique = FlowExamples(*(column[named] for column in examples))
    if len(set(examples.malice)) < 2 or len(set(with_technique.technique)) < 3:
        raise ValueError("no flows of both classes, or of fewer than three techniques")
    malice = _fit_boosted(examples, examples.malice, settings, settings.rounds, settings.leaves, rng)
    technique = _fit_boosted(
        with_technique, with_technique.technique, settings, settings.technique_rounds, settings.technique_leaves, rng
    )
    depth = 1 + len(labelled.techniques)
    familiar = single_features(labelled, windows) if familiar is None else familiar
    forest = _fit_forest(familiar[:, : len(OWN_FEATURES)], settings)
    trees = [*boosted(malice, 0), *boosted(technique, 1), *isolating(forest, depth)]
    return tree_graph(trees, len(FEATURES), depth + 1)


def single_features(labelled: LabelledFlows, windows: Windows) -> np.ndarray:
    """Return the features (flows, features) of every flow in the windows, each as a window of its own."""
    return _features(labelled, [[event] for window in windows["pair"] for event in window])


def logits(trees: FlowTrees, labelled: LabelledFlows, windows: Sequence[Sequence[int]]) -> np.ndarray:
    """Return the logits (events, outputs) of every event in `windows`, as serving computes them; others are NaN."""
    result = np.full((len(labelled.flows), 1 + len(labelled.techniques)), np.nan)
    if windows:
        result[[event for window in windows for event in window]] = trees.predict(_features(labelled, windows))[0]
    return result


def _labelled_examples(
    labelled: LabelledFlows, windows: Windows, settings: FlowSettings, rng: np.random.Generator
) -> FlowExamples:
    """Return the labelled flows of the windows: in whole windows, in parts of them, and each flow alone.

    The flows of a unit weigh together as the root of their number. The flows of a source weigh together as its setting
    says, less if it has few units.
    """
    groups: list[Sequence[Sequence[int]]] = []
    single = [[event] for window in windows["pair"] for event in window]
    for key, copies in settings.copies.items():
        groups += [windows[key], *([single] if key == "pair" else [])]
        groups += [[part for window in windows[key] for part in _parts(window, rng)] for _ in range(copies)]
    features = np.concatenate([_features(labelled, group) for group in groups])
    events = np.array([event for group in groups for window in group for event in window], dtype=np.int64)
    known = ~np.isnan(labelled.malice[events])
    features, events = features[known], events[known]
    units = labelled.units[events]
    weights = np.bincount(units)[units] ** -0.5
    for source in set(labelled.sources[events]):
        own = labelled.sources[events] == source
        share = min(1.0, len(set(units[own])) / _FULL_WEIGHT_UNITS)
        weights[own] *= settings.weights.get(source, 1.0) * share / weights[own].sum()
    return FlowExamples(features, labelled.malice[events] == 1, labelled.technique[events], weights)


def _synthetic_examples(settings: FlowSettings, techniques: Sequence[str], rng: np.random.Generator) -> FlowExamples:
    """Return synthetic flows, a few of each window, every window with the same weight."""
    windows = list(generate(settings.synthetic, settings.seed))
    index = {technique: i for i, technique in enumerate(techniques)}
    numbers = np.repeat(np.arange(len(windows)), [len(window.flows) for window in windows])
    chosen = _few_of_each(numbers, rng)
    numbers = numbers[chosen]
    malice = np.array([bool(window.technique) for window in windows], dtype=bool)
    technique = np.array([index.get(window.technique, -1) for window in windows], dtype=np.int64)
    weights = settings.synthetic_weight / np.bincount(numbers)[numbers] / max(1, len(windows))
    features = window_features([window.flows for window in windows])[chosen]
    return FlowExamples(features, malice[numbers], technique[numbers], weights)


def _few_of_each(numbers: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return the indices of up to _MAX_SYNTHETIC random entries of each number."""
    order = rng.permutation(len(numbers))
    order = order[np.argsort(numbers[order], kind="stable")]
    first = np.flatnonzero(np.diff(numbers[order], prepend=-1))
    rank = np.arange(len(order)) - np.repeat(first, np.diff([*first, len(order)]))
    return order[rank < _MAX_SYNTHETIC]


def _parts(window: Sequence[int], rng: np.random.Generator) -> Iterator[Sequence[int]]:
    """Yield a window in parts of one random length (log-uniform); the first part may be shorter."""
    length = max(1, int(2 ** (rng.random() * np.log2(len(window) + 1))))
    first = int(rng.random() * length)
    yield from (part for part in (window[max(0, i) : i + length] for i in range(-first, len(window), length)) if part)


def _features(labelled: LabelledFlows, windows: Sequence[Sequence[int]]) -> np.ndarray:
    return window_features([[labelled.flows[event] for event in window] for window in windows])


def _fit_forest(familiar: np.ndarray, settings: FlowSettings) -> IsolationForest:
    samples = min(_ISOLATION_FLOWS, len(familiar))
    forest = IsolationForest(n_estimators=_ISOLATION_TREES, max_samples=samples, random_state=settings.seed)
    return forest.fit(familiar)


def _fit_boosted(
    examples: FlowExamples,
    targets: np.ndarray,
    settings: FlowSettings,
    rounds: int,
    leaves: int,
    rng: np.random.Generator,
) -> HistGradientBoostingClassifier:
    features = examples.features.copy()
    hidden = np.flatnonzero(rng.random(len(features)) < settings.hidden_classes)
    features[hidden[:, None], _ADDRESS_CLASSES] = 0.0
    trees = HistGradientBoostingClassifier(
        max_iter=rounds, max_leaf_nodes=leaves, l2_regularization=1.0, max_features=0.5, early_stopping=False,
        random_state=settings.seed,
    )  # fmt: skip
    return trees.fit(features, targets, sample_weight=examples.weights * len(features) / examples.weights.sum())
