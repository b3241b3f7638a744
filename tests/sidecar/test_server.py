"""Start, drain, stop, overload and crashes of sidecar processes."""

import json
import signal
import socket
import stat
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from tests.sidecar.process import check_counters, wait_until


def in_background(function):
    """Run a function in a thread; returns a function that waits for its result."""
    pool = ThreadPoolExecutor(1)
    future = pool.submit(function)

    def result():
        pool.shutdown()
        return future.result()

    return result


def test_it_starts_announces_its_url_and_stops(start):
    sidecar = start().ready()
    assert sidecar.port > 0
    assert stat.S_IMODE(sidecar.token_file.stat().st_mode) == 0o600
    first = next(r for r in sidecar.records() if r["message"] == "starting")
    assert first["settings"]["token"] == "********"
    assert sidecar.token not in sidecar.log()
    started = time.monotonic()
    assert sidecar.stop() == 0
    assert time.monotonic() - started < 20
    assert sidecar.lines.empty(), "one line on stdout"
    assert [r["code"] for r in sidecar.records() if r["message"] == "stopped"] == [0]


def test_the_token_is_kept_across_restarts(start, tmp_path):
    flags = ("--token-file", str(tmp_path / "token"))
    tokens = []
    for _ in range(2):
        sidecar = start(*flags).ready()
        sidecar.token_file = tmp_path / "token"
        assert sidecar.label("a")[0]["status"] == "ok"
        tokens.append(sidecar.token)
        assert sidecar.stop(signal.SIGINT) == 0
    assert tokens[0] == tokens[1]


def test_while_the_model_loads_it_is_live_but_not_ready(start):
    sidecar = start(DOUBLE="late 2").listening()
    live = sidecar.session.get(sidecar.url + "/health/live", timeout=5)
    ready = sidecar.session.get(sidecar.url + "/health/ready", timeout=5)
    assert (live.status_code, ready.status_code) == (200, 503)
    assert (ready.json()["service"], ready.json()["reason"]) == ("loglm-sidecar", "loading")
    answer = sidecar.ask("/v1/label", {"events": [{"raw": "a"}]})
    assert (answer.status_code, answer.json()["error"]["code"]) == (503, "not_ready")
    assert answer.headers["Retry-After"] == "1"
    assert sidecar.ask("/v1/model").status_code == 503
    assert sidecar.metrics()["loglm_ready"] == 0
    url, sidecar.url = sidecar.url, ""
    assert sidecar.ready().url == url
    assert sidecar.label("a")[0]["status"] == "ok"
    assert sidecar.stop() == 0


def test_it_can_be_stopped_while_the_model_loads(start):
    sidecar = start(DOUBLE="late 30").listening()
    # an answer shows that it handles signals by now
    assert requests.get(sidecar.url + "/health/live", timeout=20).status_code == 200
    started = time.monotonic()
    assert sidecar.stop() == 0
    assert time.monotonic() - started < 20
    assert sidecar.lines.empty()


@pytest.mark.parametrize(
    ("mode", "message"), [("refuse", "tokenizer.json: sha256 differs"), ("untested", "golden event")]
)
def test_a_refused_model_exits_with_78(start, mode, message):
    sidecar = start("--model", "/some/folder", DOUBLE=mode)
    assert sidecar.wait() == 78
    assert f"loglm serve: {message}" in sidecar.log()
    assert "Traceback" not in sidecar.log()
    assert sidecar.lines.empty()


def test_an_invalid_setting_exits_with_2(start):
    sidecar = start("--workers", "none")
    assert sidecar.wait() == 2
    assert "workers must be a whole number" in sidecar.log()


def test_a_port_in_use_exits_with_2(start):
    with socket.create_server(("127.0.0.1", 0)) as other:
        sidecar = start("--port", str(other.getsockname()[1]))
        assert sidecar.wait() == 2
    assert "in use" in sidecar.log()


def not_ready_reason(sidecar):
    return requests.get(sidecar.url + "/health/ready", timeout=5).json().get("reason", "")


