"""The client against a stand-in sidecar; waits are counted, not slept."""

import gc
from pathlib import Path

import pytest

from loglm_bridge.contract.errors import (
    BadReply,
    SidecarFailed,
    SidecarOverloaded,
    SidecarRefused,
    SidecarTimeout,
    SidecarUnavailable,
    WrongService,
)
from loglm_bridge.contract.event import Event
from loglm_bridge.contract.wire import Options
from loglm_bridge.splunk.client.circuit_breaker import COOL_DOWN
from loglm_bridge.splunk.client.client import SidecarClient, split_into_requests
from loglm_bridge.splunk.config.settings import Settings
from tests.splunk.conftest import TOKEN
from tests.splunk.test_faults import closed_port

EVENTS = [Event(raw=f"row {i}") for i in range(10)]
OPTIONS = Options()


class Clock:
    """A clock that moves when somebody sleeps."""

    def __init__(self):
        self.now = 1000.0
        self.slept = []

    def __call__(self):
        return self.now

    def sleep(self, seconds):
        self.slept.append(seconds)
        self.now += seconds


@pytest.fixture
def clock():
    """A fresh clock."""
    return Clock()


@pytest.fixture
def client_at(root, clock):
    """Make clients of a port."""
    made = []

    def make(port, token=TOKEN, **changes):
        settings = Settings.read(Path(root))._replace(urls=(f"http://127.0.0.1:{port}",), **changes)
        made.append(SidecarClient(settings, token, clock=clock, sleep=clock.sleep))
        return made[-1]

    yield make
    for client in made:
        client.close()


def test_labels_in_order_over_several_requests(standin, client_at):
    events = [Event("mimikatz" if i % 2 else "x") for i in range(11)]
    reply = client_at(standin.port, batch_events=4).label(events, OPTIONS)
    assert [v.verdict for v in reply.verdicts] == ["malicious" if i % 2 else "benign" for i in range(11)]
    assert str(reply.model) == "standin 1.0 abababababab"
    assert sorted(standin.seen()["batches"]) == [3, 4, 4]


def test_no_events_are_a_request_that_proves_address_and_token(standin, client_at):
    assert client_at(standin.port).label([], OPTIONS).verdicts == ()
    with pytest.raises(SidecarRefused):
        client_at(standin.port, token="other").label([], OPTIONS)


def test_split_keeps_within_both_limits(root):
    settings = Settings.read(root)._replace(batch_events=3, batch_bytes=2000)

    def parts(units, sizes, beside=None):
        found = list(split_into_requests(settings, units, lambda place: b"x" * sizes[place], beside or {}))
        assert all(list(map(len, events)) == [sizes[place] for place in places] for places, events in found)
        return [places for places, _ in found]

    sizes = [10, 10, 10, 10, 5000, 860, 860, 900]
    assert parts([[i] for i in range(len(sizes))], sizes) == [[0, 1, 2], [3], [4], [5, 6], [7]]
    assert parts([[3, 1, 0, 2], [4, 5]], [1] * 6) == [[3, 1, 0, 2], [4, 5]]
    assert parts([[0], [1, 2]], [10] * 3, {1: 1800}) == [[0], [1, 2]]
    assert parts([], []) == []


def test_events_are_written_when_their_part_is_wanted(root):
    settings, written = Settings.read(root)._replace(batch_events=2), []
    parts = split_into_requests(settings, [[i] for i in range(9)], lambda place: written.append(place) or b"x")
    next(parts)
    assert written == [0, 1, 2]


def test_a_request_counts_as_long_as_it_is_on_the_wire(standin, client_at):
    client = client_at(standin.port, batch_bytes=4000)
    reply = client.label([Event("\u4e2d" * 600)] * 8, OPTIONS)
    assert len(reply.verdicts) == 8
    assert set(standin.seen()["batches"]) == {2}


def test_refused_connections_are_tried_three_times_and_open_the_circuit(client_at, clock):
    client = client_at(closed_port())
    for _ in range(3):
        with pytest.raises(SidecarUnavailable, match="not reachable"):
            client.label(EVENTS, OPTIONS)
    assert clock.slept == [0.2, 0.4]


def test_an_open_circuit_lets_one_probe_through_after_its_cool_down(standin, proxy, client_at, clock):
    client = client_at(proxy.port, timeout=0.3)
    proxy.poison("timeout")
    for _ in range(5):
        with pytest.raises(SidecarTimeout):
            client.label(EVENTS, OPTIONS)
    assert proxy.connections == 3
    clock.now += COOL_DOWN
    with pytest.raises(SidecarTimeout):
        client.label(EVENTS, OPTIONS)
    with pytest.raises(SidecarTimeout):
        client.label(EVENTS, OPTIONS)
    assert proxy.connections == 4
    clock.now += COOL_DOWN
    proxy.poison("", left=0)
    assert len(client.label(EVENTS, OPTIONS).verdicts) == 10


