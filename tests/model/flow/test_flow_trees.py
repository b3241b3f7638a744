"""Trees of flows: the same bits as a walk in whole numbers, in any batch; what does not fit is refused."""

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

#: One of malice, three of techniques, one that no tree has; and a depth.
LOGITS = 5


def drawn(count, seed):
    return np.random.default_rng(seed).integers(-4, 400, (count, len(FEATURES))).astype(np.float32)


@pytest.fixture(scope="module")
def model():
    seen = drawn(2_000, 1)
    settings = {"max_iter": 30, "max_leaf_nodes": 15, "early_stopping": False, "random_state": 1}
    malice = HistGradientBoostingClassifier(**settings).fit(seen, seen[:, 3] + seen[:, 7] > 400)
    technique = HistGradientBoostingClassifier(**settings).fit(seen, np.clip(seen[:, 5] // 140, 0, 2).astype(int))
    forest = IsolationForest(n_estimators=20, random_state=1).fit(seen)
    trees = [*boosted(malice, 0), *boosted(technique, 1), *isolating(forest, LOGITS)]
    return tree_graph(trees, len(FEATURES), LOGITS + 1), malice, technique, forest


@pytest.fixture(scope="module")
def trees(model):
    return FlowTrees(model[0], LOGITS - 1)


def test_they_say_what_was_learned(model, trees):
    _, malice, technique, _ = model
    rows = drawn(300, 2)
    found, _ = trees.predict(rows)
    assert np.abs(found[:, 0] - malice.decision_function(rows)).max() < 0.01
    assert np.abs(found[:, 1:4] - technique.decision_function(rows)).max() < 0.01
    assert (found[:, 4] < -50).all()  # no classifier has this output


def test_depths_are_those_of_the_forest(model, trees):
    forest, rows = model[3], drawn(300, 2)
    rows[0] = 9_000
    _, depths = trees.predict(rows)
    # scikit-learn tells 2 ** -(mean depth / that of a search tree of 256 entries), minus a half, with its sign turned
    wanted = forest.decision_function(rows) - 0.5
    whole = 2 * (np.log(255) + np.euler_gamma) - 2 * 255 / 256
    assert np.abs(-(2.0 ** (-depths / len(forest.estimators_) / whole)) - wanted).max() < 1e-4
    assert depths.argmin() == 0


def answers(trees, rows):
    return np.column_stack(trees.predict(rows))


def walked(data, rows):
    """Walk the trees of the file in whole numbers: malice, techniques, depth."""
    found = {node.output[0]: walk(node, rows) for node in onnx.load_from_string(data).graph.node}
    return np.column_stack([found[name] for name in ("malice", "techniques", "depth")])


def walk(node, rows):
    told = {a.name: onnx.helper.get_attribute_value(a) for a in node.attribute}
    leaves = {
        (tree, place): (output, int(weight))
        for tree, place, output, weight in zip(
            *(told[f"target_{n}"] for n in ("treeids", "nodeids", "ids", "weights")), strict=True
        )
    }
    columns = ("treeids", "nodeids", "featureids", "values", "truenodeids", "falsenodeids")
    nodes = {(n[0], n[1]): n[2:] for n in zip(*(told[f"nodes_{c}"] for c in columns), strict=True)}
    out = np.zeros((len(rows), told["n_targets"]), dtype=np.int64)
    for row, features in enumerate(rows):
        for tree in {tree for tree, _ in nodes}:
            place = 0
            while (tree, place) not in leaves:
                feature, most, below, above = nodes[tree, place]
                place = below if int(features[feature]) <= int(most) else above
            output, weight = leaves[tree, place]
            out[row, output] += weight
    return out


def test_the_runtimes_sums_are_those_of_whole_numbers(model, trees):
    rows = drawn(40, 3)
    assert (answers(trees, rows) * UNIT == walked(model[0], rows)).all()


@given(st.lists(st.integers(1, 60), min_size=1, max_size=8), st.integers(0, 99))
def test_a_flows_answer_does_not_depend_on_its_batch(trees, sizes, seed):
    rows = drawn(sum(sizes), seed)
    ends = np.cumsum(sizes)
    parts = [answers(trees, rows[end - size : end]) for size, end in zip(sizes, ends, strict=True)]
    assert (answers(trees, rows) == np.concatenate(parts)).all()


def test_no_flows_have_no_answers(trees):
    assert answers(trees, drawn(0, 1)).shape == (0, LOGITS + 1)


def test_the_guard_lets_the_file_pass(model):
    onnx_guard.check(model[0], "sequence.onnx")


def test_a_file_with_other_outputs_is_refused(model):
    with pytest.raises(ModelRefused, match="wrong inputs or outputs"):
        FlowTrees(model[0], LOGITS)


def test_what_would_not_add_up_exactly_is_no_model(model):
    malice = model[1]
    with pytest.raises(ValueError, match="exact"):
        tree_graph([*boosted(malice, 0)] * 1_000, len(FEATURES), 3)


def test_numbers_that_are_none_of_the_trees_are_no_answer(model):
    made = onnx.load_from_string(model[0])
    for node, wrong in zip((0, 1, 2, 2), (0.5, float("inf"), float("nan"), 0.5), strict=True):
        (weights,) = [a for a in made.graph.node[node].attribute if a.name == "target_weights"]
        weights.floats[0] = wrong
        trees = FlowTrees(made.SerializeToString(), LOGITS - 1)
        with pytest.raises(ModelFailed):
            trees.predict(drawn(500, 5))
