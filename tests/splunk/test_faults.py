"""Faults of the sidecar and the network, by their numbers in docs/dev/faults.md: statuses of the rows, and the message.

Every test also checks that rows returned equal rows sent, in order.
"""

import re
import socket
import threading
import time

import pytest

from tests.splunk.fault_proxy import closed_port
from tests.splunk.sample_rows import label_rows, rows_of

SHORT_TIMEOUT = "timeout = 1"


def test_1_sidecar_not_running(app_at, search, log_of):
    port = closed_port()
    command = search(app_at(port))
    command.getinfo()
    started = time.monotonic()
    statuses, message = label_rows(command, 1240)
    assert time.monotonic() - started < 10
    assert statuses == ["unavailable"] * 1240
    assert re.fullmatch(
        rf"LogLM: sidecar not reachable at 127\.0\.0\.1:{port}\. 1,240 of 1,240 events returned without labels "
        r"\(loglm_status=unavailable\)\. Check that `loglm serve` is running\. ref=[0-9a-f]{8}",
        message,
    )
    assert command.end() == 0
    assert message.rpartition("ref=")[2] in log_of()


def test_1_many_chunks_cost_one_round_of_attempts(app_at, search):
    command = search(app_at(closed_port()))
    command.getinfo()
    started = time.monotonic()
    for i in range(20):
        statuses, _ = label_rows(command, 500, finished=i == 19)
        assert statuses == ["unavailable"] * 500
    assert time.monotonic() - started < 15


def test_1_onerror_fail_stops_the_search(app_at, search):
    command = search(app_at(closed_port()))
    command.getinfo("onerror=fail")
    metadata, rows = command.execute(rows_of("a"))
    assert rows == []
    assert metadata["finished"] is True
    assert metadata["error"].startswith("LogLM: sidecar not reachable at 127.0.0.1:")
    assert command.end() == 0


def test_2_sidecar_never_answers(fake_sidecar, proxy, app_at, search):
    proxy.set_fault("timeout")
    command = search(app_at(proxy.port, sidecar="batch_events = 2\ntimeout = 0.5"))
    command.getinfo()
    started = time.monotonic()
    statuses, message = label_rows(command, 100)
    assert time.monotonic() - started < 15
    assert statuses == ["timeout"] * 100
    assert "no answer from the sidecar" in message
    assert "100 of 100 events returned without labels (loglm_status=timeout)" in message


def test_2_sidecar_identifies_itself_but_never_labels(fake_sidecar, app_at, search):
    fake_sidecar.fault("hang", arg=30)
    command = search(app_at(fake_sidecar.port, sidecar=SHORT_TIMEOUT + "\nbatch_events = 2"))
    command.getinfo()
    statuses, message = label_rows(command, 20)
    assert statuses == ["timeout"] * 20
    assert fake_sidecar.seen()["requests"] == 3
    assert "within 1 s" in message


def test_3_sidecar_killed(killable_sidecar, app_at, search):
    command = search(app_at(killable_sidecar.port))
    command.getinfo()
    assert label_rows(command, finished=False) == (["ok"] * 10, "")
    killable_sidecar.kill()
    statuses, message = label_rows(command)
    assert statuses == ["unavailable"] * 10
    assert "10 of 20 events returned without labels" in message


def test_3_lost_connection_is_retried_on_a_new_one(fake_sidecar, proxy, app_at, search):
    command = search(app_at(proxy.port))
    command.getinfo()
    label_rows(command, finished=False)
    proxy.set_fault("reset", 0, times=1)
    statuses, message = label_rows(command)
    assert (statuses, message) == (["ok"] * 10, "")


@pytest.mark.parametrize("network_fault", ["reset", "limit"])
@pytest.mark.parametrize("size", [0, 30, 400])
def test_4_response_cut_off_is_retried(network_fault, size, fake_sidecar, proxy, app_at, search):
    proxy.set_fault(network_fault, size, times=1)
    command = search(app_at(proxy.port))
    command.getinfo()
    assert label_rows(command) == (["ok"] * 10, "")
    assert proxy.connections >= 2


def test_4_only_the_batch_that_always_fails_loses_its_labels(fake_sidecar, proxy, app_at, search):
    command = search(app_at(proxy.port, sidecar="batch_events = 5"))
    command.getinfo()
    label_rows(command, 5, finished=False)
    proxy.set_fault("", times=0)
    fake_sidecar.fault("fewer_of", arg="row 3")
    statuses, message = label_rows(command, 10)
    # the first request of a chunk is smaller
    assert statuses == ["ok"] * 2 + ["unavailable"] * 5 + ["ok"] * 3
    assert "the answer does not match the request (5 events sent, 4 results received)." in message
    assert "5 of 15 events returned without labels" in message


