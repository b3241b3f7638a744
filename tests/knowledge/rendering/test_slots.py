"""Slots: equal ones are equal, numbered ones are others, braces of code stay."""

import random

from hypothesis import given
from hypothesis import strategies as st

from loglm_bridge.knowledge.rendering.slots import SLOTS, Slots, fill, unknown_slots


def slots(seed=1):
    return Slots(random.Random(seed))


def test_equal_slots_get_one_value_and_numbered_ones_another():
    name, same, other = slots().fill("{user} {user} {user2}").split()
    assert name == same != other


def test_the_same_seed_draws_the_same_values():
    text = "{user} {pubip} {guid} {int:1-500} {hex:32} {a|b|c} {iso}"
    assert slots(7).fill(text) == slots(7).fill(text) != slots(8).fill(text)


def test_braces_that_hold_no_slot_stay():
    for text in ("powershell { iex $_ }", "{4e1b3984-2832-4d7c-b1be-aacf834fdc96}", '{"a": 1}'):
        assert slots().fill(text) == text
    assert slots().fill("{{user}}") == "{user}"


def test_nested_values_are_filled():
    filled = fill({"{word}": [{"a": "{int:5-5}"}, 3, None]}, slots())
    assert list(filled.values()) == [[{"a": "5"}, 3, None]]


def test_a_name_that_is_no_slot_is_found():
    assert unknown_slots("{usr} {user} {4e1b-} {a|b}") == ["usr"]


@given(name=st.sampled_from(sorted(SLOTS)), seed=st.integers(0, 10_000))
def test_every_slot_draws_text_without_slots(name, seed):
    value = slots(seed).fill("{" + name + "}")
    assert value
    assert "{" + name + "}" not in value


def test_a_choice_may_begin_like_a_slot():
    assert slots().fill("{cisco:asa|cisco:ftd}") in ("cisco:asa", "cisco:ftd")
    assert unknown_slots("{cisco:asa|cisco:ftd} {nosuch}") == ["nosuch"]
