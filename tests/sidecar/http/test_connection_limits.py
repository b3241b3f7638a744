"""Connections that dawdle, idle or talk nonsense (fault 15), over raw sockets to a real process."""

import contextlib
import json
import socket
import time
from types import SimpleNamespace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from loglm_bridge.sidecar.http import connection_limits as bounds
from loglm_bridge.sidecar.http.connection_limits import Connection, ConnectionLimiter
from loglm_bridge.sidecar.metrics import Metrics


def head(sidecar, length, path="/v1/label"):
    lines = (
        f"POST {path} HTTP/1.1",
        f"Host: 127.0.0.1:{sidecar.port}",
        f"Authorization: Bearer {sidecar.token}",
        f"Content-Length: {length}",
    )
    return "\r\n".join((*lines, "", "")).encode()


def is_closed(connection):
    """Whether the other side has ended a connection; what it sent before is read away."""
    connection.settimeout(0.01)
    try:
        while connection.recv(65_536):
            pass
    except TimeoutError:
        return False
    except ConnectionError:
        return True
    return True


def seconds_until_closed(connections, most):
    started, found = time.monotonic(), {}
    while len(found) < len(connections) and time.monotonic() - started < most:
        for name, connection in connections.items():
            if name not in found and is_closed(connection):
                found[name] = time.monotonic() - started
        time.sleep(0.1)
    return found


def test_slow_clients_are_ended_and_others_are_not_kept_waiting(start):
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
        found = {}
        while len(found) < 5 and time.monotonic() - started < 40:
            with contextlib.suppress(OSError):
                slow["drip"].sendall(b"G")  # a head that never ends, byte by byte
            with contextlib.suppress(OSError):
                slow["refused"].sendall(b"x")
            before = time.monotonic()
            assert sidecar.label("a")[0]["status"] == "ok"
            waits.append(time.monotonic() - before)
            found |= {n: time.monotonic() - started for n, c in slow.items() if n not in found and is_closed(c)}
            time.sleep(0.2)
    assert set(found) == set(slow)
    assert all(4 < seconds < 30 for seconds in found.values()), found
    assert max(waits) < 3
    metrics = sidecar.metrics()
    assert metrics['loglm_connections_closed_total{reason="slow_head"}'] == 4
    assert metrics['loglm_connections_closed_total{reason="slow_body"}'] == 1
    assert metrics["loglm_requests_in_flight"] == 1
    assert metrics["loglm_queue_bytes"] == 0
    assert sidecar.stop() == 0


def test_five_hundred_idle_connections_keep_nobody_out(start):
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
        assert is_closed(working), "the oldest that never asked anything goes first"
    assert sidecar.stop() == 0


def test_a_connection_that_asked_something_is_kept_rather_than_one_that_did_not(start):
    sidecar = start("--connections", "16").ready()
    sidecar.label("a")
    with contextlib.ExitStack() as stack:
        for _ in range(60):
            stack.enter_context(sidecar.connect())
            time.sleep(0.002)
        before = sidecar.metrics()["loglm_connections_total"]
        sidecar.label("b")
        assert sidecar.metrics()["loglm_connections_total"] == before, "the session's own connection lives"


def test_beyond_the_cap_with_all_at_work_a_client_is_told_to_come_back(start):
    sidecar = start("--connections", "8", "--workers", "1").ready()
    body = json.dumps({"events": [{"raw": "SLOW 1.5"}]}).encode()
    with contextlib.ExitStack() as stack:
        at_work = [stack.enter_context(sidecar.connect()) for _ in range(8)]
        for connection in at_work:
            connection.sendall(head(sidecar, len(body)) + body)
        time.sleep(0.3)
        with sidecar.connect() as connection:
            answer = connection.recv(65_536)
        assert answer.startswith(b"HTTP/1.1 503 Service Unavailable\r\n")
        assert b"retry-after: 1\r\n" in answer
        assert json.loads(answer.partition(b"\r\n\r\n")[2])["error"]["code"] == "overloaded"
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
def test_what_is_not_http_is_refused_as_an_error_of_ours(sidecar, data):
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


