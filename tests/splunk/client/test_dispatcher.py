"""The dispatcher: submit returns once the request is sent, answered or not, and never waits long for that."""

import threading
import time

import pytest

from loglm_bridge.contract.errors import SidecarFailed
from loglm_bridge.contract.wire import Options
from loglm_bridge.splunk.client import dispatcher
from loglm_bridge.splunk.client.dispatcher import EncodedRequest, RequestDispatcher

REQUEST = EncodedRequest((b"{}",))


class SlowEndpoint:
    """An endpoint that sends slowly and answers once `may_answer` is set. `sent` lists its requests."""

    responsive, circuit_open = True, False

    def __init__(self, reports_sent=True):
        self.sent, self.may_answer, self.reports_sent = [], threading.Event(), reports_sent

    def label(self, events, options, state, on_sent):
        time.sleep(0.02)
        self.sent.append(events)
        if self.reports_sent:
            on_sent()
        if not self.may_answer.wait(10):
            raise TimeoutError
        return "answer"

    def close(self):
        pass


@pytest.fixture
def dispatcher_to(monkeypatch):
    """Return a function that creates dispatchers with a maximum wait of `send_wait` seconds in submit."""
    dispatchers = []

    def make(*endpoints, send_wait):
        monkeypatch.setattr(dispatcher, "_SEND_WAIT_SECONDS", send_wait)
        dispatchers.append(RequestDispatcher(endpoints))
        return dispatchers[-1]

    yield make
    for dispatcher_ in dispatchers:
        dispatcher_.close()


def test_submit_returns_when_the_request_is_sent(dispatcher_to):
    endpoint = SlowEndpoint()
    dispatcher_ = dispatcher_to(endpoint, send_wait=10)
    pending = []
    for count in (1, 2, 3):
        pending.append(dispatcher_.submit(REQUEST, Options()))
        assert len(endpoint.sent) == count
    pending.append(dispatcher_.submit(REQUEST, Options()))  # all workers are busy: nothing to wait for
    assert len(endpoint.sent) == 3
    endpoint.may_answer.set()
    assert [dispatcher_.result() for dispatcher_ in pending] == ["answer"] * 4


def test_submit_does_not_wait_long_for_a_request_that_is_not_sent(dispatcher_to):
    endpoint = SlowEndpoint(reports_sent=False)
    pending = dispatcher_to(endpoint, send_wait=0.001).submit(REQUEST, Options())
    assert not endpoint.sent
    endpoint.may_answer.set()
    assert pending.result() == "answer"


def test_submit_returns_when_the_request_fails(dispatcher_to):
    class FailingEndpoint(SlowEndpoint):
        def label(self, events, options, state, on_sent):
            raise SidecarFailed("no")

    started = time.monotonic()
    pending = dispatcher_to(FailingEndpoint(), send_wait=60).submit(REQUEST, Options())
    assert isinstance(pending.result(), SidecarFailed)
    assert time.monotonic() - started < 30
