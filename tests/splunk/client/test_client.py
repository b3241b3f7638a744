"""The client against a fake sidecar, with a manual clock in place of real waits."""

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
from tests.splunk.client.manual_clock import ManualClock
from tests.splunk.fault_proxy import closed_port
from tests.splunk.sidecar_process import TOKEN

EVENTS = [Event(raw=f"row {i}") for i in range(10)]


OPTIONS = Options()


@pytest.fixture
def clock():
    """A manual clock."""
    return ManualClock()


@pytest.fixture
def client_at(root, clock):
    """Return a function that creates clients of a port."""
    clients = []

    def make(port, token=TOKEN, **changes):
        settings = Settings.read(Path(root))._replace(urls=(f"http://127.0.0.1:{port}",), **changes)
        clients.append(SidecarClient(settings, token, clock=clock, sleep=clock.sleep))
        return clients[-1]

    yield make
    for client in clients:
        client.close()


def test_verdicts_keep_their_order_over_several_requests(fake_sidecar, client_at):
    events = [Event("mimikatz" if i % 2 else "x") for i in range(11)]
    reply = client_at(fake_sidecar.port, batch_events=4).label(events, OPTIONS)
    assert [v.verdict for v in reply.verdicts] == ["malicious" if i % 2 else "benign" for i in range(11)]
    assert str(reply.model) == "fake 1.0 abababababab"
    assert sorted(fake_sidecar.seen()["batches"]) == [3, 4, 4]


def test_empty_request_checks_address_and_token(fake_sidecar, client_at):
    assert client_at(fake_sidecar.port).label([], OPTIONS).verdicts == ()
    with pytest.raises(SidecarRefused):
        client_at(fake_sidecar.port, token="other").label([], OPTIONS)


def test_split_keeps_both_limits(root):
    settings = Settings.read(root)._replace(batch_events=3, batch_bytes=2000)

    def parts(units, sizes, extra_bytes=None):
        result = list(split_into_requests(settings, units, lambda index: b"x" * sizes[index], extra_bytes or {}))
        assert all(list(map(len, events)) == [sizes[index] for index in indices] for indices, events in result)
        return [indices for indices, _ in result]

    sizes = [10, 10, 10, 10, 5000, 860, 860, 900]
    assert parts([[i] for i in range(len(sizes))], sizes) == [[0, 1, 2], [3], [4], [5, 6], [7]]
    assert parts([[3, 1, 0, 2], [4, 5]], [1] * 6) == [[3, 1, 0, 2], [4, 5]]
    assert parts([[0], [1, 2]], [10] * 3, {1: 1800}) == [[0], [1, 2]]
    assert parts([], []) == []


def test_events_are_encoded_when_their_part_is_taken(root):
    settings, written = Settings.read(root)._replace(batch_events=2), []
    parts = split_into_requests(settings, [[i] for i in range(9)], lambda index: written.append(index) or b"x")
    next(parts)
    assert written == [0, 1, 2]


def test_batch_bytes_counts_encoded_bytes(fake_sidecar, client_at):
    client = client_at(fake_sidecar.port, batch_bytes=4000)
    reply = client.label([Event("\u4e2d" * 600)] * 8, OPTIONS)
    assert len(reply.verdicts) == 8
    assert set(fake_sidecar.seen()["batches"]) == {2}


def test_refused_connections_are_retried_and_open_the_circuit(client_at, clock):
    client = client_at(closed_port())
    for _ in range(3):
        with pytest.raises(SidecarUnavailable, match="not reachable"):
            client.label(EVENTS, OPTIONS)
    assert clock.slept == [0.2, 0.4]


def test_open_circuit_allows_one_probe_after_the_cool_down(fake_sidecar, proxy, client_at, clock):
    client = client_at(proxy.port, timeout=0.3)
    proxy.set_fault("timeout")
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
    proxy.set_fault("", times=0)
    assert len(client.label(EVENTS, OPTIONS).verdicts) == 10


def test_refused_token_is_never_sent_again(fake_sidecar, client_at, clock):
    client = client_at(fake_sidecar.port, token="wr0ng")
    for _ in range(3):
        with pytest.raises(SidecarRefused, match="refused the token") as caught:
            client.label(EVENTS, OPTIONS)
        assert "wr0ng" not in str(caught.value)
        clock.now += 10 * COOL_DOWN
    assert fake_sidecar.seen()["requests"] == 1


