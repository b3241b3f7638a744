"""Faults of the sidecar and the network (docs/dev/faults.md): what happens and what the user reads.

Every test counts: rows out are rows in, in order, and the statuses add up.
"""

import re
import socket
import threading
import time

import pytest

from tests.splunk.search.test_command import rows_of
from tests.splunk.splunkd import warnings

QUICK = "timeout = 1"


def outcome(one, count=10, *, finished=True):
    """Send `count` rows; return the statuses in their order and the one warning, empty where there is none."""
    texts = [f"row {i}" for i in range(count)]
    metadata, rows = one.execute(rows_of(*texts), finished=finished)
    assert [row["_raw"] for row in rows] == texts
    assert all(row["loglm_verdict"] == ("benign" if row["loglm_status"] == "ok" else "") for row in rows)
    said = warnings(metadata)
    assert len(said) <= 1
    return [row["loglm_status"] for row in rows], "".join(said)


def closed_port():
    """A port on which nothing listens."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


def test_1_not_running(app_at, search, log_of):
    port = closed_port()
    one = search(app_at(port))
    one.getinfo()
    started = time.monotonic()
    statuses, said = outcome(one, 1240)
    assert time.monotonic() - started < 10
    assert statuses == ["unavailable"] * 1240
    assert re.fullmatch(
        rf"LogLM: sidecar not reachable at 127\.0\.0\.1:{port}\. 1,240 of 1,240 events returned without labels "
        r"\(loglm_status=unavailable\)\. Check that `loglm serve` is running\. ref=[0-9a-f]{8}",
        said,
    )
    assert one.end() == 0
    assert said.rpartition("ref=")[2] in log_of()


def test_1_many_chunks_cost_one_round_of_tries(app_at, search):
    one = search(app_at(closed_port()))
    one.getinfo()
    started = time.monotonic()
    for i in range(20):
        statuses, _ = outcome(one, 500, finished=i == 19)
        assert statuses == ["unavailable"] * 500
    assert time.monotonic() - started < 15


def test_1_onerror_fail_stops_with_the_reason(app_at, search):
    one = search(app_at(closed_port()))
    one.getinfo("onerror=fail")
    metadata, rows = one.execute(rows_of("a"))
    assert rows == []
    assert metadata["finished"] is True
    assert metadata["error"].startswith("LogLM: sidecar not reachable at 127.0.0.1:")
    assert one.end() == 0


def test_2_listens_but_never_answers(standin, proxy, app_at, search):
    proxy.poison("timeout")
    one = search(app_at(proxy.port, sidecar="batch_events = 2\ntimeout = 0.5"))
    one.getinfo()
    started = time.monotonic()
    statuses, said = outcome(one, 100)
    assert time.monotonic() - started < 15
    assert statuses == ["timeout"] * 100
    assert "no answer from the sidecar" in said
    assert "100 of 100 events returned without labels (loglm_status=timeout)" in said


def test_2_names_itself_but_never_labels(standin, app_at, search):
    standin.fault("hang", arg=30)
    one = search(app_at(standin.port, sidecar=QUICK + "\nbatch_events = 2"))
    one.getinfo()
    statuses, said = outcome(one, 20)
    assert statuses == ["timeout"] * 20
    assert standin.seen()["requests"] == 3
    assert "within 1 s" in said


def test_3_killed_and_gone(mortal, app_at, search):
    one = search(app_at(mortal.port))
    one.getinfo()
    assert outcome(one, finished=False) == (["ok"] * 10, "")
    mortal.kill()
    statuses, said = outcome(one)
    assert statuses == ["unavailable"] * 10
    assert "10 of 20 events returned without labels" in said


def test_3_a_connection_lost_mid_batch_is_tried_again_on_a_new_one(standin, proxy, app_at, search):
    one = search(app_at(proxy.port))
    one.getinfo()
    outcome(one, finished=False)
    proxy.poison("reset", 0, left=1)
    statuses, said = outcome(one)
    assert (statuses, said) == (["ok"] * 10, "")


@pytest.mark.parametrize("toxic", ["reset", "limit"])
@pytest.mark.parametrize("size", [0, 30, 400])
def test_4_a_cut_answer_is_asked_for_again(toxic, size, standin, proxy, app_at, search):
    proxy.poison(toxic, size, left=1)
    one = search(app_at(proxy.port))
    one.getinfo()
    assert outcome(one) == (["ok"] * 10, "")
    assert proxy.connections >= 2


def test_4_only_the_batch_that_is_always_cut_loses_its_labels(standin, proxy, app_at, search):
    one = search(app_at(proxy.port, sidecar="batch_events = 5"))
    one.getinfo()
    outcome(one, 5, finished=False)
    proxy.poison("", left=0)
    standin.fault("fewer_of", arg="row 3")
    statuses, said = outcome(one, 10)
    # of a chunk's requests the first is small
    assert statuses == ["ok"] * 2 + ["unavailable"] * 5 + ["ok"] * 3
    assert "the answer does not match the request (5 events sent, 4 results received)." in said
    assert "5 of 15 events returned without labels" in said


def test_4_a_body_that_drips_is_bounded_by_the_call_not_the_byte(standin, proxy, app_at, search):
    proxy.poison("slicer", (1, 0.05))
    one = search(app_at(proxy.port, sidecar="timeout = 0.5"))
    one.getinfo()
    started = time.monotonic()
    statuses, said = outcome(one)
    assert time.monotonic() - started < 15
    assert statuses == ["timeout"] * 10
    assert "no answer from the sidecar" in said


@pytest.mark.parametrize("toxic", [("latency", 0.3), ("slow_close", 0.3), ("slicer", (200, 0.01))])
def test_4_slow_is_not_broken(toxic, standin, proxy, app_at, search):
    proxy.poison(*toxic)
    one = search(app_at(proxy.port))
    one.getinfo()
    assert outcome(one) == (["ok"] * 10, "")


def test_5_busy_for_a_moment_is_waited_out(standin, app_at, search):
    standin.fault("busy", left=3)
    one = search(app_at(standin.port))
    one.getinfo()
    assert outcome(one) == (["ok"] * 10, "")
    assert standin.seen()["requests"] == 4


def test_6_loading_is_waited_for(standin, app_at, search):
    standin.fault("loading", left=2, arg=1)
    one = search(app_at(standin.port))
    one.getinfo()
    assert outcome(one) == (["ok"] * 10, "")


def test_10_fewer_items_never_shift_labels(standin, app_at, search):
    standin.fault("fewer")
    one = search(app_at(standin.port))
    one.getinfo()
    statuses, said = outcome(one, 32)
    assert statuses == ["unavailable"] * 32
    assert "the answer does not match the request (32 events sent, 31 results received)" in said


def test_11_another_version_of_the_interface(standin, app_at, search):
    standin.fault("api")
    one = search(app_at(standin.port))
    one.getinfo()
    statuses, said = outcome(one)
    assert statuses == ["unavailable"] * 10
    assert "the sidecar speaks interface 99, this app speaks 1" in said
    assert "Install an app and a sidecar of the same major version" in said
    assert standin.seen()["requests"] == 0


def test_12_a_refused_token_is_not_tried_again(standin, app_at, search, log_of):
    one = search(app_at(standin.port, sidecar="batch_events = 2", token="wr0ng"))
    one.getinfo()
    statuses, said = outcome(one)
    assert statuses == ["unavailable"] * 10
    assert "the sidecar refused the token" in said
    assert "loglm token" in said
    assert standin.seen()["requests"] == 1
    assert "wr0ng" not in said + log_of()


def test_13_another_program_on_the_port_gets_no_event_and_no_token(standin, app_at, search):
    standin.fault("foreign")
    one = search(app_at(standin.port))
    one.getinfo()
    statuses, said = outcome(one)
    assert statuses == ["unavailable"] * 10
    assert f"the program at 127.0.0.1:{standin.port} is not a LogLM sidecar" in said
    assert (standin.seen()["requests"], standin.seen()["token"], standin.seen()["health"]) == (0, "", 2)


def test_13_a_program_that_does_not_speak_http(app_at, search):
    def greet(listener):
        for _ in range(2):
            client, _ = listener.accept()
            with client:
                client.sendall(b"SSH-2.0-OpenSSH_9.6\r\n")
                client.recv(65536)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=greet, args=(listener,))
        thread.start()
        one = search(app_at(listener.getsockname()[1]))
        one.getinfo()
        statuses, said = outcome(one)
        thread.join()
    assert statuses == ["unavailable"] * 10
    assert "is not a LogLM sidecar" in said


def test_16_a_model_that_fails_withholds_labels(standin, app_at, search):
    standin.fault("model_error")
    one = search(app_at(standin.port))
    one.getinfo()
    statuses, said = outcome(one)
    assert statuses == ["error"] * 10
    assert "logits are not finite. 10 of 10 events returned without labels (loglm_status=error)" in said


def test_a_sidecar_with_lower_limits_gets_smaller_batches(standin, app_at, search):
    standin.fault("too_large", arg=3)
    one = search(app_at(standin.port))
    one.getinfo()
    assert outcome(one) == (["ok"] * 10, "")
    assert max(standin.seen()["batches"]) <= 3


def test_a_gateways_error_page_is_not_a_label(standin, app_at, search):
    standin.fault("html")
    one = search(app_at(standin.port))
    one.getinfo()
    statuses, said = outcome(one)
    assert statuses == ["unavailable"] * 10
    assert "HTTP 502 from 127.0.0.1" in said


def test_several_reasons_are_told_in_one_message(standin, app_at, search):
    standin.fault("model_error", left=1)
    one = search(app_at(standin.port, sidecar="batch_events = 5"))
    one.getinfo()
    statuses, _ = outcome(one, 10, finished=False)
    assert statuses == ["error"] * 2 + ["ok"] * 8
    standin.fault("fewer")
    statuses, said = outcome(one, 5)
    assert statuses == ["unavailable"] * 5
    assert "7 of 15 events returned without labels (loglm_status=unavailable 5, error 2)" in said
