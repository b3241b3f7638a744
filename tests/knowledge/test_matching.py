"""The reference evaluation of conditions, and that compiled conditions agree with it."""

import pytest

from loglm_bridge.knowledge.errors import ContentError
from loglm_bridge.knowledge.matching import FieldIndex, matches
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


def test_a_keyword_is_looked_for_in_every_field():
    one = rule(detection={"words": ["evil tool", "b*d"], "condition": "words"})
    for values, right in (
        ({"m": ["an Evil Tool"]}, True),
        ({"m": ["good"], "n": ["b-d"]}, True),
        ({"m": ["x"]}, False),
    ):
        fields = FieldIndex([(name, value) for name, own in values.items() for value in own])
        assert matches(one.condition, fields) is right


def test_an_unsupported_value_is_refused():
    one = rule(detection={"a": {"x|fieldref": "y"}, "condition": "a"})
    with pytest.raises(ContentError, match="may not use"):
        matches(one.condition, FieldIndex([("x", "1")]))