def test_a_refused_token_is_never_asked_with_again(standin, client_at, clock):
    client = client_at(standin.port, token="wr0ng")
    for _ in range(3):
        with pytest.raises(SidecarRefused, match="refused the token") as caught:
            client.label(EVENTS, OPTIONS)
        assert "wr0ng" not in str(caught.value)
        clock.now += 10 * COOL_DOWN
    assert standin.seen()["requests"] == 1


def test_busy_is_waited_out_for_thirty_seconds_in_all(standin, client_at, clock):
    standin.fault("busy", arg=7)
    client = client_at(standin.port)
    for _ in range(5):
        with pytest.raises(SidecarOverloaded, match="busy") as caught:
            client.label(EVENTS, OPTIONS)
    assert clock.slept == [7, 7, 7, 7, 2]
    assert caught.value.row_status == "overloaded"


def test_loading_is_waited_for_ten_seconds_in_all(standin, client_at, clock):
    standin.fault("loading", arg=4)
    client = client_at(standin.port)
    for _ in range(2):
        with pytest.raises(SidecarUnavailable, match=r"waited 10 s"):
            client.label(EVENTS, OPTIONS)
    assert clock.slept == [4, 4, 2]


def test_waiting_takes_no_try_away(standin, client_at, clock):
    standin.fault("busy", left=5)
    client = client_at(standin.port)
    assert len(client.label(EVENTS, OPTIONS).verdicts) == 10
    assert clock.slept == [0.05] * 5


@pytest.mark.parametrize(
    ("fault", "kind", "status"),
    [
        ("fewer", BadReply, "unavailable"),
        ("model_error", SidecarFailed, "error"),
        ("mismatch", SidecarRefused, "unavailable"),
        ("html", SidecarUnavailable, "unavailable"),
        ("foreign", WrongService, "unavailable"),
        ("api", SidecarRefused, "unavailable"),
        ("mute", SidecarTimeout, "timeout"),
    ],
)
def test_every_fault_is_an_error_of_its_kind(fault, kind, status, standin, client_at):
    standin.fault(fault)
    with pytest.raises(kind) as caught:
        client_at(standin.port).label(EVENTS, OPTIONS)
    assert caught.value.row_status == status
    assert caught.value.user_message()


def test_a_fault_that_passes_leaves_no_trace(standin, client_at):
    client = client_at(standin.port)
    for fault in ("fewer", "foreign"):
        standin.fault(fault, left=1)
        assert len(client.label(EVENTS, OPTIONS).verdicts) == 10


def test_a_sidecar_that_takes_less_gets_halves_and_one_event_too_large_is_refused(standin, client_at):
    standin.fault("too_large", arg=2)
    assert len(client_at(standin.port).label(EVENTS, OPTIONS).verdicts) == 10
    assert standin.seen()["batches"] == [2, 1, 2, 2, 1, 2]
    standin.fault("too_large", arg=0)
    with pytest.raises(SidecarRefused, match="too many events"):
        client_at(standin.port).label(EVENTS[:1], OPTIONS)


def test_proxies_and_netrc_of_the_environment_are_not_used(standin, client_at, monkeypatch, tmp_path):
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login a password b\n")
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{closed_port()}")
    client = client_at(standin.port)
    assert len(client.label(EVENTS, OPTIONS).verdicts) == 10
    assert standin.seen()["token"] == ""


def test_a_redirect_is_not_followed(standin, client_at):
    standin.fault("redirect")
    with pytest.raises(WrongService):
        client_at(standin.port).label(EVENTS, OPTIONS)
    assert standin.seen()["health"] == 2  # the two tries; each followed redirect would be one more


@pytest.mark.parametrize("fault", ["", "html", "fewer", "busy", "cut"])
def test_what_was_asked_is_not_held_in_circles(fault, standin, proxy, client_at, clock):
    """A search turns Python's search for circles nearly off (process.py): a request must be freed without it."""
    standin.fault(fault)
    client = client_at(proxy.port)
    list(client.label_in_parts(EVENTS, OPTIONS))
    gc.collect()
    gc.disable()
    try:
        for _ in range(5):
            proxy.poison("reset" if fault == "cut" else "", 200)
            clock.now += COOL_DOWN
            list(client.label_in_parts([Event("x" * 100_000)], OPTIONS))
        gc.set_debug(gc.DEBUG_SAVEALL)
        gc.collect()
        held = [one for found in gc.garbage for one in gc.get_referents(found) if isinstance(one, (bytes, str))]
    finally:
        gc.set_debug(0)
        gc.garbage.clear()
        gc.enable()
    assert [one for one in held if len(one) >= 100_000] == []
