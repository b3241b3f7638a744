"""Synthetic windows: the same for the same seed, of every behaviour, and possible as recorded flows."""

import json

import pytest

from loglm_bridge.contract.attack_table import TECHNIQUES
from loglm_bridge.contract.limits import MAX_WINDOW_EVENTS
from loglm_bridge.lab.synthetic_flows.benign import BENIGN
from loglm_bridge.lab.synthetic_flows.generator import generate
from loglm_bridge.lab.synthetic_flows.malicious import MALICIOUS


@pytest.fixture(scope="module")
def windows():
    return list(generate(300, seed=1))


def test_the_same_seed_gives_the_same_windows(windows):
    assert list(generate(300, seed=1)) == windows
    assert list(generate(300, seed=2)) != windows


def test_every_behaviour_occurs_and_malicious_ones_have_a_technique(windows):
    assert {w.behaviour for w in windows if w.technique} == {b.__name__ for b in MALICIOUS}
    assert {w.behaviour for w in windows if not w.technique} == {b.__name__ for b in BENIGN}
    assert set(MALICIOUS.values()) <= set(TECHNIQUES)
    assert sum(bool(w.technique) for w in windows) == len(windows) // 2


def test_every_window_could_be_recorded(windows):
    for window in windows:
        times = [flow.time for flow in window.flows]
        assert 1 <= len(times) <= MAX_WINDOW_EVENTS
        assert times == sorted(times)
        assert len({(flow.src, flow.dest) for flow in window.flows}) == 1
        for flow in window.flows:
            assert min(flow.counters) >= 0
            assert flow.counters[2] + flow.counters[3] > 0, json.dumps(flow)
            assert 0 < flow.dest_port < 65_536
