"""Boosted and isolation trees as an ONNX graph with bit-identical output on every machine (model/flow/flow_trees.py).

Leaves become whole numbers, thresholds the whole number below: features are whole, so no comparison changes.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from onnx import NodeProto, TensorProto, ValueInfoProto, checker, helper
from sklearn.ensemble import HistGradientBoostingClassifier, IsolationForest

from loglm_bridge.model.flow.flow_trees import EXACT, UNIT

_OPSETS = (("", 20), ("ai.onnx.ml", 3))
_IR_VERSION = 10

#: A logit below all others, minus.
_NEVER = 64.0

_EULER = 0.5772156649


class Tree(NamedTuple):
    """A tree: arrays of one entry a node, the first its root. `output` is what the `values` of its leaves add to.

    A flow goes on `below` where its `feature` is at most `most`, else `above`.
    """

    output: int
    leaf: np.ndarray
    feature: np.ndarray
    most: np.ndarray
    below: np.ndarray
    above: np.ndarray
    values: np.ndarray


def boosted(classifier: HistGradientBoostingClassifier, first: int) -> Iterator[Tree]:
    """Yield the trees of a classifier whose decision function the outputs from `first` on are.

    One of more than two classes has an output for each of them; its `classes_` are places from `first` on.
    """
    # what scikit-learn keeps of a fitted model, under names that have been the same since its version 0.21
    starts = np.ravel(classifier._baseline_prediction)
    places = [first] if len(starts) == 1 else [first + int(place) for place in classifier.classes_]
    for number, trees in enumerate(classifier._predictors):
        for tree, place, start in zip(trees, places, starts, strict=True):
            nodes = tree.nodes
            yield Tree(
                place, nodes["is_leaf"].astype(bool), nodes["feature_idx"], nodes["num_threshold"], nodes["left"],
                nodes["right"], nodes["value"] + (float(start) if number == 0 else 0.0),
            )  # fmt: skip


def isolating(forest: IsolationForest, output: int) -> Iterator[Tree]:
    """Yield the trees of a forest over all features; a leaf's value is its depth, as if grown to single flows."""
    for estimator in forest.estimators_:
        tree = estimator.tree_
        depths = np.zeros(tree.node_count)
        for node, (left, right) in enumerate(zip(tree.children_left, tree.children_right, strict=True)):
            if left >= 0:
                depths[[left, right]] = depths[node] + 1
        leaf = tree.children_left < 0
        values = depths + _unfinished(tree.n_node_samples)
        yield Tree(output, leaf, tree.feature, tree.threshold, tree.children_left, tree.children_right, values)


def _unfinished(flows: np.ndarray) -> np.ndarray:
    """Mean depth of a search tree of so many entries (Liu, Ting and Zhou, 2008, equation 1)."""
    several = np.maximum(flows, 2).astype(np.float64)
    mean = 2.0 * (np.log(several - 1.0) + _EULER) - 2.0 * (several - 1.0) / several
    return np.where(flows > 2, mean, np.where(flows == 2, 1.0, 0.0))


def tree_graph(trees: Sequence[Tree], features: int, outputs: int) -> bytes:
    """Return the serialised model of trees whose outputs are the logit of malice, those of techniques, and the depth.

    Inputs `features` (flows, features) and `named` (others, features), both float32, the second those whose techniques
    are asked for; outputs `malice` and `depth` (flows, 1) and `techniques` (others, outputs - 2), in units of 1 / UNIT.
    An output that no tree has is a logit below all others.

    Raises:
        ValueError: sums of such leaves would not be exact.
    """
    nothing = [_constant(output, -_NEVER) for output in sorted(set(range(outputs)) - {tree.output for tree in trees})]
    told = [*trees, *nothing]
    last = outputs - 1
    nodes = [
        _ensemble([tree._replace(output=0) for tree in told if tree.output == 0], 1, "features", "malice"),
        _ensemble(
            [t._replace(output=t.output - 1) for t in told if 0 < t.output < last], last - 1, "named", "techniques"
        ),
        _ensemble([tree._replace(output=0) for tree in told if tree.output == last], 1, "features", "depth"),
    ]
    return _model(nodes, features, last - 1)


def _ensemble(trees: Sequence[Tree], outputs: int, rows: str, sums: str) -> NodeProto:
    """Return the node that adds up trees. Raises ValueError where that is not exact."""
    attributes: dict[str, list[Any]] = defaultdict(list)
    most = np.zeros(outputs, dtype=np.int64)
    for number, tree in enumerate(trees):
        most[tree.output] += _add(attributes, number, tree)
    if most.max() >= EXACT:
        raise ValueError(f"leaves add up to {most.max()}, at most {EXACT - 1} is exact")
    told: dict[str, Any] = {**attributes, "n_targets": outputs, "aggregate_function": "SUM", "post_transform": "NONE"}
    return helper.make_node("TreeEnsembleRegressor", [rows], [sums], domain="ai.onnx.ml", **told)


def _constant(output: int, value: float) -> Tree:
    none = np.zeros(1, dtype=np.int64)
    return Tree(output, np.array([True]), none, none, none, none, np.array([value]))


def _add(attributes: Mapping[str, list[Any]], number: int, tree: Tree) -> int:
    """Add a tree; returns the largest of its leaves in units."""
    leaf, places = tree.leaf, np.arange(len(tree.leaf))
    values = np.rint(tree.values[leaf] * UNIT)
    told = {
        "nodes_treeids": np.full(len(leaf), number),
        "nodes_nodeids": places,
        "nodes_featureids": np.where(leaf, 0, tree.feature),
        "nodes_values": np.where(leaf, 0.0, np.floor(tree.most)),
        "nodes_truenodeids": np.where(leaf, 0, tree.below),
        "nodes_falsenodeids": np.where(leaf, 0, tree.above),
        "target_treeids": np.full(leaf.sum(), number),
        "target_nodeids": places[leaf],
        "target_ids": np.full(leaf.sum(), tree.output),
        "target_weights": values,
    }
    for name, column in told.items():
        attributes[name] += (column.astype(float) if name.endswith(("values", "weights")) else column).tolist()
    attributes["nodes_modes"] += ["LEAF" if end else "BRANCH_LEQ" for end in leaf]
    return int(np.abs(values).max())


def _model(nodes: Sequence[NodeProto], features: int, techniques: int) -> bytes:
    rows = [_told("features", "flows", features), _told("named", "others", features)]
    sums = [_told("malice", "flows", 1), _told("techniques", "others", techniques), _told("depth", "flows", 1)]
    graph = helper.make_graph(nodes, "flow_trees", rows, sums)
    opsets = [helper.make_opsetid(domain, version) for domain, version in _OPSETS]
    model = helper.make_model(graph, opset_imports=opsets, ir_version=_IR_VERSION, producer_name="loglm")
    checker.check_model(model)
    data: bytes = model.SerializeToString(deterministic=True)
    return data


def _told(name: str, rows: str, width: int) -> ValueInfoProto:
    return helper.make_tensor_value_info(name, TensorProto.FLOAT, [rows, width])
