"""The reference evaluation of conditions, and that compiled conditions agree with it."""

from collections import defaultdict

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loglm_bridge.knowledge.compile import ANY, Compiler
from loglm_bridge.knowledge.errors import ContentError
from loglm_bridge.knowledge.matching import FieldIndex, matches
from loglm_bridge.lab.weak_labels.knowledge_rules import value_test
from loglm_bridge.model.features.compiled_rules import holds
from loglm_bridge.model.features.value_tests import ValueTests
from tests.knowledge.samples import rule


def condition(**fields):
    return rule(detection={"a": fields, "condition": "a"})


@pytest.mark.parametrize(
    ("wanted", "value", "right"),
    [
        ({"x": "Abc"}, "aBC", True),
        ({"x": "abc"}, "abcd", False),
        ({"x|contains": "b*d"}, "a-bc d-", True),
        ({"x|startswith": "ab"}, "cab", False),
        ({"x|endswith": "\\cmd.exe"}, "C:\\Windows\\cmd.exe", True),
        ({"x|contains|all": ["a", "b"]}, "b a", True),
        ({"x|contains|all": ["a", "c"]}, "b a", False),
        ({"x|re": "^a[0-9]+$"}, "A12", True),
        ({"x|cidr": "10.0.0.0/8"}, "10.2.3.4", True),
        ({"x|cidr": "10.0.0.0/8"}, "11.2.3.4", False),
        ({"x|gte": 100}, "100", True),
        ({"x|lt": 100}, "100", False),
        ({"x|gt": 15}, "0x10", True),
        ({"x|contains": "\u202e[a_"}, "q\u202e[a_b", True),
        ({"x|exists": True}, "v", True),
        ({"y|exists": True}, "v", False),
        ({"y": None}, "v", True),
        ({"x": 4624}, "4624", True),
        ({"x": True}, "True", True),
    ],
)
def test_values_are_compared_as_sigma_says(wanted, value, right):
    one = condition(**wanted)
    fields = FieldIndex([("X", value)])
    assert matches(one.condition, fields) is right
    assert compiled(one, {"x": [value]}) is right


def compiled(one, values):
    """Evaluate a rule as the model does: tests of single values, then the condition."""
    compiler = Compiler()
    tree = compiler.condition(one)
    by_name = defaultdict(dict)
    for (name, kind, text), number in compiler.tests.items():
        by_name[name][number] = value_test(kind, text)
    tests = {name: ValueTests(own) for name, own in by_name.items()}
    passed = {
        number
        for name, own in values.items()
        for value in own
        for looked_in in (name, ANY)
        if looked_in in tests and value
        for number in tests[looked_in].matching(value.lower())
    }
    return holds(tree, passed)


def test_a_keyword_is_looked_for_in_every_field():
    one = rule(detection={"words": ["evil tool", "b*d"], "condition": "words"})
    for values, right in (
        ({"m": ["an Evil Tool"]}, True),
        ({"m": ["good"], "n": ["b-d"]}, True),
        ({"m": ["x"]}, False),
    ):
        fields = FieldIndex([(name, value) for name, own in values.items() for value in own])
        assert matches(one.condition, fields) is right
        assert compiled(one, values) is right


def test_an_unsupported_value_is_refused():
    one = rule(detection={"a": {"x|fieldref": "y"}, "condition": "a"})
    with pytest.raises(ContentError, match="may not use"):
        Compiler().condition(one)


VALUES = st.text(alphabet="ab*?.\\-$^ ", min_size=1, max_size=6)
MODIFIERS = st.sampled_from(["", "|contains", "|startswith", "|endswith"])


@settings(max_examples=150, deadline=None)
@given(
    wanted=st.lists(st.tuples(MODIFIERS, VALUES), min_size=1, max_size=3),
    joined=st.sampled_from(["all of a*", "1 of a*", "not a0", "a0 and not 1 of a1*"]),
    value=st.text(alphabet="ab.\\-$^ ", max_size=10),
)
def test_compiled_conditions_agree_with_the_reference(wanted, joined, value):
    detection = {f"a{i}": {f"x{modifier}": text} for i, (modifier, text) in enumerate(wanted)}
    if "a1" in joined and "a1" not in detection:
        joined = "a0"
    one = rule(detection={**detection, "condition": joined})
    assert compiled(one, {"x": [value]}) == matches(one.condition, FieldIndex([("x", value)]))
