"""Clients that do not know the token, against a real process: they close no connection of a search, and fill no log."""

import contextlib
import json
import resource
import socket
import ssl
import subprocess
import time
from pathlib import Path

import pytest

from loglm_bridge.sidecar import open_files
from tests.sidecar.http.test_connection_limits import head, is_closed
from tests.sidecar.process import wait_until

BODY = json.dumps({"events": [{"raw": "x"}]}).encode()


def answer_of(connection):
    """Return what a connection sends until it ends."""
    answer = b""
    with contextlib.suppress(ConnectionError, TimeoutError):
        while part := connection.recv(65_536):
            answer += part
    return answer


def test_strangers_evict_each_other_and_no_search(start):
    sidecar = start("--connections", "16").ready()
    with contextlib.ExitStack() as stack:
        searches = []
        for _ in range(6):
            search = stack.enter_context(sidecar.connect())
            searches.append(search)
            search.sendall(head(sidecar, len(BODY)) + BODY)
            assert search.recv(65_536).startswith(b"HTTP/1.1 200")
        request = f"GET /health/live HTTP/1.1\r\nHost: 127.0.0.1:{sidecar.port}\r\n\r\n".encode()
        for number in range(200):
            stranger = stack.enter_context(sidecar.connect())
            if number % 2:
                stranger.sendall(request)
                stranger.recv(65_536)
        for search in searches:
            assert not is_closed(search)
            search.settimeout(20)
            search.sendall(head(sidecar, len(BODY)) + BODY)
            assert search.recv(65_536).startswith(b"HTTP/1.1 200")
        metrics = sidecar.metrics()
        assert metrics["loglm_open_connections"] <= 16
    closed = [record for record in sidecar.records() if record["message"] == "connection closed"]
    assert len(closed) <= 3, "one line of a kind a minute"
    assert sidecar.stop() == 0


def test_half_closed_client_gets_its_answer(start):
    sidecar = start().ready()
    with sidecar.connect() as connection:
        connection.sendall(head(sidecar, len(BODY)) + BODY)
        connection.shutdown(socket.SHUT_WR)
        answer = answer_of(connection)
    assert answer.startswith(b"HTTP/1.1 200")
    assert answer.endswith(b"]}")
    wait_until(lambda: sidecar.metrics()["loglm_open_connections"] == 1)


def test_half_closed_client_with_half_a_body_is_closed(start):
    sidecar = start().ready()
    with sidecar.connect() as connection:
        connection.sendall(head(sidecar, len(BODY)) + BODY[:5])
        connection.shutdown(socket.SHUT_WR)
        assert b"200" not in answer_of(connection)[:20]


def test_two_framings_of_a_body_close_the_connection(start):
    sidecar = start().ready()
    smuggled = head(sidecar, len(BODY)) + BODY
    with sidecar.connect() as connection:
        framed = head(sidecar, 4)[:-2] + b"Transfer-Encoding: chunked\r\n\r\n"
        connection.sendall(framed + b"0\r\n\r\n" + smuggled)
        answer = answer_of(connection)
    assert answer.count(b"HTTP/1.1") == 1
    assert answer.startswith(b"HTTP/1.1 4")


def test_400_needs_no_thread(start):
    sidecar = start().ready()
    before = threads(sidecar)
    for _ in range(50):
        assert sidecar.ask("/v1/label", b"{").status_code == 400
        assert sidecar.ask("/nothing").status_code == 404
    assert threads(sidecar) <= before


def threads(sidecar):
    """Return the number of threads of a sidecar."""
    lines = (proc(sidecar) / "status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith("Threads:")).split()[1])


def test_out_of_memory_is_an_answer(start):
    sidecar = start("--memory-mb", "700", "--queue-bytes", "600000000").ready()
    body = b'{"events":[' + b",".join([b"[" * 30 + b"]" * 30] * 200_000) + b"]}"
    answers = [sidecar.ask("/v1/label", body) for _ in range(2)]
    assert {answer.status_code for answer in answers} <= {400, 422, 413, 503}
    assert all("error" in answer.json() for answer in answers)
    assert sidecar.label("a")[0]["status"] == "ok"


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """A certificate and its key."""
    folder = tmp_path_factory.mktemp("tls")
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    files = ["-keyout", str(folder / "key.pem"), "-out", str(folder / "cert.pem")]
    subprocess.run([*command, "-subj", "/CN=localhost", *files], check=True, capture_output=True)
    return folder


def test_tls_handshakes_are_bounded_and_logged_once(start, certificate):
    flags = ("--tls-cert", str(certificate / "cert.pem"), "--tls-key", str(certificate / "key.pem"))
    sidecar = start("--connections", "16", *flags).ready()
    context = ssl.create_default_context(cafile=str(certificate / "cert.pem"))
    context.check_hostname = False
    with contextlib.ExitStack() as stack:
        for _ in range(300):  # none of them begins its handshake
            with contextlib.suppress(OSError):
                stack.enter_context(sidecar.connect())
        time.sleep(1)
        descriptors = len(list((proc(sidecar) / "fd").iterdir()))
        assert descriptors < 16 + 60
    with sidecar.connect() as raw, context.wrap_socket(raw) as connection:
        connection.sendall(head(sidecar, len(BODY)) + BODY)
        assert connection.recv(65_536).startswith(b"HTTP/1.1 200")
    assert len(sidecar.log()) < 20_000


def proc(sidecar):
    """Return the folder of a sidecar in /proc."""
    return Path(f"/proc/{sidecar.process.pid}")


def test_key_that_others_can_read_is_refused(start, certificate, tmp_path):
    key = tmp_path / "key.pem"
    key.write_bytes((certificate / "key.pem").read_bytes())
    key.chmod(0o644)
    sidecar = start("--tls-cert", str(certificate / "cert.pem"), "--tls-key", str(key))
    assert sidecar.wait() == 2
    assert "the TLS key is open to others" in sidecar.log()


def test_exhausted_open_files_are_logged_once(start):
    sidecar = start("--connections", "60000").ready()
    resource.prlimit(sidecar.process.pid, resource.RLIMIT_NOFILE, (60, 60))
    with contextlib.ExitStack() as stack:
        for _ in range(100):
            with contextlib.suppress(OSError):
                stack.enter_context(sidecar.connect())
        time.sleep(2)
    assert sidecar.label("a")[0]["status"] == "ok"
    assert len(sidecar.log()) < 20_000, "one line of a kind a minute"


def test_limit_on_open_files_is_raised_or_connections_are_fewer(monkeypatch):
    limits = {"now": (256, 1_000)}
    monkeypatch.setattr(open_files.resource, "getrlimit", lambda _: limits["now"])
    monkeypatch.setattr(open_files.resource, "setrlimit", lambda _, new: limits.update(now=new))
    assert open_files.connections_within_limit(300) == 300
    assert limits["now"] == (728, 1_000)
    assert open_files.connections_within_limit(10_000) == 436
    assert limits["now"] == (1_000, 1_000)


def test_full_disk_under_the_log_does_not_end_the_process(start):
    sidecar = start("--log-file", "/dev/full", "--log-level", "debug").ready()
    for number in range(20):
        assert sidecar.label(f"event {number}")[0]["status"] == "ok"
    assert sidecar.stop() == 0
