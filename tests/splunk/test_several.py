"""Several sidecars: requests are spread over them, one that fails is left out, rows keep their order and labels."""

import threading

import pytest

from loglm_bridge.contract.errors import SidecarFailed, SidecarRefused, SidecarTimeout, SidecarUnavailable, WrongService
from loglm_bridge.contract.event import Event
from loglm_bridge.contract.wire import Options, write_event
from loglm_bridge.splunk.client.circuit_breaker import COOL_DOWN
from loglm_bridge.splunk.client.client import SidecarClient
from loglm_bridge.splunk.config.settings import Settings
from tests.splunk.client.test_client import Clock
from tests.splunk.conftest import TOKEN, Sidecar
from tests.splunk.search.test_command import rows_of
from tests.splunk.splunkd import warnings
from tests.splunk.test_faults import closed_port, outcome

EVENTS = [Event("mimikatz" if i % 3 else f"row {i}") for i in range(40)]
WANTED = ["malicious" if i % 3 else "benign" for i in range(40)]


@pytest.fixture(scope="module")
def second_process(root):
    """A second stand-in for all tests of this module."""
    sidecar = Sidecar(root)
    yield sidecar
    sidecar.kill()


@pytest.fixture
def second(second_process):
    """The second stand-in, without faults and counts of an earlier test."""
    second_process.fault()
    return second_process


@pytest.fixture
def client_of(root):
    """Make clients of ports."""
    made = []

    def make(*ports, clock=None, token=TOKEN, **changes):
        urls = tuple(f"http://127.0.0.1:{port}" for port in ports)
        settings = Settings.read(root)._replace(**{"urls": urls, "batch_events": 2, **changes})
        made.append(SidecarClient(settings, token, clock=clock or Clock(), sleep=(clock or Clock()).sleep))
        return made[-1]

    yield make
    for client in made:
        client.close()


def verdicts(client):
    """What the client answers about EVENTS."""
    return [verdict.verdict for verdict in client.label(EVENTS, Options()).verdicts]


def test_both_are_asked_and_all_answers_are_in_their_places(standin, second, client_of):
    client = client_of(standin.port, second.port)
    for _ in range(20):
        assert verdicts(client) == WANTED
    assert min(standin.seen()["requests"], second.seen()["requests"]) > 0
    assert standin.seen()["requests"] + second.seen()["requests"] == 400


def test_they_are_asked_at_the_same_time(standin, second, proxy, client_of):
    proxy.poison("latency", 0.4)
    client = client_of(proxy.port, second.port)
    assert verdicts(client) == WANTED
    assert second.seen()["requests"] > standin.seen()["requests"]  # while the first one was waited for


@pytest.mark.parametrize("fault", ["foreign", "api", "fewer", "html", "redirect"])
def test_one_that_fails_costs_no_label(fault, standin, second, client_of):
    standin.fault(fault)
    client = client_of(standin.port, second.port)
    for _ in range(3):
        assert verdicts(client) == WANTED
    assert second.seen()["events"] == 120


def test_one_that_is_away_is_left_out_and_comes_back(mortal, second, client_of):
    clock = Clock()
    client = client_of(closed_port(), second.port, clock=clock)
    for _ in range(10):
        assert verdicts(client) == WANTED
    assert clock.slept == [0.2, 0.4]  # one round of tries
    clock.now += COOL_DOWN
    assert verdicts(client) == WANTED
    assert second.seen()["events"] == 440


def test_one_that_does_not_answer_is_asked_three_times(standin, second, client_of):
    standin.fault("hang", arg=3)
    client = client_of(standin.port, second.port, timeout=0.2)
    for _ in range(4):
        assert verdicts(client) == WANTED
    assert standin.seen()["requests"] <= 3


def test_a_token_that_one_refuses_is_not_shown_to_it_again(standin, second, client_of):
    client = client_of(standin.port, second.port, token="wr0ng")
    with pytest.raises(SidecarRefused, match="refused the token"):
        client.label(EVENTS, Options())
    assert standin.seen()["requests"] <= 1
    assert second.seen()["requests"] <= 1


def test_busy_is_waited_out_while_the_other_goes_on(standin, second, client_of):
    standin.fault("busy", left=3)
    client = client_of(standin.port, second.port)
    assert verdicts(client) == WANTED


def test_events_on_which_a_model_fails_are_not_handed_on(standin, second, client_of):
    standin.fault("model_error")
    second.fault("model_error")
    client = client_of(standin.port, second.port, batch_events=100)
    with pytest.raises(SidecarFailed):
        client.label(EVENTS, Options())
    assert standin.seen()["requests"] + second.seen()["requests"] == 1


def test_the_first_reason_is_told_where_none_is_left(standin, client_of):
    standin.fault("foreign")
    client = client_of(closed_port(), standin.port)
    for _ in range(3):
        with pytest.raises((SidecarUnavailable, WrongService)):
            client.label(EVENTS, Options())
    assert standin.seen()["requests"] == 0
    assert standin.seen()["token"] == ""


def test_all_that_are_mute_are_a_timeout(standin, second, client_of):
    standin.fault("hang", arg=2)
    second.fault("hang", arg=2)
    client = client_of(standin.port, second.port, timeout=0.2)
    with pytest.raises(SidecarTimeout):
        client.label(EVENTS, Options())


def test_each_has_to_name_itself(standin, second, client_of):
    client = client_of(standin.port, second.port)
    client.identify()
    second.fault("foreign")
    with pytest.raises(WrongService, match=f":{second.port} "):
        client_of(standin.port, second.port).identify()


def test_a_closed_client_leaves_no_thread_behind(standin, second, client_of):
    before = threading.active_count()
    client = client_of(standin.port, second.port)
    assert verdicts(client) == WANTED
    client.close()
    lanes = [thread for thread in threading.enumerate() if thread.name == "loglm-request-worker"]
    for thread in lanes:
        thread.join(5)
    assert threading.active_count() <= before


def test_a_search_spreads_over_several_and_survives_one(mortal, second, app_at, search):
    app = app_at(mortal.port, sidecar="batch_events = 3")
    conf = app / "local/loglm.conf"
    conf.write_text(conf.read_text().replace(str(mortal.port), f"{mortal.port}, http://127.0.0.1:{second.port}"))
    one = search(app)
    one.getinfo()
    assert outcome(one, 60, finished=False) == (["ok"] * 60, "")
    mortal.kill()
    assert outcome(one, 60, finished=False) == (["ok"] * 60, "")
    metadata, rows = one.execute(rows_of(*["mimikatz"] * 60))
    assert [row["loglm_verdict"] for row in rows] == ["malicious"] * 60
    assert warnings(metadata) == []
    assert one.end() == 0


def test_it_is_told_when_a_request_is_on_its_way_once_for_each_part(standin, client_of):
    told = []
    client = client_of(standin.port, batch_bytes=130)
    (endpoint,) = client._endpoints
    events = [write_event("mimikatz" * 5, "", "", None)] * 4
    assert len(endpoint.label(events, Options(), None, lambda: told.append(1)).verdicts) == 4
    assert len(told) == len(standin.seen()["batches"]) > 1
