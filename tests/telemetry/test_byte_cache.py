"""Functions that remember their results within a budget of bytes."""

import gc

import pytest

from loglm_bridge.telemetry import byte_cache
from loglm_bridge.telemetry.byte_cache import ByteCache, remembered, size_of


def double(text):
    """Return a text twice."""
    return text + text


def test_results_are_remembered_and_counted():
    cache = ByteCache(double, 10_000)
    assert [cache.call("a"), cache.call("a"), cache.call("b")] == ["aa", "aa", "bb"]
    assert (cache.hits, cache.misses) == (1, 2)
    assert cache.bytes_held > 2 * byte_cache.ENTRY_BYTES
    cache.clear()
    assert (cache.hits, cache.misses, cache.bytes_held) == (1, 2, 0)


@pytest.mark.parametrize("length", [1, 1_000, 50_000])
@pytest.mark.parametrize("character", ["a", "é", "東", "\U0001f600"])
def test_unique_values_never_pass_the_budget(length, character):
    budget = 1_000_000
    cache = ByteCache(double, budget)
    for number in range(min(5_000, 20_000_000 // length // 4)):
        cache.call(f"{number}{character * length}")
        assert cache.bytes_held <= budget + size_of(character * length * 4)
        assert cache.call.cache_info().currsize <= cache.bytes_held // byte_cache.ENTRY_BYTES


def test_size_counts_members():
    assert size_of(("a" * 1_000, ["b" * 1_000], frozenset(("c" * 1_000,)))) > 3_000


def test_decorated_functions_are_on_the_list_of_figures():
    @remembered(1)
    def _shout(text):
        """Return a text in upper case."""
        return text.upper()

    assert [_shout("a"), _shout("a")] == ["A", "A"]
    assert _shout.__doc__ == "Return a text in upper case."
    figures = byte_cache.figures()
    assert figures['value_cache_hits{cache="test_byte_cache.shout"}'] == 1
    assert figures['value_cache_misses{cache="test_byte_cache.shout"}'] == 1
    assert figures['value_cache_bytes{cache="test_byte_cache.shout"}'] > 0


def test_caches_of_a_replaced_model_leave_the_list():
    cache = ByteCache(double, 1_000, "gone")
    cache.call("a")
    assert 'value_cache_hits{cache="gone"}' in byte_cache.figures()
    del cache
    gc.collect()
    assert 'value_cache_hits{cache="gone"}' not in byte_cache.figures()


def test_all_budgets_together_stay_small():
    import loglm_bridge.model.labeller  # noqa: F401 - all functions that remember

    own = [cache for cache in byte_cache._caches if cache._function.__module__.startswith("loglm_bridge")]
    assert sum(cache._max_bytes for cache in own) < 160_000_000
