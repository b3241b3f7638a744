"""Runs of a model leave their thread's turn to others, and only that thread's."""

import threading

import pytest

from loglm_bridge.contract.event import Event
from loglm_bridge.contract.wire import Options
from loglm_bridge.model import gil_release as module
from loglm_bridge.model.gil_release import aside
from loglm_bridge.model.labeller import Labeller
from loglm_bridge.model.registry import default_folder


class Turn:
    def __init__(self):
        self.said = []

    def leave(self):
        self.said.append("leave")

    def come_back(self):
        self.said.append("come back")


@pytest.fixture
def turn():
    turn = Turn()
    module.take(turn)
    yield turn
    del module._mine.turn


def test_a_turn_is_left_and_taken_again_whatever_happens(turn):
    with aside():
        assert turn.said == ["leave"]
    with pytest.raises(ValueError, match="inside"), aside():
        raise ValueError("inside")
    assert turn.said == ["leave", "come back"] * 2


def test_a_thread_without_a_turn_has_none_to_leave(turn):
    def work():
        with aside():
            pass

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert turn.said == []


def test_encoder_and_trees_run_aside(turn):
    labeller = Labeller.load(default_folder())
    labeller.label([Event("sshd[1]: Failed password for root from 192.0.2.1 port 22 ssh2")], Options())
    assert turn.said == ["leave", "come back"]
    turn.said.clear()
    flow = '{"src_ip": "10.0.0.1", "dest_ip": "192.0.2.7", "dest_port": 443, "fwd_bytes": 900, "bwd_bytes": 4000}'
    labeller.label([Event(flow)], Options(brief=True))
    assert turn.said[:2] == ["leave", "come back"]
