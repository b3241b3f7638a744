"""Rendered flows: the same seed, the same windows; every behaviour comes; all of it could be a flow."""

import json

import pytest

from loglm_bridge.contract.attack_table import TECHNIQUES
from loglm_bridge.contract.limits import MAX_WINDOW_EVENTS
from loglm_bridge.lab.synthetic_flows import render
from loglm_bridge.lab.synthetic_flows.benign import ORDINARY
from loglm_bridge.lab.synthetic_flows.malicious import HOSTILE
from loglm_bridge.lab.synthetic_flows.sampling import Draw, tcp, unanswered


@pytest.fixture(scope="module")
def windows():
    return list(render(300, seed=1))


def test_the_same_seed_renders_the_same(windows):
    assert list(render(300, seed=1)) == windows
    assert list(render(300, seed=2)) != windows


def test_every_behaviour_comes_and_hostile_ones_name_a_technique(windows):
    assert {w.behaviour for w in windows if w.technique} == {b.__name__ for b in HOSTILE}
    assert {w.behaviour for w in windows if not w.technique} == {b.__name__ for b in ORDINARY}
    assert set(HOSTILE.values()) <= set(TECHNIQUES)
    assert sum(bool(w.technique) for w in windows) == len(windows) // 2


def test_every_window_could_be_one(windows):
    for window in windows:
        times = [step.time for step in window.steps]
        assert 1 <= len(times) <= MAX_WINDOW_EVENTS
        assert times == sorted(times)
        assert len({(step.src, step.dest) for step in window.steps}) == 1
        for step in window.steps:
            assert min(step.counters) >= 0
            assert step.counters[2] + step.counters[3] > 0, json.dumps(step)
            assert 0 < step.dest_port < 65_536


def test_a_conversation_has_packets_for_its_bytes():
    found = tcp(3_000, 100, 0.1)
    assert (found.fwd_bytes, found.bwd_bytes, found.duration) == (3_000, 100, pytest.approx(0.24))
    assert found.fwd_pkts >= 3
    assert tcp(0, 0, 0.1)[:4] == (0, 0, 3, 2)
    assert unanswered(1, 5.0) == (0, 0, 1, 0, 0.0)
    assert unanswered(2, 5.0).duration == 5.0


def test_chance_is_even_and_numbers_stay_between():
    draw = Draw(3)
    assert 400 < sum(draw.chance(0.5) for _ in range(1_000)) < 600
    assert all(10 <= draw.size(10, 1_000) <= 1_000 for _ in range(100))
    small = sum(draw.size(1, 10_000) < 100 for _ in range(1_000))
    assert 400 < small < 600
    assert {draw.pick("abc") for _ in range(50)} == set("abc")
    assert abs(sum(draw.regular(200, 60.0)) / 200 - 60.0) < 5