def test_4_slow_body_is_bounded_by_the_time_of_the_call(fake_sidecar, proxy, app_at, search):
    proxy.set_fault("slicer", (1, 0.05))
    command = search(app_at(proxy.port, sidecar="timeout = 0.5"))
    command.getinfo()
    started = time.monotonic()
    statuses, message = label_rows(command)
    assert time.monotonic() - started < 15
    assert statuses == ["timeout"] * 10
    assert "no answer from the sidecar" in message


def test_22_long_answer_that_drips_does_not_hold_the_search(fake_sidecar, proxy, app_at, search):
    proxy.set_fault("slicer", (1, 0.1, 600))
    command = search(app_at(proxy.port, sidecar="timeout = 3"))
    command.getinfo("explain=t")
    started = time.monotonic()
    statuses, message = label_rows(command, 500)
    assert time.monotonic() - started < 20
    assert set(statuses) == {"timeout"}
    assert "no answer from the sidecar" in message
    assert command.end() == 0


@pytest.mark.parametrize("network_fault", [("latency", 0.3), ("slow_close", 0.3), ("slicer", (200, 0.01))])
def test_4_slow_responses_are_read(network_fault, fake_sidecar, proxy, app_at, search):
    proxy.set_fault(*network_fault)
    command = search(app_at(proxy.port))
    command.getinfo()
    assert label_rows(command) == (["ok"] * 10, "")


@pytest.mark.parametrize(
    ("fault", "times", "arg", "requests"),
    [
        pytest.param("busy", 3, None, 4, id="5 busy"),
        pytest.param("loading", 2, 1, 3, id="6 loading"),
        pytest.param("too_large", -1, 5, 3, id="lower limits"),
    ],
)
def test_request_is_repeated_until_it_is_accepted(fault, times, arg, requests, fake_sidecar, app_at, search):
    fake_sidecar.fault(fault, times, arg)
    command = search(app_at(fake_sidecar.port))
    command.getinfo()
    assert label_rows(command) == (["ok"] * 10, "")
    assert fake_sidecar.seen()["requests"] == requests


@pytest.mark.parametrize(
    ("fault", "status", "requests", "texts"),
    [
        pytest.param(
            *("fewer", "unavailable", 2),
            ["the answer does not match the request (10 events sent, 9 results received)"],
            id="10 a result is missing",
        ),
        pytest.param(
            *("api", "unavailable", 0),
            [
                "the sidecar speaks interface 99, this app speaks 1",
                "Install an app and a sidecar of the same major version",
            ],
            id="11 another interface version",
        ),
        pytest.param("foreign", "unavailable", 0, ["is not a LogLM sidecar"], id="13 another program"),
        pytest.param(
            *("model_error", "error", 1),
            ["logits are not finite. 10 of 10 events returned without labels (loglm_status=error)"],
            id="16 the model fails",
        ),
        pytest.param("html", "unavailable", 1, ["HTTP 502 from 127.0.0.1"], id="a gateway's error page"),
    ],
)
def test_fault_of_the_sidecar_withholds_labels(fault, status, requests, texts, fake_sidecar, app_at, search):
    fake_sidecar.fault(fault)
    command = search(app_at(fake_sidecar.port))
    command.getinfo()
    statuses, message = label_rows(command)
    assert statuses == [status] * 10
    assert [text for text in texts if text not in message] == []
    assert (fake_sidecar.seen()["requests"], fake_sidecar.seen()["token"]) == (requests, "")


def test_12_refused_token_is_sent_once(fake_sidecar, app_at, search, log_of):
    command = search(app_at(fake_sidecar.port, sidecar="batch_events = 2", token="wr0ng"))
    command.getinfo()
    statuses, message = label_rows(command)
    assert statuses == ["unavailable"] * 10
    assert "the sidecar refused the token" in message
    assert "loglm token" in message
    assert fake_sidecar.seen()["requests"] == 1
    assert "wr0ng" not in message + log_of()


def test_13_other_program_that_does_not_speak_http(app_at, search):
    def greet(listener):
        for _ in range(2):
            client, _ = listener.accept()
            with client:
                client.sendall(b"SSH-2.0-OpenSSH_9.6\r\n")
                client.recv(65536)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=greet, args=(listener,))
        thread.start()
        command = search(app_at(listener.getsockname()[1]))
        command.getinfo()
        statuses, message = label_rows(command)
        thread.join()
    assert statuses == ["unavailable"] * 10
    assert "is not a LogLM sidecar" in message


def test_several_reasons_give_one_message(fake_sidecar, app_at, search):
    fake_sidecar.fault("model_error", times=1)
    command = search(app_at(fake_sidecar.port, sidecar="batch_events = 5"))
    command.getinfo()
    statuses, _ = label_rows(command, 10, finished=False)
    assert statuses == ["error"] * 2 + ["ok"] * 8
    fake_sidecar.fault("fewer")
    statuses, message = label_rows(command, 5)
    assert statuses == ["unavailable"] * 5
    assert "7 of 15 events returned without labels (loglm_status=unavailable 5, error 2)" in message
