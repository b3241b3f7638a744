"""Several sidecars: requests are spread over them, a failing one is skipped, rows keep their order and labels."""

import threading

import pytest

from loglm_bridge.contract.errors import SidecarFailed, SidecarRefused, SidecarTimeout, SidecarUnavailable, WrongService
from loglm_bridge.contract.event import Event
from loglm_bridge.contract.wire import Options, write_event
from loglm_bridge.splunk.client.circuit_breaker import COOL_DOWN
from loglm_bridge.splunk.client.client import SidecarClient
from loglm_bridge.splunk.config.settings import Settings
from tests.splunk.client.manual_clock import ManualClock
from tests.splunk.fault_proxy import closed_port
from tests.splunk.sample_rows import label_rows, rows_of
from tests.splunk.sidecar_process import TOKEN, FakeSidecarProcess
from tests.splunk.splunkd import warnings

EVENTS = [Event("mimikatz" if i % 3 else f"row {i}") for i in range(40)]
WANTED = ["malicious" if i % 3 else "benign" for i in range(40)]


@pytest.fixture(scope="module")
def second_process(root):
    """A second fake sidecar for all tests of this module."""
    with FakeSidecarProcess(root) as process:
        yield process


@pytest.fixture
def second_sidecar(second_process):
    """The second fake sidecar, without faults and counts of an earlier test."""
    second_process.fault()
    return second_process


@pytest.fixture
def client_of(root):
    """Return a function that creates clients of several ports."""
    clients = []

    def make(*ports, clock=None, token=TOKEN, **changes):
        urls = tuple(f"http://127.0.0.1:{port}" for port in ports)
        settings = Settings.read(root)._replace(**{"urls": urls, "batch_events": 2, **changes})
        clients.append(
            SidecarClient(settings, token, clock=clock or ManualClock(), sleep=(clock or ManualClock()).sleep)
        )
        return clients[-1]

    yield make
    for client in clients:
        client.close()


def verdicts(client):
    """Return the verdicts of EVENTS."""
    return [verdict.verdict for verdict in client.label(EVENTS, Options()).verdicts]


def test_requests_are_spread_and_verdicts_keep_their_order(fake_sidecar, second_sidecar, client_of):
    client = client_of(fake_sidecar.port, second_sidecar.port)
    for _ in range(20):
        assert verdicts(client) == WANTED
    assert min(fake_sidecar.seen()["requests"], second_sidecar.seen()["requests"]) > 0
    assert fake_sidecar.seen()["requests"] + second_sidecar.seen()["requests"] == 400


def test_sidecars_are_called_concurrently(fake_sidecar, second_sidecar, proxy, client_of):
    proxy.set_fault("latency", 0.4)
    client = client_of(proxy.port, second_sidecar.port)
    assert verdicts(client) == WANTED
    assert second_sidecar.seen()["requests"] > fake_sidecar.seen()["requests"]  # while the first one was slow


@pytest.mark.parametrize("fault", ["foreign", "api", "fewer", "html", "redirect"])
def test_failing_sidecar_costs_no_label(fault, fake_sidecar, second_sidecar, client_of):
    fake_sidecar.fault(fault)
    client = client_of(fake_sidecar.port, second_sidecar.port)
    for _ in range(3):
        assert verdicts(client) == WANTED
    assert second_sidecar.seen()["events"] == 120


def test_unreachable_sidecar_is_skipped_and_probed_later(killable_sidecar, second_sidecar, client_of):
    clock = ManualClock()
    client = client_of(closed_port(), second_sidecar.port, clock=clock)
    for _ in range(10):
        assert verdicts(client) == WANTED
    assert clock.slept == [0.2, 0.4]  # one round of attempts
    clock.now += COOL_DOWN
    assert verdicts(client) == WANTED
    assert second_sidecar.seen()["events"] == 440


def test_silent_sidecar_is_called_three_times(fake_sidecar, second_sidecar, client_of):
    fake_sidecar.fault("hang", arg=3)
    client = client_of(fake_sidecar.port, second_sidecar.port, timeout=0.2)
    for _ in range(4):
        assert verdicts(client) == WANTED
    assert fake_sidecar.seen()["requests"] <= 3