def test_a_stop_answers_accepted_requests_and_refuses_new_ones(start, tmp_path):
    sidecar = start("--workers", "1", "--deadline", "120", "--drain", "60").ready()
    release = tmp_path / "release"
    accepted = [in_background(lambda: requests.post(**request(sidecar, f"HOLD {release}"), timeout=60)) for _ in "ab"]
    sidecar.wait_for_queue(2)
    sidecar.process.send_signal(signal.SIGTERM)
    wait_until(lambda: not_ready_reason(sidecar) == "stopping")
    late = requests.post(**request(sidecar, "late"), timeout=5)
    assert (late.status_code, late.json()["error"]["code"]) == (503, "not_ready")
    time.sleep(0.5)  # uvicorn looks every 0.1 s whether it should stop: the drain begins then
    release.touch()
    assert [result().json()["results"][0]["status"] for result in accepted] == ["ok", "ok"]
    assert sidecar.wait() == 0
    (drained,) = (r for r in sidecar.records() if r["message"] == "drained")
    assert drained["requests"] >= 2, "a request for the health may be in flight as well"
    assert drained["unanswered"] == 0
    assert 0 < drained["seconds"] < 60


def request(sidecar, *raws):
    return {
        "url": sidecar.url + "/v1/label",
        "data": json.dumps({"events": [{"raw": raw} for raw in raws]}),
        "headers": {"Authorization": f"Bearer {sidecar.token}"},
    }


def test_a_stop_waits_no_longer_than_the_drain_setting(start):
    sidecar = start("--drain", "0.5", "--deadline", "30").ready()
    hanging = in_background(lambda: outcome(sidecar, "HANG"))
    sidecar.wait_for_queue(1)
    started = time.monotonic()
    assert sidecar.stop() == 0
    assert time.monotonic() - started < 20
    assert hanging() != 200


def outcome(sidecar, *raws):
    if not sidecar.token_file.exists():
        return "no token yet"
    try:
        return requests.post(**request(sidecar, *raws), timeout=60).status_code
    except requests.exceptions.RequestException as error:
        return type(error).__name__


def test_a_second_signal_exits_at_once(start):
    sidecar = start("--drain", "60", "--deadline", "60").ready()
    hanging = in_background(lambda: outcome(sidecar, "HANG"))
    sidecar.wait_for_queue(1)
    sidecar.process.send_signal(signal.SIGTERM)
    wait_until(lambda: not_ready_reason(sidecar) == "stopping")
    assert sidecar.process.poll() is None
    started = time.monotonic()
    assert sidecar.stop() == 128 + signal.SIGTERM
    assert time.monotonic() - started < 20
    assert hanging() == "ConnectionError"


def test_after_a_crash_it_restarts_with_the_same_token(start, tmp_path):
    flags = ("--token-file", str(tmp_path / "token"))
    first = start(*flags).ready()
    first.token_file = tmp_path / "token"
    hanging = in_background(lambda: outcome(first, "HANG"))
    first.wait_for_queue(1)
    assert first.stop(signal.SIGKILL) == -signal.SIGKILL
    assert hanging() == "ConnectionError"
    second = start(*flags, "--port", str(first.port)).ready()
    second.token_file = tmp_path / "token"
    assert second.label("a")[0]["status"] == "ok"
    assert second.stop() == 0


def test_overload_is_refused_at_once_and_queued_requests_are_answered(start, tmp_path):
    sidecar = start("--workers", "1", "--queue-events", "2048", "--deadline", "120").ready()
    release = tmp_path / "release"
    batch = [f"event {i}" for i in range(99)]
    waiting = [in_background(lambda: outcome(sidecar, f"HOLD {release}", *batch))]
    sidecar.wait_for_queue(100)  # the only worker is busy before other requests arrive
    waiting += [in_background(lambda: outcome(sidecar, *batch, "last")) for _ in range(19)]
    waiting.append(in_background(lambda: outcome(sidecar, *batch[:48])))
    sidecar.wait_for_queue(2_048)

    def ask(_):
        answer = sidecar.ask("/v1/label", {"events": [{"raw": raw} for raw in batch]})
        assert answer.headers["Retry-After"] == "1"
        assert (answer.status_code, answer.json()["error"]["code"]) == (429, "overloaded")

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(ask, range(250)))
    assert sidecar.metrics()["loglm_queue_events"] == 2_048, "all were refused while the queue stood still"
    release.touch()
    assert [result() for result in waiting] == [200] * 21
    metrics = sidecar.metrics()
    check_counters(metrics)
    assert metrics['loglm_requests_total{outcome="overloaded"}'] == 250
    assert sidecar.stop() == 0


