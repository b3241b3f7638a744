"""Boosted trees as an ONNX graph whose answer is the same bits on every machine (model/flow_trees.py).

Leaves become whole numbers, thresholds the whole number below: features are whole, so no comparison changes.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from onnx import TensorProto, checker, helper
from sklearn.ensemble import HistGradientBoostingClassifier

from loglm_bridge.model.flow_trees import EXACT, UNIT

_OPSETS = (("", 20), ("ai.onnx.ml", 3))
_IR_VERSION = 10

#: A logit below all others, minus; and a tree that is one leaf.
_NEVER = 64.0
_NODE = [("is_leaf", bool), ("value", float), ("feature_idx", int), ("num_threshold", float), ("left", int)]
_ALONE = np.array([(True, 0.0, 0, 0.0, 0, 0)], dtype=[*_NODE, ("right", int)])


class Part(NamedTuple):
    """A classifier whose decision function the outputs from `first` on are.

    One of more than two classes has an output for each of them; its `classes_` are places from `first` on.
    """

    classifier: HistGradientBoostingClassifier
    first: int


def tree_graph(parts: Sequence[Part], outputs: int) -> bytes:
    """Return the serialised model: input `features` (flows, features) float32 -> `sums` (flows, outputs) float32.

    Outputs are in units of 1 / UNIT; one that no classifier has is a logit below all others.

    Raises:
        ValueError: sums of such leaves would not be exact.
    """
    attributes: dict[str, list[Any]] = defaultdict(list)
    most = 0
    for classifier, first in parts:
        # what scikit-learn keeps of a fitted model, under names that have been the same since its version 0.21
        starts = np.ravel(classifier._baseline_prediction)
        places = [first] if len(starts) == 1 else [first + int(place) for place in classifier.classes_]
        for number, trees in enumerate(classifier._predictors):
            for tree, place, start in zip(trees, places, starts, strict=True):
                most += _add(attributes, tree.nodes, place, float(start) if number == 0 else 0.0)
    for place in set(range(outputs)) - set(attributes["target_ids"]):
        most += _add(attributes, _ALONE, place, -_NEVER)
    if most >= EXACT:
        raise ValueError(f"leaves add up to {most}, at most {EXACT - 1} is exact")
    return _model(attributes, parts[0].classifier.n_features_in_, outputs)


def _add(attributes: Mapping[str, list[Any]], nodes: np.ndarray, output: int, start: float) -> int:
    """Add a tree with `start` added to its leaves; returns the largest of them in units."""
    number = 1 + attributes["nodes_treeids"][-1] if attributes["nodes_treeids"] else 0
    leaf = nodes["is_leaf"].astype(bool)
    places = np.arange(len(nodes))
    values = np.rint((nodes["value"] + start) * UNIT)
    told = {
        "nodes_treeids": np.full(len(nodes), number),
        "nodes_nodeids": places,
        "nodes_featureids": np.where(leaf, 0, nodes["feature_idx"]),
        "nodes_values": np.where(leaf, 0.0, np.floor(nodes["num_threshold"])),
        "nodes_truenodeids": np.where(leaf, 0, nodes["left"]),
        "nodes_falsenodeids": np.where(leaf, 0, nodes["right"]),
        "target_treeids": np.full(leaf.sum(), number),
        "target_nodeids": places[leaf],
        "target_ids": np.full(leaf.sum(), output),
        "target_weights": values[leaf],
    }
    for name, column in told.items():
        attributes[name] += (column.astype(float) if name.endswith(("values", "weights")) else column).tolist()
    attributes["nodes_modes"] += ["LEAF" if end else "BRANCH_LEQ" for end in leaf]
    return int(np.abs(values[leaf]).max())


def _model(trees: Mapping[str, list[Any]], features: int, outputs: int) -> bytes:
    told: dict[str, Any] = {**trees, "n_targets": outputs, "aggregate_function": "SUM", "post_transform": "NONE"}
    node = helper.make_node("TreeEnsembleRegressor", ["features"], ["sums"], domain="ai.onnx.ml", **told)
    rows = helper.make_tensor_value_info("features", TensorProto.FLOAT, ["flows", features])
    sums = helper.make_tensor_value_info("sums", TensorProto.FLOAT, ["flows", outputs])
    graph = helper.make_graph([node], "flow_trees", [rows], [sums])
    opsets = [helper.make_opsetid(domain, version) for domain, version in _OPSETS]
    model = helper.make_model(graph, opset_imports=opsets, ir_version=_IR_VERSION, producer_name="loglm")
    checker.check_model(model)
    data: bytes = model.SerializeToString(deterministic=True)
    return data
