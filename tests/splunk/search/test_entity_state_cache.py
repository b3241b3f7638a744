"""The cache of entity states: the latest states, within its maximum."""

from hypothesis import given
from hypothesis import strategies as st

from loglm_bridge.splunk.search.entity_state_cache import _ENTRY_OVERHEAD, EntityStateCache


def test_latest_state_of_an_entity_is_kept():
    cache = EntityStateCache()
    cache.update({"a": "1", "b": "2"})
    cache.update({"a": "3"})
    assert cache.get(["a", "b", "c", "", "a"]) == {"a": "3", "b": "2"}


def test_oldest_states_are_evicted():
    cache = EntityStateCache(max_characters=100_000)
    for i in range(1_000):
        cache.update({f"e{i}": "x" * 500})
    assert cache._size <= 100_000
    assert cache.get(["e999"])
    assert not cache.get(["e0"])
    cache.update({"long": "x" * 200_000})
    assert not cache.get(["long", "e999"])
    assert cache._size == 0


@given(st.lists(st.dictionaries(st.sampled_from("abcd"), st.text(max_size=900), max_size=4), max_size=60))
def test_size_equals_the_size_of_the_entries(updates):
    cache = EntityStateCache(max_characters=3_000)
    for state in updates:
        cache.update(state)
        entries = cache.get("abcd")
        assert cache._size == sum(len(e) + len(text) + _ENTRY_OVERHEAD for e, text in entries.items()) <= 3_000
        assert all(entries[entity] == state[entity] for entity in state if entity in entries)
