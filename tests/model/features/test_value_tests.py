"""Tests of values: many at once agree with each alone, in time that grows with the text."""

import pickle
import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loglm_bridge.model.features.value_tests import ValueTest, ValueTests, number_of


def passes(value, *tests):
    return ValueTests(dict(enumerate(ValueTest(*test) for test in tests))).matching(value)


def test_each_kind_of_test():
    assert passes("abc", ("equals", "abc"), ("equals", "abcd"), ("matches", "b"), ("exists",)) == [0, 2, 3]
    assert passes("12", ("above", "11"), ("below", "12"), ("at_least", "12"), ("at_most", "11")) == [0, 2]
    assert passes("0x1f", ("above", "30")) == [0]
    assert passes("10.1.2.3", ("network", "10.0.0.0/8"), ("network", "fd00::/8"), ("above", "1")) == [0]
    assert passes("fd00::1", ("network", "fd00::/8")) == [0]


@pytest.mark.parametrize("test", [("matches", "(?=a)"), ("above", "many"), ("network", "10.0.0.0/99"), ("like", "a")])
def test_a_malformed_test_is_refused(test):
    with pytest.raises((ValueError, KeyError)):
        ValueTests({0: ValueTest(*test)})


@given(
    texts=st.lists(st.text(alphabet="ab.", min_size=1, max_size=4), min_size=1, max_size=6),
    value=st.text("ab. \u00e9", min_size=1),
)
def test_expressions_of_a_set_agree_with_each_alone(texts, value):
    tests = ValueTests({i: ValueTest("matches", re.escape(text)) for i, text in enumerate(texts)})
    assert tests.matching(value) == [i for i, text in enumerate(texts) if text in value]


def test_lengths_are_known_only_where_whole_values_decide():
    assert ValueTests({0: ValueTest("equals", "abc"), 1: ValueTest("equals", "d")}).exact_lengths == {1, 3}
    assert ValueTests({0: ValueTest("equals", "abc"), 1: ValueTest("matches", "d")}).exact_lengths is None


def test_tests_travel_between_processes():
    tests = pickle.loads(pickle.dumps(ValueTests({4: ValueTest("matches", "b"), 7: ValueTest("equals", "abc")})))
    assert tests.matching("abc") == [4, 7]


def test_time_grows_with_the_text():
    tests = ValueTests({0: ValueTest("matches", "(a+)+b"), 1: ValueTest("matches", "a.*a.*a.*c")})
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
