"""Connections that are slow, idle or malformed, over raw sockets to a real process."""

import contextlib
import json
import socket
import time
from types import SimpleNamespace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from loglm_bridge.sidecar.http import connection_limits as limits
from loglm_bridge.sidecar.http.connection_limits import Connection, ConnectionLimiter
from loglm_bridge.sidecar.metrics import Metrics
from tests.sidecar.process import wait_until


def head(sidecar, length, path="/v1/label"):
    lines = (
        f"POST {path} HTTP/1.1",
        f"Host: 127.0.0.1:{sidecar.port}",
        f"Authorization: Bearer {sidecar.token}",
        f"Content-Length: {length}",
    )
    return "\r\n".join((*lines, "", "")).encode()


def is_closed(connection):
    """Return whether the peer has closed a connection; discards what it sent before."""
    connection.settimeout(0.01)
    try:
        while connection.recv(65_536):
            pass
    except TimeoutError:
        return False
    except ConnectionError:
        return True
    return True


def test_slow_clients_are_closed_and_others_do_not_wait(start):
    sidecar = start("--log-level", "debug").ready()
    with contextlib.ExitStack() as stack:
        slow = {
            name: stack.enter_context(sidecar.connect())
            for name in ("silent", "half head", "no body", "drip", "refused")
        }
        slow["half head"].sendall(b"POST /v1/label HTTP/1.1\r\nHost:")
        slow["no body"].sendall(head(sidecar, 100) + b"{")
        slow["refused"].sendall(b"POST / HTTP/1.1\r\nHost: evil\r\nContent-Length: 1000000\r\n\r\nx")
        waits = []
        started = time.monotonic()
        closed = {}
        while len(closed) < 5 and time.monotonic() - started < 40:
            with contextlib.suppress(OSError):
                slow["drip"].sendall(b"G")  # a head that never ends, byte by byte
            with contextlib.suppress(OSError):
                slow["refused"].sendall(b"x")
            before = time.monotonic()
            assert sidecar.label("a")[0]["status"] == "ok"
            waits.append(time.monotonic() - before)
            closed |= {n: time.monotonic() - started for n, c in slow.items() if n not in closed and is_closed(c)}
            time.sleep(0.2)
    assert set(closed) == set(slow)
    assert all(4 < seconds < 30 for seconds in closed.values()), closed
    assert max(waits) < 3
    metrics = sidecar.metrics()
    assert metrics['loglm_connections_closed_total{reason="slow_head"}'] == 4
    assert metrics['loglm_connections_closed_total{reason="slow_body"}'] == 1
    assert metrics["loglm_requests_in_flight"] == 1
    assert metrics["loglm_queue_bytes"] == 0
    assert sidecar.stop() == 0


def test_five_hundred_idle_connections_lock_nobody_out(start):
    sidecar = start("--connections", "64").ready()
    with contextlib.ExitStack() as stack:
        working = stack.enter_context(sidecar.connect())
        for _ in range(500):
            stack.enter_context(sidecar.connect())
        assert [r["status"] for r in sidecar.label("a", "b")] == ["ok", "ok"]
        metrics = sidecar.metrics()
        assert metrics["loglm_open_connections"] <= 64
        assert metrics['loglm_connections_closed_total{reason="evicted"}'] >= 430
        assert metrics['loglm_connections_closed_total{reason="refused"}'] == 0
        assert is_closed(working), "the oldest connection without a request is evicted first"
    assert sidecar.stop() == 0


def test_a_connection_with_requests_outlives_those_without(start):
    sidecar = start("--connections", "16").ready()
    sidecar.label("a")
    with contextlib.ExitStack() as stack:
        for _ in range(60):
            stack.enter_context(sidecar.connect())
            time.sleep(0.002)
        before = sidecar.metrics()["loglm_connections_total"]
        sidecar.label("b")
        assert sidecar.metrics()["loglm_connections_total"] == before, "the session's own connection lives"


