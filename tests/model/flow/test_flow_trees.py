"""Flow trees: the same bits as a walk in integers, in any batch; files that do not fit are refused."""

import numpy as np
import onnx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.ensemble import HistGradientBoostingClassifier, IsolationForest

from loglm_bridge.contract.errors import ModelFailed, ModelRefused
from loglm_bridge.lab.train.tree_onnx import boosted, isolating, tree_graph
from loglm_bridge.model.flow.flow_features import FEATURES
from loglm_bridge.model.flow.flow_trees import UNIT, FlowTrees
from loglm_bridge.model.folder import onnx_guard

#: One of maliciousness, three of techniques, one without a tree; the depth comes on top.
LOGITS = 5


def random_rows(count, seed):
    return np.random.default_rng(seed).integers(-4, 400, (count, len(FEATURES))).astype(np.float32)


@pytest.fixture(scope="module")
def model():
    seen = random_rows(2_000, 1)
    settings = {"max_iter": 30, "max_leaf_nodes": 15, "early_stopping": False, "random_state": 1}
    malice = HistGradientBoostingClassifier(**settings).fit(seen, seen[:, 3] + seen[:, 7] > 400)
    technique = HistGradientBoostingClassifier(**settings).fit(seen, np.clip(seen[:, 5] // 140, 0, 2).astype(int))
    forest = IsolationForest(n_estimators=20, random_state=1).fit(seen)
    trees = [*boosted(malice, 0), *boosted(technique, 1), *isolating(forest, LOGITS)]
    return tree_graph(trees, len(FEATURES), LOGITS + 1), malice, technique, forest


@pytest.fixture(scope="module")
def trees(model):
    return FlowTrees(model[0], LOGITS - 1)


def test_logits_are_those_of_the_trained_classifiers(model, trees):
    _, malice, technique, _ = model
    rows = random_rows(300, 2)
    logits, _ = trees.predict(rows)
    assert np.abs(logits[:, 0] - malice.decision_function(rows)).max() < 0.01
    assert np.abs(logits[:, 1:4] - technique.decision_function(rows)).max() < 0.01
    assert (logits[:, 4] < -50).all()  # no classifier has this output


def test_depths_are_those_of_the_forest(model, trees):
    forest, rows = model[3], random_rows(300, 2)
    rows[0] = 9_000
    _, depths = trees.predict(rows)
    # scikit-learn returns 0.5 - 2 ** -(mean depth / mean depth of a search tree of 256 entries)
    expected = forest.decision_function(rows) - 0.5
    search_tree_depth = 2 * (np.log(255) + np.euler_gamma) - 2 * 255 / 256
    assert np.abs(-(2.0 ** (-depths / len(forest.estimators_) / search_tree_depth)) - expected).max() < 1e-4
    assert depths.argmin() == 0


def outputs(trees, rows):
    return np.column_stack(trees.predict(rows))


def walked(data, rows):
    """Walk the trees of a file in integers; returns malice, techniques and depth."""
    by_name = {node.output[0]: walk(node, rows) for node in onnx.load_from_string(data).graph.node}
    return np.column_stack([by_name[name] for name in ("malice", "techniques", "depth")])


def walk(node, rows):
    attributes = {a.name: onnx.helper.get_attribute_value(a) for a in node.attribute}
    leaves = {
        (tree, node): (output, int(weight))
        for tree, node, output, weight in zip(
            *(attributes[f"target_{n}"] for n in ("treeids", "nodeids", "ids", "weights")), strict=True
        )
    }
    columns = ("treeids", "nodeids", "featureids", "values", "truenodeids", "falsenodeids")
    nodes = {(n[0], n[1]): n[2:] for n in zip(*(attributes[f"nodes_{c}"] for c in columns), strict=True)}
    out = np.zeros((len(rows), attributes["n_targets"]), dtype=np.int64)
    for row, features in enumerate(rows):
        for tree in {tree for tree, _ in nodes}:
            node = 0
            while (tree, node) not in leaves:
                feature, threshold, below, above = nodes[tree, node]
                node = below if int(features[feature]) <= int(threshold) else above
            output, weight = leaves[tree, node]
            out[row, output] += weight
    return out


def test_sums_of_the_runtime_are_those_of_integers(model, trees):
    rows = random_rows(40, 3)
    assert (outputs(trees, rows) * UNIT == walked(model[0], rows)).all()


@given(st.lists(st.integers(1, 60), min_size=1, max_size=8), st.integers(0, 99))
def test_outputs_of_a_flow_do_not_depend_on_its_batch(trees, sizes, seed):
    rows = random_rows(sum(sizes), seed)
    ends = np.cumsum(sizes)
    parts = [outputs(trees, rows[end - size : end]) for size, end in zip(sizes, ends, strict=True)]
    assert (outputs(trees, rows) == np.concatenate(parts)).all()


def test_no_flows_give_no_outputs(trees):
    assert outputs(trees, random_rows(0, 1)).shape == (0, LOGITS + 1)


def test_the_file_passes_the_onnx_guard(model):
    onnx_guard.check(model[0], "sequence.onnx")


def test_a_file_with_other_outputs_is_refused(model):
    with pytest.raises(ModelRefused, match="wrong inputs or outputs"):
        FlowTrees(model[0], LOGITS)


def test_trees_whose_leaves_do_not_add_exactly_are_refused(model):
    malice = model[1]
    with pytest.raises(ValueError, match="exact"):
        tree_graph([*boosted(malice, 0)] * 1_000, len(FEATURES), 3)


def test_invalid_sums_of_leaves_are_a_failure(model):
    changed = onnx.load_from_string(model[0])
    for node, wrong in zip((0, 1, 2, 2), (0.5, float("inf"), float("nan"), 0.5), strict=True):
        (weights,) = [a for a in changed.graph.node[node].attribute if a.name == "target_weights"]
        weights.floats[0] = wrong
        trees = FlowTrees(changed.SerializeToString(), LOGITS - 1)
        with pytest.raises(ModelFailed):
            trees.predict(random_rows(500, 5))