def test_any_bytes_are_survived(sidecar):
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


def test_a_client_may_ask_before_it_sends(sidecar):
    body = b'{"events":[]}'
    with sidecar.connect() as connection:
        connection.sendall(head(sidecar, len(body))[:-2] + b"Expect: 100-continue\r\n\r\n")
        assert connection.recv(65_536).startswith(b"HTTP/1.1 100")
        connection.sendall(body)
        assert connection.recv(65_536).startswith(b"HTTP/1.1 200")


@pytest.mark.slow
def test_a_client_that_does_not_read_its_answer_is_ended(start):
    sidecar = start("--log-level", "debug").ready()
    body = json.dumps({"events": [{"raw": str(i)} for i in range(2_048)], "options": {"embedding": True}}).encode()
    with contextlib.ExitStack() as stack:
        reader = stack.enter_context(socket.socket())
        reader.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
        reader.connect(("127.0.0.1", sidecar.port))
        reader.sendall((head(sidecar, len(body)) + body) * 4)
        until = time.monotonic() + 25
        while sidecar.metrics()['loglm_connections_closed_total{reason="slow_reader"}'] < 1:
            assert time.monotonic() < until
            time.sleep(0.3)
    assert sidecar.stop() == 0


def connection_at(now, **changes):
    """A connection as `outstays` sees it: answered once, nothing begun, nothing unsent."""
    found = Connection.__new__(Connection)
    found.transport = SimpleNamespace(get_write_buffer_size=lambda: changes.get("unsent", 0))
    found.cycle = changes.get("cycle", SimpleNamespace(response_complete=True, more_body=False))
    found._since, found._heard, found._progress = now, changes.get("heard", now), now
    found._begun, found._requests, found._unsent = changes.get("begun", False), changes.get("requests", 1), 0
    return found


ARRIVING = SimpleNamespace(response_complete=False, more_body=True)
RUNNING = SimpleNamespace(response_complete=False, more_body=False)


@pytest.mark.parametrize(
    ("changes", "seconds", "reason"),
    [
        ({}, 10_000, ""),  # uvicorn's keep-alive timer
        ({"requests": 0}, bounds.HEAD_SECONDS + 0.1, "slow_head"),
        ({"requests": 0}, bounds.HEAD_SECONDS - 0.1, ""),
        ({"begun": True}, bounds.HEAD_SECONDS + 0.1, "slow_head"),
        ({"cycle": ARRIVING}, bounds.BODY_PAUSE_SECONDS - 0.1, ""),
        ({"cycle": ARRIVING}, bounds.BODY_PAUSE_SECONDS + 0.1, "slow_body"),
        ({"cycle": ARRIVING, "heard": bounds.BODY_SECONDS - 1}, bounds.BODY_SECONDS - 0.1, ""),
        ({"cycle": ARRIVING, "heard": bounds.BODY_SECONDS}, bounds.BODY_SECONDS + 0.1, "slow_body"),
        ({"cycle": RUNNING}, 10_000, ""),  # the model's deadline
    ],
)
def test_what_may_last_how_long(changes, seconds, reason):
    assert connection_at(0.0, **changes).outstays(seconds) == reason


def test_an_answer_that_is_read_slowly_but_steadily_may_last():
    unsent = [10_000]
    found = connection_at(0.0)
    found.transport = SimpleNamespace(get_write_buffer_size=lambda: unsent[0])
    now = 0.0
    for _ in range(20):
        now += bounds.ANSWER_PAUSE_SECONDS - 1
        unsent[0] -= 1
        assert found.outstays(now) == ""
    assert found.outstays(now + bounds.ANSWER_PAUSE_SECONDS + 1) == "slow_reader"


def test_who_is_accepted_in_the_moment_of_a_stop_is_let_go():
    gate, let_go = ConnectionLimiter(limit=2, metrics=Metrics()), []
    for name in ("before", "after"):
        gate.enter(SimpleNamespace(shutdown=lambda name=name: let_go.append(name)), ())
        gate.shut()
    assert let_go == ["after"]
