"""Trees of flows: learned from labelled flows and from rendered ones, in windows of all lengths.

Labelled captures show few networks. Rendered flows weigh little beside them, so that they decide where no labelled flow
is near: in a network that nobody labelled.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier, IsolationForest

from loglm_bridge.lab import synthetic_flows
from loglm_bridge.lab.data.windows import Windows
from loglm_bridge.lab.train.tree_onnx import boosted, isolating, tree_graph
from loglm_bridge.model.flow.flow_event import FlowEvent
from loglm_bridge.model.flow.flow_features import FEATURES, window_features
from loglm_bridge.model.flow.flow_records import OWN_FEATURES
from loglm_bridge.model.flow.flow_trees import FlowTrees

#: Units (source, destination, recording) from which on a source has its full weight.
_MANY = 1_000

#: Flows of a rendered window that are learned from: they are much alike.
_FEW = 6

#: Isolation trees, and flows that each of them is grown on.
_ISOLATING, _ISOLATED = 64, 1_024

#: What an address' class tells of a network rather than of behaviour: withheld from a share of the flows.
_KINDS = [FEATURES.index(name) for name in ("src_kind", "dest_kind")]


@dataclass(frozen=True)
class FlowSettings:
    """How the trees are trained.

    `weights` say by source what all its flows weigh together, 1 where they do not, and `rendered_weight` what those of
    `rendered` windows of each side do. `copies` says by key how often a window is shown again in parts, `kinds` is the
    share of flows whose addresses' classes are withheld. `rounds` and `leaves` bound the trees of malice,
    `technique_rounds` and `technique_leaves` those of techniques.
    """

    weights: Mapping[str, float] = field(default_factory=dict)
    rendered: int = 3_000
    rendered_weight: float = 0.01
    copies: Mapping[str, int] = field(default_factory=lambda: {"pair": 2})
    kinds: float = 0.3
    rounds: int = 250
    leaves: int = 15
    technique_rounds: int = 20
    technique_leaves: int = 8
    seed: int = 1


@dataclass(frozen=True)
class Reading:
    """Flows: `steps[i]` is event i's, of unit `units[i]` (source, destination, recording) and data set `sources[i]`.

    `malice[i]` is 1, 0 or NaN (not known); `technique[i]` a place among the techniques or -1.
    """

    steps: Sequence[FlowEvent]
    units: np.ndarray
    sources: np.ndarray
    malice: np.ndarray
    technique: np.ndarray
    techniques: tuple[str, ...] = ()


class Examples(NamedTuple):
    """Features of flows, whether each is hostile, its technique's place or -1, and what it weighs."""

    features: np.ndarray
    malice: np.ndarray
    technique: np.ndarray
    weights: np.ndarray


def fit(reading: Reading, windows: Windows, told: FlowSettings, familiar: np.ndarray | None = None) -> bytes:
    """Return `sequence.onnx`: malice, reading.techniques, depth.

    The first two are learned from the labelled flows in the windows, how deep a flow lies from the `familiar` ones
    (None: those in the windows), see `alone`.

    Raises:
        ValueError: there are no labelled or rendered flows of both classes, or of fewer than three techniques.
    """
    rng = np.random.default_rng(told.seed)
    both = _shown(reading, windows, told, rng), _drawn(told, reading.techniques, rng)
    shown = Examples(*(np.concatenate(columns) for columns in zip(*both, strict=True)))
    named = shown.technique >= 0
    hostile = Examples(*(column[named] for column in shown))
    if len(set(shown.malice)) < 2 or len(set(hostile.technique)) < 3:
        raise ValueError("no flows of both classes, or of fewer than three techniques")
    malice = _boosted(shown, shown.malice, told, told.rounds, told.leaves, rng)
    technique = _boosted(hostile, hostile.technique, told, told.technique_rounds, told.technique_leaves, rng)
    depth = 1 + len(reading.techniques)
    forest = _forest((alone(reading, windows) if familiar is None else familiar)[:, : len(OWN_FEATURES)], told)
    trees = [*boosted(malice, 0), *boosted(technique, 1), *isolating(forest, depth)]
    return tree_graph(trees, len(FEATURES), depth + 1)


def alone(reading: Reading, windows: Windows) -> np.ndarray:
    """Return the features of every flow in the windows, read alone: (flows, features), OWN first."""
    return _features(reading, [[event] for window in windows["pair"] for event in window])


