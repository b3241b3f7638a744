"""The past of entities from chunk to chunk: that of the last entities, within bounds."""

from hypothesis import given
from hypothesis import strategies as st

from loglm_bridge.splunk.search.entity_state_cache import _ENTRY_OVERHEAD, EntityStateCache


def test_latest_state_of_an_entity_is_kept():
    company = EntityStateCache()
    company.update({"a": "1", "b": "2"})
    company.update({"a": "3"})
    assert company.get(["a", "b", "c", "", "a"]) == {"a": "3", "b": "2"}


def test_oldest_states_are_evicted():
    company = EntityStateCache(max_characters=100_000)
    for i in range(1_000):
        company.update({f"e{i}": "x" * 500})
    assert company._size <= 100_000
    assert company.get(["e999"])
    assert not company.get(["e0"])
    company.update({"long": "x" * 200_000})
    assert not company.get(["long", "e999"])
    assert company._size == 0


@given(st.lists(st.dictionaries(st.sampled_from("abcd"), st.text(max_size=900), max_size=4), max_size=60))
def test_size_equals_the_size_of_the_entries(told):
    company = EntityStateCache(max_characters=3_000)
    for state in told:
        company.update(state)
        held = company.get("abcd")
        assert company._size == sum(len(e) + len(text) + _ENTRY_OVERHEAD for e, text in held.items()) <= 3_000
        assert all(held[entity] == state[entity] for entity in state if entity in held)
