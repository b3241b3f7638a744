"""Exact products: equal to integer arithmetic, and independent of the batch."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loglm_bridge.model.classifier.exact_matmul import LEVELS, MAX_TERMS, Linear, quantise_rows


def layer(inputs, outputs, seed=0):
    rng = np.random.default_rng(seed)
    return Linear.quantised(rng.normal(size=(inputs, outputs)), rng.normal(size=outputs))


def inputs_of(rows, width, seed=1):
    return np.random.default_rng(seed).normal(size=(rows, width)).astype(np.float32)


@pytest.mark.parametrize("width", [1, 7, 352, MAX_TERMS])
def test_sums_are_those_of_integers(width):
    linear, x = layer(width, 5), inputs_of(9, width)
    rows, steps = quantise_rows(x)
    integers = rows.astype(np.int64) @ linear.levels.astype(np.int64)
    assert linear(x).tobytes() == (integers.astype(np.float32) * steps * linear.scales + linear.bias).tobytes()


def test_the_largest_possible_sum_is_exact():
    linear = Linear(np.full((MAX_TERMS, 1), 127, np.int8), np.ones(1, np.float32), np.zeros(1, np.float32))
    x = np.full((1, MAX_TERMS), 127.0, np.float32)
    assert MAX_TERMS * 127 * 127 < 2**24
    assert linear(x)[0, 0] == MAX_TERMS * 127 * 127


def test_more_terms_than_can_be_added_exactly_are_refused():
    with pytest.raises(ValueError, match="added exactly"):
        layer(MAX_TERMS + 1, 1)


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 400), st.integers(0, 2**32 - 1))
def test_row_order_and_batch_size_change_no_bit(size, seed):
    linear, x = layer(96, 17), inputs_of(size, 96, seed)
    batch = linear(x)
    order = np.random.default_rng(seed).permutation(size)
    assert linear(x[order]).tobytes() == batch[order].tobytes()
    at = seed % size
    assert linear(x[at : at + 1]).tobytes() == batch[at : at + 1].tobytes()


@given(st.lists(st.floats(-1e6, 1e6, width=32), min_size=1, max_size=40))
def test_rows_are_quantised_to_within_half_a_step(values):
    x = np.array([values], dtype=np.float32)
    rows, steps = quantise_rows(x)
    assert np.abs(rows).max() <= LEVELS
    assert (rows == np.rint(rows)).all()
    assert np.abs(rows * steps - x).max() <= steps[0, 0] * 0.5001


def test_products_are_close_to_those_of_floats():
    rng = np.random.default_rng(3)
    weight, bias, x = rng.normal(size=(256, 8)), rng.normal(size=8), inputs_of(20, 256)
    error = Linear.quantised(weight, bias)(x) - (x @ weight + bias)
    assert np.abs(error).max() < 0.05 * 256**0.5


def test_a_row_of_zeros_gives_the_bias():
    linear = layer(12, 3)
    assert linear(np.zeros((2, 12), np.float32)).tolist() == [linear.bias.tolist()] * 2