def test_all_requests_are_counted(start):
    sidecar = start("--workers", "1", "--deadline", "2").ready()
    sidecar.label("a", "", "CRASH", "HANG")
    sidecar.ask("/v1/label", b"{")
    sidecar.ask("/v1/label", b"{", headers={"Authorization": "Bearer wrong"})
    sidecar.ask("/nothing")
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda i: outcome(sidecar, f"SLOW 0.02 {i}"), range(16)))
    metrics = sidecar.metrics()
    check_counters(metrics)
    assert metrics['loglm_requests_total{outcome="ok"}'] == 17
    assert metrics['loglm_events_total{outcome="ok"}'] == 17
    assert metrics['loglm_events_total{outcome="error"}'] == 2
    assert metrics["loglm_quarantined_events"] == 2
    assert metrics["loglm_hanging_calls"] == 1
    assert sidecar.stop() == 0, "hanging threads do not delay the stop"


def test_a_broken_model_is_not_ready_then_reloaded(start, tmp_path):
    reload = tmp_path / "reload"
    sidecar = start(DOUBLE=f"broken {reload}").ready()
    assert sidecar.label("a")[0]["status"] == "ok"
    codes = []
    for raw in ("BREAK", "b", "c", "d"):
        answer = sidecar.ask("/v1/label", {"events": [{"raw": raw}]})
        codes.append((answer.status_code, answer.json()["error"]["code"]))
    assert codes == [(500, "model_error")] * 3 + [(503, "not_ready")]
    ready = sidecar.session.get(sidecar.url + "/health/ready", timeout=5)
    assert (ready.status_code, ready.json()["reason"]) == (503, "failed")
    reload.touch()
    wait_until(lambda: sidecar.metrics()["loglm_ready"])
    assert sidecar.label("a")[0]["status"] == "ok"
    metrics = sidecar.metrics()
    assert metrics["loglm_model_restarts_total"] == 1
    assert metrics['loglm_events_total{outcome="model_error"}'] == 3
    check_counters(metrics)
    assert sidecar.stop() == 0


def test_an_event_that_never_releases_the_gil_ends_the_process(start):
    sidecar = start("--deadline", "0.2").ready()
    assert outcome(sidecar, "REGEX canary") == "ConnectionError"
    assert sidecar.wait() == 1
    assert "Timeout" in sidecar.log()
    assert "misbehave" in sidecar.log(), "the log names the code that hung"
    assert "canary" not in sidecar.log()


def test_under_a_memory_limit_a_batch_is_bisected_and_answered(start):
    sidecar = start("--memory-mb", "1500", "--workers", "1").ready()
    results = sidecar.label(*(f"ALLOCATE 20 {i}" for i in range(100)), "ALLOCATE 4000")
    assert [r["status"] for r in results] == ["ok"] * 100 + ["error"]
    assert "memory" in results[-1]["detail"]
    metrics = sidecar.metrics()
    assert metrics["loglm_inference_memory_total"] > 3
    assert metrics["loglm_quarantined_events"] == 0
    assert sidecar.stop() == 0


def test_with_closed_stdout_and_stderr_it_serves_and_stops(start):
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    sidecar = start("--port", str(port), "--log-level", "debug", closed_streams=True)
    sidecar.url = f"http://127.0.0.1:{port}"
    wait_until(lambda: outcome(sidecar, "a") == 200, 40)
    assert [outcome(sidecar, "a") for _ in range(20)] == [200] * 20
    assert sidecar.stop() == 0


def test_the_log_goes_to_the_configured_file(start, tmp_path):
    path = tmp_path / "own.log"
    sidecar = start("--log-file", str(path)).ready()
    assert sidecar.stop() == 0
    assert sidecar.log() == ""
    assert [json.loads(line)["message"] for line in path.read_text().splitlines()][-1] == "stopped"
