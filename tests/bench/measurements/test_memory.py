"""Memory of the command, the long run, and the hit rates of caches from /metrics."""

import pytest

from loglm_bridge.bench.measurements import memory

METRICS = """# HELP loglm_cache_hits_total Hits.
loglm_cache_hits_total{cache="canonical"} 90
loglm_cache_misses_total{cache="canonical"} 10
loglm_cache_entries 7
loglm_requests_received_total 12
"""


def test_the_samples_of_caches_are_read_from_metrics():
    assert memory.cache_samples(METRICS) == {
        'loglm_cache_hits_total{cache="canonical"}': 90,
        'loglm_cache_misses_total{cache="canonical"}': 10,
        "loglm_cache_entries": 7,
    }


@pytest.mark.parametrize(
    ("hit", "miss"),
    [("cache_hits_total", "cache_misses_total"), ('cache{outcome="hit"}', 'cache{outcome="miss"}')],
)
def test_a_hit_rate_is_that_between_two_readings(hit, miss):
    assert memory.hit_rates({hit: 50.0, miss: 50.0}, {hit: 140.0, miss: 60.0}) == {hit: 0.9}
    assert memory.hit_rates({hit: 50.0, miss: 50.0}, {hit: 50.0, miss: 50.0}) == {}


def test_the_peak_of_both_commands_is_measured(environment):
    (figure,) = memory.measure(environment)
    assert figure.unit == "MB"
    assert 10 < figure.baseline < 500
    assert 10 < figure.value < 500


def test_a_long_run_reports_each_tenth(environment):
    figures, details, (raw, canonical) = memory.soak(environment, 200)
    assert [part["events"] for part in details["parts"]] == list(range(20, 201, 20))
    assert all(part["events_per_second"] > 0 and part["memory_mb"] > 20 for part in details["parts"])
    assert (raw, details["new"]) == (1, memory.NEW)
    assert 0 < canonical < 1
    assert [figure.unit for figure in figures][:4] == ["events/s", "events/s", "MB", "MB"]
