"""What is remembered: bounded, all of it where it pays, little where nothing comes again."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loglm_bridge.model import adaptive_cache
from loglm_bridge.model.adaptive_cache import Cache


@pytest.fixture(autouse=True)
def few(monkeypatch):
    monkeypatch.setattr(adaptive_cache, "FEW", 4)


def filled(count, found, most=16):
    """A cache that was given so many entries one by one; `found` others were found each time."""
    made = Cache(most)
    for i in range(count):
        made.keep({i: str(i)}, found)
    return made


def test_a_cache_that_pays_holds_all_that_it_may():
    assert filled(16, found=1) == {i: str(i) for i in range(16)}
    assert filled(17, found=1) == {16: "16"}


def test_a_cache_that_does_not_pay_stays_small():
    assert filled(4, found=0) == {i: str(i) for i in range(4)}
    assert filled(5, found=0) == {4: "4"}


def test_a_cache_that_pays_no_more_becomes_small():
    made = filled(17, found=1)
    for i in range(100):
        made.keep({i: ""}, found=0)
    assert len(made) <= 4


def test_entries_that_are_too_many_at_once_are_not_kept():
    made = Cache(16)
    made.keep(dict.fromkeys(range(5), ""), found=0)
    assert made == {}


ENTRIES = st.dictionaries(st.integers(0, 40), st.text(max_size=1))


@given(st.lists(st.tuples(ENTRIES, st.integers(0, 9))), st.integers(1, 9))
def test_no_cache_grows_beyond_its_bound(kept, most):
    made = Cache(most)
    for entries, found in kept:
        made.keep(entries, found)
        assert len(made) <= most
        assert entries.items() <= made.items() or not made
