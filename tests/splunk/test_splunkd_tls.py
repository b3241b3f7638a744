"""splunkd behind https with a certificate authority of its own: one rule for command, input and alert action."""

import contextlib
import gzip
import json
import shutil
import socket
import ssl
import subprocess
import threading
import time

import pytest

from tests.splunk.alert.alert_process import attack as attack_row
from tests.splunk.alert.alert_process import execute
from tests.splunk.fake_splunkd_rest import SESSION, attack
from tests.splunk.modinput.input_process import definition, finish, start, validation
from tests.splunk.sample_rows import rows_of
from tests.splunk.sidecar_process import TOKEN
from tests.splunk.splunkd import encode_rows, warnings


def own_address():
    """Return an address of this machine beyond loopback, None where it has none."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # nothing is sent
        except OSError:
            return None
        return probe.getsockname()[0]


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """A self-signed certificate for the address of this machine, and its key."""
    if not shutil.which("openssl") or not own_address():
        pytest.skip("openssl or an address beyond loopback is absent")
    folder = tmp_path_factory.mktemp("tls")
    command = "openssl req -x509 -newkey rsa:2048 -nodes -days 1 -subj /CN=splunkd -keyout key.pem -out ca.pem -addext"
    subject = f"subjectAltName=IP:{own_address()}"
    subprocess.run([*command.split(), subject], cwd=folder, check=True, capture_output=True)
    return folder


@pytest.fixture
def tls_splunkd(splunkd, certificate):
    """The fake splunkd with TLS; its URI is that of the machine's own address."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate / "ca.pem", certificate / "key.pem")
    port = splunkd.server_address[1]
    proxy = TlsProxy(context, port)
    yield splunkd, f"https://{own_address()}:{proxy.port}"
    proxy.close()


class TlsProxy:
    """Takes TLS off connections at any address of the machine and passes them on to a port on loopback."""

    def __init__(self, context, port):
        self._listener = socket.create_server(("0.0.0.0", 0))
        self.port = self._listener.getsockname()[1]
        self._context, self._target = context, port
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self):
        """Stop accepting."""
        self._listener.close()

    def _accept(self):
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client):
        with (
            contextlib.suppress(OSError),
            self._context.wrap_socket(client, server_side=True) as front,
            socket.create_connection(("127.0.0.1", self._target)) as back,
        ):
            forward = threading.Thread(target=self._copy, args=(front, back), daemon=True)
            forward.start()
            self._copy(back, front)
            back.shutdown(socket.SHUT_RDWR)
            front.shutdown(socket.SHUT_RDWR)
            forward.join()

    @staticmethod
    def _copy(source, target):
        with contextlib.suppress(OSError):
            while data := source.recv(65_536):
                target.sendall(data)


@pytest.fixture
def app_with(write_back_app, fake_sidecar, certificate):
    """Return a function that makes an app folder with or without splunkd_ca_file; its token is in storage/passwords."""

    def make(trusted):
        line = f"splunkd_ca_file = {certificate / 'ca.pem'}\n" if trusted else ""
        return write_back_app(fake_sidecar.port, sidecar=f"token_file =\n{line}")

    return make


@pytest.mark.parametrize("trusted", [True, False])
def test_command(trusted, tls_splunkd, app_with, search):
    splunkd, uri = tls_splunkd
    splunkd.passwords["loglm_bridge:sidecar:"] = TOKEN
    command = search(app_with(trusted))
    command.getinfo(splunkd_uri=uri, session_key=SESSION)
    metadata, (row,) = command.execute(rows_of("mimikatz"))
    assert row["loglm_status"] == ("ok" if trusted else "unavailable")
    assert trusted or "set splunkd_ca_file in loglm.conf" in warnings(metadata)[0].replace("Set", "set")


@pytest.mark.parametrize("trusted", [True, False])
def test_input(trusted, tls_splunkd, app_with, splunk_env, tmp_path):
    splunkd, uri = tls_splunkd
    splunkd.passwords["loglm_bridge:sidecar:"] = TOKEN
    now = int(time.time())
    splunkd.events = [attack(now - 500)]
    params = {"search": "index=main", "lag": 10, "lookback": 1_000, "window": 2_000}
    app = app_with(trusted)
    result = finish(start(app, splunk_env), definition(uri, tmp_path / "positions", params))
    assert (result.code, len(result.events)) == ((0, 1) if trusted else (1, 0)), result.lines
    assert trusted or any("Set splunkd_ca_file" in line for line in result.lines)
    checked = finish(start(app, splunk_env, "--validate-arguments"), validation(uri, tmp_path / "p", params))
    assert checked.code == 0


@pytest.mark.parametrize("trusted", [True, False])
def test_alert_action(trusted, tls_splunkd, app_with, splunk_env, tmp_path):
    splunkd, uri = tls_splunkd
    splunkd.passwords["loglm_bridge:sidecar:"] = TOKEN
    (tmp_path / "results.csv.gz").write_bytes(gzip.compress(encode_rows([attack_row(1)])))
    payload = {"results_file": str(tmp_path / "results.csv.gz"), "server_uri": uri, "session_key": SESSION}
    result = execute(app_with(trusted), splunk_env, json.dumps(payload).encode())
    assert (result.code, len(splunkd.received)) == ((0, 1) if trusted else (1, 0)), result.lines
    assert trusted or any("Set splunkd_ca_file" in line for line in result.lines)


def test_unreadable_file_is_named(tls_splunkd, write_back_app, fake_sidecar, splunk_env, tmp_path):
    _, uri = tls_splunkd
    app = write_back_app(fake_sidecar.port, sidecar="splunkd_ca_file = /nowhere/ca.pem\n")
    result = finish(start(app, splunk_env), definition(uri, tmp_path / "p", {"search": "index=main"}))
    assert result.code == 1
    assert any("splunkd_ca_file cannot be read [/nowhere/ca.pem]" in line for line in result.lines)
