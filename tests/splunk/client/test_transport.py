"""HTTP to the sidecar: TLS, limits, broken connections."""

import shutil
import socket
import ssl
import subprocess
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from loglm_bridge.contract.errors import BadReply, SidecarTimeout, SidecarUnavailable, WrongService
from loglm_bridge.splunk.client import transport
from loglm_bridge.splunk.client.transport import ConnectionLost, Transport, Unreachable
from tests.splunk.fault_proxy import closed_port


class Handler(BaseHTTPRequestHandler):
    """Answers every GET with a body whose length is the path."""

    def do_GET(self):
        self.send_response(200)
        self.send_header("Retry-After", "7" if self.path == "/2" else "Wed, 21 Oct 2026 07:28:00 GMT")
        self.end_headers()
        self.wfile.write(b"x" * int(self.path[1:]))

    def log_message(self, *_):
        """Print nothing."""


class Server(ThreadingHTTPServer):
    """A server that prints nothing when a client disconnects."""

    daemon_threads = True

    def handle_error(self, *_):
        """Print nothing."""


@pytest.fixture
def server():
    """A server on loopback."""
    with Server(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """A self-signed certificate for 127.0.0.1, and its key."""
    if not shutil.which("openssl"):
        pytest.skip("openssl is absent")
    folder = tmp_path_factory.mktemp("tls")
    transport_ = (
        "openssl req -x509 -newkey rsa:2048 -nodes -days 1 -subj /CN=sidecar -addext subjectAltName=IP:127.0.0.1"
    )
    subprocess.run(
        [*transport_.split(), "-keyout", "key.pem", "-out", "ca.pem"], cwd=folder, check=True, capture_output=True
    )
    return folder


@pytest.fixture
def tls_port(server, certificate):
    """The port of the server, with TLS."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate / "ca.pem", certificate / "key.pem")
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    return server.server_address[1]


@pytest.fixture
def transport_to():
    """Return a function that creates transports to a URL."""
    transports = []

    def make(url, ca_file=None):
        transports.append(Transport(url, ca_file))
        return transports[-1]

    yield make
    for transport_ in transports:
        transport_.close()


def test_certificate_of_the_configured_authority_is_trusted(tls_port, certificate, transport_to):
    response = transport_to(f"https://127.0.0.1:{tls_port}", ca_file=certificate / "ca.pem").send(
        "GET", "/2", seconds=5
    )
    assert (response.status, response.body, response.retry_after) == (200, b"xx", 7.0)


def test_certificate_of_another_authority_is_refused(tls_port, transport_to):
    with pytest.raises(SidecarUnavailable, match="no trusted TLS connection") as caught:
        transport_to(f"https://127.0.0.1:{tls_port}").send("GET", "/2", seconds=5)
    assert "ca_file" in caught.value.hint


def test_certificate_for_another_name_is_refused(tls_port, certificate, transport_to):
    with pytest.raises(SidecarUnavailable, match="no trusted TLS connection"):
        transport_to(f"https://localhost:{tls_port}", ca_file=certificate / "ca.pem").send("GET", "/2", seconds=5)


def test_server_without_tls_is_refused(server, transport_to):
    port = server.server_address[1]
    with pytest.raises(SidecarUnavailable, match="no trusted TLS connection"):
        transport_to(f"https://127.0.0.1:{port}").send("GET", "/2", seconds=5)


def test_missing_ca_file_is_named(tmp_path, transport_to):
    with pytest.raises(SidecarUnavailable, match=r"ca_file cannot be read \[.*gone.pem\]"):
        transport_to("https://127.0.0.1:1", ca_file=tmp_path / "gone.pem")


def test_response_over_the_limit_is_refused(server, transport_to, monkeypatch):
    monkeypatch.setattr(transport, "MAX_REPLY_BYTES", 100_000)
    transport_ = transport_to(f"http://127.0.0.1:{server.server_address[1]}")
    assert len(transport_.send("GET", "/100000", seconds=5).body) == 100_000
    with pytest.raises(BadReply, match="larger than 100,000 bytes"):
        transport_.send("GET", "/100001", seconds=5)


def test_retry_after_as_a_date_is_ignored(server, transport_to):
    assert transport_to(f"http://127.0.0.1:{server.server_address[1]}").send("GET", "/3", seconds=5).retry_after is None


@pytest.mark.parametrize(
    ("network_fault", "kind"),
    [
        (("reset", 0), ConnectionLost),
        (("reset", 100), ConnectionLost),
        (("limit", 0), ConnectionLost),
        (("timeout", None), SidecarTimeout),
        (("slicer", (1, 0.05)), SidecarTimeout),
    ],
)
def test_broken_connection_raises_its_error(network_fault, kind, proxy, transport_to):
    proxy.set_fault(*network_fault)
    with pytest.raises(kind):
        transport_to(f"http://127.0.0.1:{proxy.port}").send("GET", "/health/live", seconds=0.5)


def test_closed_port_is_unreachable(transport_to):
    with pytest.raises(Unreachable):
        transport_to(f"http://127.0.0.1:{closed_port()}").send("GET", "/", seconds=1)


def test_unknown_host_is_unreachable(transport_to):
    with pytest.raises(Unreachable):
        transport_to("https://sidecar.invalid").send("GET", "/", seconds=5)


def test_program_that_does_not_speak_http_is_the_wrong_service(transport_to):
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def greet():
            client, _ = listener.accept()
            with client:
                client.sendall(b"220 mail.example ESMTP\r\n")
                client.recv(1000)

        thread = threading.Thread(target=greet)
        thread.start()
        with pytest.raises(WrongService):
            transport_to(f"http://127.0.0.1:{listener.getsockname()[1]}").send("GET", "/", seconds=2)
        thread.join()


def test_token_is_sent_on_an_identified_connection_only(fake_sidecar, proxy, transport_to):
    transport_ = transport_to(f"http://127.0.0.1:{proxy.port}")
    for _ in range(2):
        with pytest.raises(ConnectionLost):
            transport_.send("POST", "/v1/label", seconds=5, token="t0ken", body=b"{}")
        transport_.send("GET", "/health/live", seconds=5)
        transport_.identified = True
        assert transport_.send("POST", "/v1/label", seconds=5, token="t0ken", body=b"{}").status == 401
        transport_.reset()
    assert fake_sidecar.seen()["requests"] == 2


def test_connection_closed_by_the_peer_is_no_longer_identified(transport_to):
    response = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def answer_once():
            for _ in range(2):
                client, _ = listener.accept()
                with client:
                    client.recv(1000)
                    client.sendall(response)

        thread = threading.Thread(target=answer_once)
        thread.start()
        transport_ = transport_to(f"http://127.0.0.1:{listener.getsockname()[1]}")
        transport_.send("GET", "/", seconds=5)
        transport_.identified = True
        while transport_.identified:
            transport_.check()
        assert transport_.send("GET", "/", seconds=5).status == 200
        thread.join()