def test_with_all_connections_busy_a_new_one_gets_503_with_retry_after(start, tmp_path):
    sidecar = start("--connections", "8", "--workers", "1", "--deadline", "120").ready()
    release = tmp_path / "release"
    body = json.dumps({"events": [{"raw": f"HOLD {release}"}]}).encode()
    with contextlib.ExitStack() as stack:
        for _ in range(8):
            connection = stack.enter_context(sidecar.connect())
            connection.sendall(head(sidecar, len(body))[:-2] + b"Expect: 100-continue\r\n\r\n")
            assert connection.recv(65_536).startswith(b"HTTP/1.1 100"), "the request has begun"
            connection.sendall(body)
        with sidecar.connect() as connection:
            answer = connection.recv(65_536)
        assert answer.startswith(b"HTTP/1.1 503 Service Unavailable\r\n")
        assert b"retry-after: 1\r\n" in answer
        assert json.loads(answer.partition(b"\r\n\r\n")[2])["error"]["code"] == "overloaded"
        release.touch()
    assert sidecar.stop() == 0


@pytest.mark.parametrize(
    "data",
    [
        b"\x00" * 100,
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\xaa" * 200,  # TLS to a plain port
        b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
        b"GET / HTTP/1.1\r\n\r\n",
        b"GET /" + b"a" * 100_000 + b" HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\n" + b"X: y\r\n" * 20_000 + b"\r\n",
        b"GET / HTTP/1.1\r\nX : y\r\n\r\n",
        b"get\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n",
    ],
)
def test_data_that_is_not_http_gets_an_error_of_the_contract(sidecar, data):
    with sidecar.connect() as connection:
        with contextlib.suppress(ConnectionError):
            connection.sendall(data)
        answer = b""
        with contextlib.suppress(ConnectionError):
            while part := connection.recv(65_536):
                answer += part
    if answer:  # a reset may have overtaken it
        assert answer.startswith(b"HTTP/1.1 400 Bad Request\r\n")
        assert json.loads(answer.partition(b"\r\n\r\n")[2])["error"]["code"] == "invalid_request"
    assert sidecar.label("a")[0]["status"] == "ok"


