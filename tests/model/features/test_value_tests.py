"""Tests of values: many at once agree with each alone, in time that grows with the text."""

import pickle
import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loglm_bridge.contract.errors import ModelRefused
from loglm_bridge.model.features.value_tests import ValueTest, ValueTests, expression, number_of


def passes(value, *tests):
    return ValueTests(dict(enumerate(ValueTest(*test) for test in tests))).matching(value)


def test_each_kind_of_test():
    assert passes("abc", ("equals", "abc"), ("equals", "abcd"), ("matches", "b"), ("exists",)) == [0, 2, 3]
    assert passes("12", ("above", "11"), ("below", "12"), ("at_least", "12"), ("at_most", "11")) == [0, 2]
    assert passes("0x1f", ("above", "30")) == [0]
    assert passes("10.1.2.3", ("network", "10.0.0.0/8"), ("network", "fd00::/8"), ("above", "1")) == [0]
    assert passes("fd00::1", ("network", "fd00::/8")) == [0]


def test_literal_texts_lie_where_they_must():
    tests = [(kind, "ab") for kind in ("contains", "starts", "ends", "equals")]
    assert passes("ab", *tests) == [0, 1, 2, 3]
    assert passes("abxab", *tests) == [0, 1, 2]
    assert passes("xabx", *tests) == [0]
    assert passes("x" * 70_000 + "ab", *tests) == []


def test_an_expression_is_tried_where_a_needed_text_is():
    test = ("matches", "a[0-9]+(bc|de)", ((("bc", "de"),)))
    assert passes("a12bc", test) == [0]
    assert passes("a12", test) == passes("bc", test) == []


@pytest.mark.parametrize("test", [("above", "many"), ("network", "10.0.0.0/99"), ("like", "a")])
def test_a_malformed_test_is_refused(test):
    with pytest.raises((ValueError, KeyError)):
        ValueTests({0: ValueTest(*test)})


def test_an_expression_that_is_none_is_refused():
    with pytest.raises(ModelRefused, match=r"\(\?=a\)"):
        expression("(?=a)")


def test_stray_surrogates_are_read():
    tests = [("contains", "b"), ("matches", "^a.*b$", (("b",), ("a",))), ("equals", "a\ud800b")]
    assert passes("a\ud800b", *tests) == [0, 1, 2]


@given(
    texts=st.lists(st.text(alphabet="ab.", min_size=1, max_size=4), min_size=1, max_size=6),
    value=st.text("ab. \u00e9", min_size=1),
)
def test_many_texts_agree_with_each_alone(texts, value):
    within = [text in value for text in texts]
    for kind, right in (
        ("matches", within),
        ("contains", within),
        ("starts", [value.startswith(text) for text in texts]),
        ("ends", [value.endswith(text) for text in texts]),
    ):
        written = [re.escape(text) if kind == "matches" else text for text in texts]
        tests = ValueTests({i: ValueTest(kind, text) for i, text in enumerate(written)})
        assert tests.matching(value) == [i for i, one in enumerate(right) if one]


def test_lengths_are_known_only_where_whole_values_decide():
    assert ValueTests({0: ValueTest("equals", "abc"), 1: ValueTest("equals", "d")}).exact_lengths == {1, 3}
    assert ValueTests({0: ValueTest("equals", "abc"), 1: ValueTest("matches", "d")}).exact_lengths is None


def test_tests_travel_between_processes():
    tests = pickle.loads(pickle.dumps(ValueTests({4: ValueTest("matches", "b"), 7: ValueTest("equals", "abc")})))
    assert tests.matching("abc") == [4, 7]


def test_time_grows_with_the_text():
    tests = ValueTests(
        {0: ValueTest("matches", "(a+)+b"), 1: ValueTest("matches", "a.*a.*a.*c"), 2: ValueTest("contains", "aa")}
    )
    tests.matching("a" * 100)

    def seconds(size):
        begin = time.perf_counter()
        for _ in range(5):
            tests.matching("a" * size)
        return time.perf_counter() - begin

    assert seconds(64_000) < 60 * max(seconds(4_000), 1e-4)


@pytest.mark.parametrize(
    ("text", "number"), [("5", 5.0), ("-1.5", -1.5), ("0x10", 16.0), ("a", None), ("1" * 50, None)]
)
def test_numbers_are_read(text, number):
    assert number_of(text) == number