def test_wait_budget_for_a_busy_sidecar_is_thirty_seconds(fake_sidecar, client_at, clock):
    fake_sidecar.fault("busy", arg=7)
    client = client_at(fake_sidecar.port)
    for _ in range(5):
        with pytest.raises(SidecarOverloaded, match="busy") as caught:
            client.label(EVENTS, OPTIONS)
    assert clock.slept == [7, 7, 7, 7, 2]
    assert caught.value.row_status == "overloaded"


def test_wait_budget_for_a_loading_sidecar_is_ten_seconds(fake_sidecar, client_at, clock):
    fake_sidecar.fault("loading", arg=4)
    client = client_at(fake_sidecar.port)
    for _ in range(2):
        with pytest.raises(SidecarUnavailable, match=r"waited 10 s"):
            client.label(EVENTS, OPTIONS)
    assert clock.slept == [4, 4, 2]


def test_waits_do_not_count_as_attempts(fake_sidecar, client_at, clock):
    fake_sidecar.fault("busy", times=5)
    client = client_at(fake_sidecar.port)
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
def test_each_fault_raises_its_error(fault, kind, status, fake_sidecar, client_at):
    fake_sidecar.fault(fault)
    with pytest.raises(kind) as caught:
        client_at(fake_sidecar.port).label(EVENTS, OPTIONS)
    assert caught.value.row_status == status
    assert caught.value.user_message()


def test_temporary_fault_is_retried(fake_sidecar, client_at):
    client = client_at(fake_sidecar.port)
    for fault in ("fewer", "foreign"):
        fake_sidecar.fault(fault, times=1)
        assert len(client.label(EVENTS, OPTIONS).verdicts) == 10


def test_request_too_large_is_divided_in_halves(fake_sidecar, client_at):
    fake_sidecar.fault("too_large", arg=2)
    assert len(client_at(fake_sidecar.port).label(EVENTS, OPTIONS).verdicts) == 10
    assert fake_sidecar.seen()["batches"] == [2, 1, 2, 2, 1, 2]
    fake_sidecar.fault("too_large", arg=0)
    with pytest.raises(SidecarRefused, match="too many events"):
        client_at(fake_sidecar.port).label(EVENTS[:1], OPTIONS)


def test_proxies_and_netrc_of_the_environment_are_not_used(fake_sidecar, client_at, monkeypatch, tmp_path):
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login a password b\n")
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{closed_port()}")
    client = client_at(fake_sidecar.port)
    assert len(client.label(EVENTS, OPTIONS).verdicts) == 10
    assert fake_sidecar.seen()["token"] == ""


def test_redirect_is_not_followed(fake_sidecar, client_at):
    fake_sidecar.fault("redirect")
    with pytest.raises(WrongService):
        client_at(fake_sidecar.port).label(EVENTS, OPTIONS)
    assert fake_sidecar.seen()["health"] == 2  # two attempts; each followed redirect would add one


@pytest.mark.parametrize("fault", ["", "html", "fewer", "busy", "cut"])
def test_requests_are_freed_without_garbage_collection(fault, fake_sidecar, proxy, client_at, clock):
    """A search nearly turns garbage collection off (process.py), so requests must be freed without it."""
    fake_sidecar.fault(fault)
    client = client_at(proxy.port)
    list(client.label_in_parts(EVENTS, OPTIONS))
    gc.collect()
    gc.disable()
    try:
        for _ in range(5):
            proxy.set_fault("reset" if fault == "cut" else "", 200)
            clock.now += COOL_DOWN
            list(client.label_in_parts([Event("x" * 100_000)], OPTIONS))
        gc.set_debug(gc.DEBUG_SAVEALL)
        gc.collect()
        held = [
            value for garbage in gc.garbage for value in gc.get_referents(garbage) if isinstance(value, (bytes, str))
        ]
    finally:
        gc.set_debug(0)
        gc.garbage.clear()
        gc.enable()
    assert [value for value in held if len(value) >= 100_000] == []
