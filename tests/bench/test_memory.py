"""Memory and the long run."""

import subprocess
import sys

import pytest

from loglm_bridge.bench import memory, processes

METRICS = """# HELP loglm_cache_hits_total Hits.
loglm_cache_hits_total{cache="canonical"} 90
loglm_cache_misses_total{cache="canonical"} 10
loglm_cache_entries 7
loglm_requests_received_total 12
"""


def test_the_caches_figures_are_read_from_metrics():
    found = memory.cache_figures(METRICS)
    assert found == {
        'loglm_cache_hits_total{cache="canonical"}': 90,
        'loglm_cache_misses_total{cache="canonical"}': 10,
        "loglm_cache_entries": 7,
    }


@pytest.mark.parametrize(
    ("hit", "miss"),
    [("cache_hits_total", "cache_misses_total"), ('cache{outcome="hit"}', 'cache{outcome="miss"}')],
)
def test_a_hit_rate_is_that_between_two_looks(hit, miss):
    assert memory.hit_rates({hit: 50.0, miss: 50.0}, {hit: 140.0, miss: 60.0}) == {hit: 0.9}
    assert memory.hit_rates({hit: 50.0, miss: 50.0}, {hit: 50.0, miss: 50.0}) == {}


def test_the_peak_of_both_commands_is_told(setting):
    (found,) = memory.measure(setting)
    assert found.unit == "MB"
    assert 10 < found.baseline < 500
    assert 10 < found.value < 500


def test_a_long_run_tells_each_tenth(setting):
    figures, details, (raw, forms) = memory.soak(setting, 200)
    assert [part["events"] for part in details["parts"]] == list(range(20, 201, 20))
    assert all(part["events_per_second"] > 0 and part["memory_mb"] > 20 for part in details["parts"])
    assert (raw, details["new"]) == (1, memory.NEW)
    assert 0 < forms < 1
    assert [figure.unit for figure in figures][:4] == ["events/s", "events/s", "MB", "MB"]


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_a_process_has_its_own_peak_not_its_parents():
    held = bytearray(200_000_000)
    command = [sys.executable, "-c", "print(flush=True); input()"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout
        process.stdout.readline()
        resident, peak = processes.memory(process.pid), processes.memory(process.pid, peak=True)
        process.communicate(b"\n")
    assert peak is not None
    assert resident is not None
    assert resident <= peak < len(held)
    assert processes.memory(process.pid) is None


def test_one_core_is_given_back():
    before = processes.machine()["cores"]
    with processes.one_core() as kept:
        assert not kept or processes.machine()["cores"] == 1
    assert processes.machine()["cores"] == before
