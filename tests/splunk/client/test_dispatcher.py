"""Lanes: a caller goes on when its request is sent, answered or not, and never waits for that for long."""

import threading
import time

import pytest

from loglm_bridge.contract.errors import SidecarFailed
from loglm_bridge.contract.wire import Options
from loglm_bridge.splunk.client import dispatcher
from loglm_bridge.splunk.client.dispatcher import EncodedRequest, RequestDispatcher

REQUEST = EncodedRequest((b"{}",))


class Slow:
    """An endpoint that takes its time to write a request, and answers when it may. `sent` are requests on their way."""

    responsive, circuit_open = True, False

    def __init__(self, says_so=True):
        self.sent, self.may, self.says_so = [], threading.Event(), says_so

    def label(self, events, options, state, on_sent):
        time.sleep(0.02)
        self.sent.append(events)
        if self.says_so:
            on_sent()
        if not self.may.wait(10):
            raise TimeoutError
        return "answer"

    def close(self):
        pass


@pytest.fixture
def dispatcher_to(monkeypatch):
    """Make lanes to endpoints, whose requests are waited for so long."""
    made = []

    def make(*endpoints, sending):
        monkeypatch.setattr(dispatcher, "_SEND_WAIT_SECONDS", sending)
        made.append(RequestDispatcher(endpoints))
        return made[-1]

    yield make
    for command in made:
        command.close()


def test_submit_returns_when_the_request_is_sent(dispatcher_to):
    endpoint = Slow()
    talk = dispatcher_to(endpoint, sending=10)
    asked = []
    for count in (1, 2, 3):
        asked.append(talk.submit(REQUEST, Options()))
        assert len(endpoint.sent) == count
    asked.append(talk.submit(REQUEST, Options()))  # all connections are in use: nothing to wait for
    assert len(endpoint.sent) == 3
    endpoint.may.set()
    assert [command.result() for command in asked] == ["answer"] * 4


def test_submit_does_not_wait_long_for_a_request_that_is_not_sent(dispatcher_to):
    endpoint = Slow(says_so=False)
    asked = dispatcher_to(endpoint, sending=0.001).submit(REQUEST, Options())
    assert not endpoint.sent
    endpoint.may.set()
    assert asked.result() == "answer"


def test_submit_returns_when_the_request_fails(dispatcher_to):
    class Fails(Slow):
        def label(self, events, options, state, on_sent):
            raise SidecarFailed("no")

    started = time.monotonic()
    asked = dispatcher_to(Fails(), sending=60).submit(REQUEST, Options())
    assert isinstance(asked.result(), SidecarFailed)
    assert time.monotonic() - started < 30