def logits(trees: FlowTrees, reading: Reading, windows: Sequence[Sequence[int]]) -> np.ndarray:
    """Return the logits (events, outputs) of every event in `windows`, in serving arithmetic; NaN rows for others."""
    out = np.full((len(reading.steps), 1 + len(reading.techniques)), np.nan)
    if windows:
        out[[event for window in windows for event in window]] = trees.predict(_features(reading, windows))[0]
    return out


def _shown(reading: Reading, windows: Windows, told: FlowSettings, rng: np.random.Generator) -> Examples:
    """Return the labelled flows of the windows: whole, in parts, and each flow alone.

    A unit's flows weigh as the root of their number. A source weighs as it is told, less where it has few units.
    """
    several: list[Sequence[Sequence[int]]] = []
    lone = [[event] for window in windows["pair"] for event in window]
    for key, copies in told.copies.items():
        several += [windows[key], *([lone] if key == "pair" else [])]
        several += [[part for w in windows[key] for part in _parts(w, rng)] for _ in range(copies)]
    found = np.concatenate([_features(reading, cut) for cut in several])
    events = np.array([event for cut in several for window in cut for event in window], dtype=np.int64)
    known = ~np.isnan(reading.malice[events])
    found, events = found[known], events[known]
    units = reading.units[events]
    weights = np.bincount(units)[units] ** -0.5
    for source in set(reading.sources[events]):
        of = reading.sources[events] == source
        full = min(1.0, len(set(units[of])) / _MANY)
        weights[of] *= told.weights.get(source, 1.0) * full / weights[of].sum()
    return Examples(found, reading.malice[events] == 1, reading.technique[events], weights)


def _drawn(told: FlowSettings, techniques: Sequence[str], rng: np.random.Generator) -> Examples:
    """Return rendered flows, a few of each window, every window with the same weight."""
    made = list(synthetic_flows.render(told.rendered, told.seed))
    place = {technique: i for i, technique in enumerate(techniques)}
    units = np.repeat(np.arange(len(made)), [len(window.steps) for window in made])
    kept = _few(units, rng)
    units = units[kept]
    malice = np.array([bool(window.technique) for window in made], dtype=bool)
    technique = np.array([place.get(window.technique, -1) for window in made], dtype=np.int64)
    weights = told.rendered_weight / np.bincount(units)[units] / max(1, len(made))
    found = window_features([window.steps for window in made])[kept]
    return Examples(found, malice[units], technique[units], weights)


def _few(units: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return places of at most _FEW of each unit's entries."""
    order = rng.permutation(len(units))
    order = order[np.argsort(units[order], kind="stable")]
    first = np.flatnonzero(np.diff(units[order], prepend=-1))
    rank = np.arange(len(order)) - np.repeat(first, np.diff([*first, len(order)]))
    return order[rank < _FEW]


def _parts(window: Sequence[int], rng: np.random.Generator) -> Iterator[Sequence[int]]:
    """Yield a window in parts of one length, all orders of magnitude as likely, from a place drawn within the first."""
    length = max(1, int(2 ** (rng.random() * np.log2(len(window) + 1))))
    first = int(rng.random() * length)
    yield from (part for part in (window[max(0, i) : i + length] for i in range(-first, len(window), length)) if part)


def _features(reading: Reading, windows: Sequence[Sequence[int]]) -> np.ndarray:
    return window_features([[reading.steps[event] for event in window] for window in windows])


def _forest(familiar: np.ndarray, told: FlowSettings) -> IsolationForest:
    samples = min(_ISOLATED, len(familiar))
    return IsolationForest(n_estimators=_ISOLATING, max_samples=samples, random_state=told.seed).fit(familiar)


def _boosted(
    shown: Examples, wanted: np.ndarray, told: FlowSettings, rounds: int, leaves: int, rng: np.random.Generator
) -> HistGradientBoostingClassifier:
    seen = shown.features.copy()
    withheld = np.flatnonzero(rng.random(len(seen)) < told.kinds)
    seen[withheld[:, None], _KINDS] = 0.0
    trees = HistGradientBoostingClassifier(
        max_iter=rounds, max_leaf_nodes=leaves, l2_regularization=1.0, max_features=0.5, early_stopping=False,
        random_state=told.seed,
    )  # fmt: skip
    return trees.fit(seen, wanted, sample_weight=shown.weights * len(seen) / shown.weights.sum())
