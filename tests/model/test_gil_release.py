"""Runs of a model release the turn of their own thread, and of no other."""

import threading

import pytest

from loglm_bridge.contract.event import Event
from loglm_bridge.contract.wire import Options
from loglm_bridge.model import gil_release
from loglm_bridge.model.gil_release import released
from loglm_bridge.model.labeller import Labeller
from loglm_bridge.model.registry import default_folder


class Turn:
    """Records its calls."""

    def __init__(self):
        self.calls = []

    def release(self):
        self.calls.append("release")

    def reacquire(self):
        self.calls.append("reacquire")


@pytest.fixture
def turn():
    turn = Turn()
    gil_release.bind(turn)
    yield turn
    del gil_release._bound.turn


def test_a_turn_is_released_and_reacquired_even_after_an_error(turn):
    with released():
        assert turn.calls == ["release"]
    with pytest.raises(ValueError, match="inside"), released():
        raise ValueError("inside")
    assert turn.calls == ["release", "reacquire"] * 2


def test_a_thread_without_a_turn_releases_none(turn):
    def work():
        with released():
            pass

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert turn.calls == []


def test_encoder_and_flow_trees_release_the_turn(turn):
    labeller = Labeller.load(default_folder())
    labeller.label([Event("sshd[1]: Failed password for root from 192.0.2.1 port 22 ssh2")], Options())
    assert turn.calls == ["release", "reacquire"]
    turn.calls.clear()
    flow = '{"src_ip": "10.0.0.1", "dest_ip": "192.0.2.7", "dest_port": 443, "fwd_bytes": 900, "bwd_bytes": 4000}'
    labeller.label([Event(flow)], Options(brief=True))
    assert turn.calls[:2] == ["release", "reacquire"]
