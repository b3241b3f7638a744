"""Boosted trees and isolation trees as an ONNX graph with bit-identical output on every machine.

Leaves become integers, thresholds the integer below: features are integers, so no comparison changes. See
model/flow/flow_trees.py.
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

#: Minus the logit of an output that no tree has; it is below all others.
_NEVER = 64.0

#: Euler's constant.
_EULER = 0.5772156649


class Tree(NamedTuple):
    """A tree: arrays with one entry for each node, the root first. The `values` of its leaves add to `output`.

    A flow goes on to node `below` where its `feature` is at most `threshold`, else to node `above`.
    """

    output: int
    leaf: np.ndarray
    feature: np.ndarray
    threshold: np.ndarray
    below: np.ndarray
    above: np.ndarray
    values: np.ndarray


def boosted(classifier: HistGradientBoostingClassifier, first: int) -> Iterator[Tree]:
    """Yield the trees of a classifier; the outputs from `first` on are its decision function.

    A classifier of more than two classes has an output for each: output `first` + c for each c of its `classes_`.
    """
    # private attributes of scikit-learn, with the same names since its version 0.21
    starts = np.ravel(classifier._baseline_prediction)
    outputs = [first] if len(starts) == 1 else [first + int(label) for label in classifier.classes_]
    for number, trees in enumerate(classifier._predictors):
        for tree, output, start in zip(trees, outputs, starts, strict=True):
            nodes = tree.nodes
            yield Tree(
                output, nodes["is_leaf"].astype(bool), nodes["feature_idx"], nodes["num_threshold"], nodes["left"],
                nodes["right"], nodes["value"] + (float(start) if number == 0 else 0.0),
            )  # fmt: skip


def isolating(forest: IsolationForest, output: int) -> Iterator[Tree]:
    """Yield the trees of a forest over all features. The value of a leaf is its depth, as if grown to single flows."""
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
    """Return the mean depth of a search tree with so many entries (Liu, Ting and Zhou, 2008, equation 1)."""
    several = np.maximum(flows, 2).astype(np.float64)
    mean = 2.0 * (np.log(several - 1.0) + _EULER) - 2.0 * (several - 1.0) / several
    return np.where(flows > 2, mean, np.where(flows == 2, 1.0, 0.0))


def tree_graph(trees: Sequence[Tree], features: int, outputs: int) -> bytes:
    """Return the serialised model of trees for the logit of malice, the logits of techniques, and the depth.

    Inputs are `features` (flows, features) and `named` (others, features), both float32, the second for the flows whose
    techniques are wanted. Outputs are `malice` and `depth` (flows, 1) and `techniques` (others, outputs - 2), in units
    of 1 / UNIT. An output without a tree gets a logit below all others.

    Raises:
        ValueError: the sums of such leaves would not be exact in float32.
    """
    constant = [_constant(output, -_NEVER) for output in sorted(set(range(outputs)) - {tree.output for tree in trees})]
    every = [*trees, *constant]
    last = outputs - 1
    nodes = [
        _ensemble([tree._replace(output=0) for tree in every if tree.output == 0], 1, "features", "malice"),
        _ensemble(
            [t._replace(output=t.output - 1) for t in every if 0 < t.output < last], last - 1, "named", "techniques"
        ),
        _ensemble([tree._replace(output=0) for tree in every if tree.output == last], 1, "features", "depth"),
    ]
    return _model(nodes, features, last - 1)


def _ensemble(trees: Sequence[Tree], outputs: int, rows: str, sums: str) -> NodeProto:
    """Return the node that adds up trees. Raises ValueError if the sums would not be exact."""
    attributes: dict[str, list[Any]] = defaultdict(list)
    largest = np.zeros(outputs, dtype=np.int64)
    for number, tree in enumerate(trees):
        largest[tree.output] += _add(attributes, number, tree)
    if largest.max() >= EXACT:
        raise ValueError(f"leaves add up to {largest.max()}, at most {EXACT - 1} is exact")
    options: dict[str, Any] = {"n_targets": outputs, "aggregate_function": "SUM", "post_transform": "NONE"}
    every: dict[str, Any] = {**attributes, **options}
    return helper.make_node("TreeEnsembleRegressor", [rows], [sums], domain="ai.onnx.ml", **every)


def _constant(output: int, value: float) -> Tree:
    none = np.zeros(1, dtype=np.int64)
    return Tree(output, np.array([True]), none, none, none, none, np.array([value]))


def _add(attributes: Mapping[str, list[Any]], number: int, tree: Tree) -> int:
    """Add a tree to the attributes; return the largest of its leaves in units."""
    leaf, nodes = tree.leaf, np.arange(len(tree.leaf))
    values = np.rint(tree.values[leaf] * UNIT)
    columns = {
        "nodes_treeids": np.full(len(leaf), number),
        "nodes_nodeids": nodes,
        "nodes_featureids": np.where(leaf, 0, tree.feature),
        "nodes_values": np.where(leaf, 0.0, np.floor(tree.threshold)),
        "nodes_truenodeids": np.where(leaf, 0, tree.below),
        "nodes_falsenodeids": np.where(leaf, 0, tree.above),
        "target_treeids": np.full(leaf.sum(), number),
        "target_nodeids": nodes[leaf],
        "target_ids": np.full(leaf.sum(), tree.output),
        "target_weights": values,
    }
    for name, column in columns.items():
        attributes[name] += (column.astype(float) if name.endswith(("values", "weights")) else column).tolist()
    attributes["nodes_modes"] += ["LEAF" if is_leaf else "BRANCH_LEQ" for is_leaf in leaf]
    return int(np.abs(values).max())


def _model(nodes: Sequence[NodeProto], features: int, techniques: int) -> bytes:
    rows = [_tensor("features", "flows", features), _tensor("named", "others", features)]
    sums = [_tensor("malice", "flows", 1), _tensor("techniques", "others", techniques), _tensor("depth", "flows", 1)]
    graph = helper.make_graph(nodes, "flow_trees", rows, sums)
    opsets = [helper.make_opsetid(domain, version) for domain, version in _OPSETS]
    model = helper.make_model(graph, opset_imports=opsets, ir_version=_IR_VERSION, producer_name="loglm")
    checker.check_model(model)
    data: bytes = model.SerializeToString(deterministic=True)
    return data


def _tensor(name: str, rows: str, width: int) -> ValueInfoProto:
    return helper.make_tensor_value_info(name, TensorProto.FLOAT, [rows, width])