def test_refused_token_is_not_sent_again(fake_sidecar, second_sidecar, client_of):
    client = client_of(fake_sidecar.port, second_sidecar.port, token="wr0ng")
    with pytest.raises(SidecarRefused, match="refused the token"):
        client.label(EVENTS, Options())
    assert fake_sidecar.seen()["requests"] <= 1
    assert second_sidecar.seen()["requests"] <= 1


def test_busy_sidecar_is_retried_while_the_other_works(fake_sidecar, second_sidecar, client_of):
    fake_sidecar.fault("busy", times=3)
    client = client_of(fake_sidecar.port, second_sidecar.port)
    assert verdicts(client) == WANTED


def test_events_on_which_a_model_fails_are_not_sent_to_another(fake_sidecar, second_sidecar, client_of):
    fake_sidecar.fault("model_error")
    second_sidecar.fault("model_error")
    client = client_of(fake_sidecar.port, second_sidecar.port, batch_events=100)
    with pytest.raises(SidecarFailed):
        client.label(EVENTS, Options())
    assert fake_sidecar.seen()["requests"] + second_sidecar.seen()["requests"] == 1


def test_first_error_is_raised_where_all_fail(fake_sidecar, client_of):
    fake_sidecar.fault("foreign")
    client = client_of(closed_port(), fake_sidecar.port)
    for _ in range(3):
        with pytest.raises((SidecarUnavailable, WrongService)):
            client.label(EVENTS, Options())
    assert fake_sidecar.seen()["requests"] == 0
    assert fake_sidecar.seen()["token"] == ""


def test_all_silent_sidecars_give_a_timeout(fake_sidecar, second_sidecar, client_of):
    fake_sidecar.fault("hang", arg=2)
    second_sidecar.fault("hang", arg=2)
    client = client_of(fake_sidecar.port, second_sidecar.port, timeout=0.2)
    with pytest.raises(SidecarTimeout):
        client.label(EVENTS, Options())


def test_each_sidecar_must_identify_itself(fake_sidecar, second_sidecar, client_of):
    client = client_of(fake_sidecar.port, second_sidecar.port)
    client.identify()
    second_sidecar.fault("foreign")
    with pytest.raises(WrongService, match=f":{second_sidecar.port} "):
        client_of(fake_sidecar.port, second_sidecar.port).identify()


def test_closed_client_leaves_no_thread(fake_sidecar, second_sidecar, client_of):
    before = threading.active_count()
    client = client_of(fake_sidecar.port, second_sidecar.port)
    assert verdicts(client) == WANTED
    client.close()
    workers = [thread for thread in threading.enumerate() if thread.name == "loglm-request-worker"]
    for thread in workers:
        thread.join(5)
    assert threading.active_count() <= before


def test_search_continues_when_one_of_two_sidecars_is_killed(killable_sidecar, second_sidecar, app_at, search):
    app = app_at(killable_sidecar.port, sidecar="batch_events = 3")
    conf = app / "local/loglm.conf"
    conf.write_text(
        conf.read_text().replace(
            str(killable_sidecar.port), f"{killable_sidecar.port}, http://127.0.0.1:{second_sidecar.port}"
        )
    )
    command = search(app)
    command.getinfo()
    assert label_rows(command, 60, finished=False) == (["ok"] * 60, "")
    killable_sidecar.kill()
    assert label_rows(command, 60, finished=False) == (["ok"] * 60, "")
    metadata, rows = command.execute(rows_of(*["mimikatz"] * 60))
    assert [row["loglm_verdict"] for row in rows] == ["malicious"] * 60
    assert warnings(metadata) == []
    assert command.end() == 0


def test_on_sent_is_called_for_each_part_of_a_request(fake_sidecar, client_of):
    calls = []
    client = client_of(fake_sidecar.port, batch_bytes=130)
    (endpoint,) = client._endpoints
    events = [write_event("mimikatz" * 5, "", "", None)] * 4
    assert len(endpoint.label(events, Options(), None, lambda: calls.append(1)).verdicts) == 4
    assert len(calls) == len(fake_sidecar.seen()["batches"]) > 1