@pytest.mark.parametrize("data", [b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n"])
def test_other_versions_of_http_are_refused(sidecar, data):
    with sidecar.connect() as connection:
        connection.sendall(data)
        assert connection.recv(65_536).startswith(b"HTTP/1.1 4")


def test_any_bytes_leave_the_sidecar_running(sidecar):
    pieces = st.sampled_from(
        [
            *(
                b"GET /health/live HTTP/1.1\r\n",
                b"POST /v1/label HTTP/1.1\r\n",
                b"Host: 127.0.0.1:%d\r\n" % sidecar.port,
            ),
            *(
                b"Content-Length: 13\r\n",
                b"\r\n",
                b'{"events":[]}',
                b"Expect: 100-continue\r\n",
                b"Upgrade: websocket\r\n",
            ),
            *(b"Connection: upgrade\r\n", b"Connection: close\r\n", b"Transfer-Encoding: chunked\r\n", b"0\r\n\r\n"),
            *(b"Authorization: Bearer %b\r\n" % sidecar.token.encode(), b"Host: 127.0.0.1:%d\r\n" % sidecar.port),
        ]
    )

    @settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
    @given(st.lists(pieces | st.binary(max_size=20), max_size=12))
    def sends(parts):
        with sidecar.connect() as connection, contextlib.suppress(ConnectionError):
            connection.sendall(b"".join(parts))
            connection.shutdown(socket.SHUT_WR)
            connection.settimeout(5)
            answer = b""
            while part := connection.recv(65_536):
                answer += part
            assert b"HTTP/1.1 500" not in answer

    sends()
    assert sidecar.label("a")[0]["status"] == "ok"


def test_pipelined_requests_are_answered_in_order(sidecar):
    bodies = [json.dumps({"events": [{"raw": "x"}] * count}).encode() for count in (3, 1, 2)]
    with sidecar.connect() as connection:
        connection.sendall(b"".join(head(sidecar, len(b)) + b for b in bodies))
        answer, until = b"", time.monotonic() + 5
        while answer.count(b"HTTP/1.1 200") < 3 or not answer.endswith(b"]}"):
            assert time.monotonic() < until
            answer += connection.recv(65_536)
    assert [part.count(b'"status"') for part in answer.split(b"HTTP/1.1 200")[1:]] == [3, 1, 2]


def test_a_client_may_expect_100_continue(sidecar):
    body = b'{"events":[]}'
    with sidecar.connect() as connection:
        connection.sendall(head(sidecar, len(body))[:-2] + b"Expect: 100-continue\r\n\r\n")
        assert connection.recv(65_536).startswith(b"HTTP/1.1 100")
        connection.sendall(body)
        assert connection.recv(65_536).startswith(b"HTTP/1.1 200")


@pytest.mark.slow
def test_a_client_that_does_not_read_its_answer_is_closed(start):
    sidecar = start("--log-level", "debug").ready()
    body = json.dumps({"events": [{"raw": str(i)} for i in range(2_048)], "options": {"embedding": True}}).encode()
    with contextlib.ExitStack() as stack:
        reader = stack.enter_context(socket.socket())
        reader.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
        reader.connect(("127.0.0.1", sidecar.port))
        reader.sendall((head(sidecar, len(body)) + body) * 4)
        closed = 'loglm_connections_closed_total{reason="slow_reader"}'
        wait_until(lambda: sidecar.metrics()[closed] >= 1)
    assert sidecar.stop() == 0


def connection_at(now, **changes):
    """Return a connection after one request: no head begun, nothing unsent."""
    connection = Connection.__new__(Connection)
    connection.transport = SimpleNamespace(get_write_buffer_size=lambda: changes.get("unsent", 0))
    connection.cycle = changes.get("cycle", SimpleNamespace(response_complete=True, more_body=False))
    connection._phase_started = connection._last_sent = now
    connection._last_received = changes.get("received", now)
    connection._head_begun, connection._requests = changes.get("begun", False), changes.get("requests", 1)
    connection._unsent = 0
    return connection


ARRIVING = SimpleNamespace(response_complete=False, more_body=True)
RUNNING = SimpleNamespace(response_complete=False, more_body=False)


@pytest.mark.parametrize(
    ("changes", "seconds", "reason"),
    [
        ({}, 10_000, ""),  # uvicorn's keep-alive timer
        ({"requests": 0}, limits.HEAD_SECONDS + 0.1, "slow_head"),
        ({"requests": 0}, limits.HEAD_SECONDS - 0.1, ""),
        ({"begun": True}, limits.HEAD_SECONDS + 0.1, "slow_head"),
        ({"cycle": ARRIVING}, limits.BODY_PAUSE_SECONDS - 0.1, ""),
        ({"cycle": ARRIVING}, limits.BODY_PAUSE_SECONDS + 0.1, "slow_body"),
        ({"cycle": ARRIVING, "received": limits.BODY_SECONDS - 1}, limits.BODY_SECONDS - 0.1, ""),
        ({"cycle": ARRIVING, "received": limits.BODY_SECONDS}, limits.BODY_SECONDS + 0.1, "slow_body"),
        ({"cycle": RUNNING}, 10_000, ""),  # the model's deadline
    ],
)
def test_the_time_limit_of_each_phase(changes, seconds, reason):
    assert connection_at(0.0, **changes).timeout_reason(seconds) == reason


def test_a_slow_but_steady_reader_is_kept():
    unsent, now = [10_000], 0.0
    connection = connection_at(now)
    connection.transport = SimpleNamespace(get_write_buffer_size=lambda: unsent[0])
    for _ in range(20):
        now += limits.ANSWER_PAUSE_SECONDS - 1
        unsent[0] -= 1
        assert connection.timeout_reason(now) == ""
    assert connection.timeout_reason(now + limits.ANSWER_PAUSE_SECONDS + 1) == "slow_reader"


def test_a_connection_accepted_during_a_stop_is_closed():
    limiter, closed = ConnectionLimiter(max_connections=2, metrics=Metrics()), []
    for name in ("before", "after"):
        limiter.accept(SimpleNamespace(shutdown=lambda name=name: closed.append(name)), ())
        limiter.stop_accepting()
    assert closed == ["after"]
