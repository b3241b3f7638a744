"""The adaptive cache: bounded, large where its entries are reused, small where they are not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loglm_bridge.model import adaptive_cache
from loglm_bridge.model.adaptive_cache import AdaptiveCache


@pytest.fixture(autouse=True)
def small_size_of_four(monkeypatch):
    monkeypatch.setattr(adaptive_cache, "SMALL_SIZE", 4)


def filled(count, hits, max_entries=16):
    """Return a cache in which so many entries were stored one by one, with so many hits each time."""
    cache = AdaptiveCache(max_entries)
    for i in range(count):
        cache.store({i: str(i)}, hits)
    return cache


def test_a_reused_cache_grows_to_its_maximum():
    assert filled(16, hits=1) == {i: str(i) for i in range(16)}
    assert filled(17, hits=1) == {16: "16"}


def test_a_cache_that_is_not_reused_stays_small():
    assert filled(4, hits=0) == {i: str(i) for i in range(4)}
    assert filled(5, hits=0) == {4: "4"}


def test_a_cache_that_is_no_longer_reused_becomes_small():
    cache = filled(17, hits=1)
    for i in range(100):
        cache.store({i: ""}, hits=0)
    assert len(cache) <= 4


def test_more_entries_than_the_limit_are_not_stored():
    cache = AdaptiveCache(16)
    cache.store(dict.fromkeys(range(5), ""), hits=0)
    assert cache == {}


ENTRIES = st.dictionaries(st.integers(0, 40), st.text(max_size=1))


@given(st.lists(st.tuples(ENTRIES, st.integers(0, 9))), st.integers(1, 9))
def test_no_cache_exceeds_its_maximum(stores, max_entries):
    cache = AdaptiveCache(max_entries)
    for entries, hits in stores:
        cache.store(entries, hits)
        assert len(cache) <= max_entries
        assert entries.items() <= cache.items() or not cache
