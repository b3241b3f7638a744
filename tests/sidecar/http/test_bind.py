"""The listening socket: loopback only, unless TLS is configured; errors name the setting."""

import contextlib
import shutil
import socket
import ssl
import subprocess
import time

import pytest
import requests

from loglm_bridge.contract.errors import ConfigError
from loglm_bridge.sidecar.config import Settings
from loglm_bridge.sidecar.http import bind


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """A certificate for localhost and its key."""
    openssl = shutil.which("openssl")
    if not openssl:
        pytest.skip("openssl is absent")
    folder = tmp_path_factory.mktemp("tls")
    cert, key = folder / "cert.pem", folder / "key.pem"
    subprocess.run(
        [
            *(openssl, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"),
            *("-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"),
            *("-keyout", key, "-out", cert),
        ],
        check=True,
        capture_output=True,
    )
    return cert, key


def refusal(**changes):
    settings = Settings(port=0, **changes)
    with pytest.raises(ConfigError) as caught:
        prepare(settings)
    return caught.value


def prepare(settings):
    bind.check_tls(settings)
    bind.listen(settings).close()


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "127.0.0.53"])
def test_loopback_needs_no_further_setting(host):
    with contextlib.closing(bind.listen(Settings(host=host, port=0))) as listener:
        address, port = listener.getsockname()
        assert address.startswith("127.")
        assert bind.url(Settings(host=host), listener) == f"http://{address}:{port}"
        assert {f"localhost:{port}", f"[::1]:{port}", f"{host}:{port}"} <= bind.allowed_hosts(
            Settings(host=host), listener
        ).hosts


@pytest.mark.parametrize("host", ["::1", "[::1]"])
def test_ipv6_loopback_is_accepted(host):
    with (
        contextlib.suppress(ConfigError),
        contextlib.closing(bind.listen(Settings(host=host, port=0))) as listener,
    ):
        port = listener.getsockname()[1]
        assert bind.url(Settings(), listener) == f"http://[::1]:{port}"
        assert f"[::1]:{port}" in bind.allowed_hosts(Settings(host=host), listener).hosts


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1"])
def test_other_addresses_need_tls(host):
    error = refusal(host=host)
    assert "without TLS" in error.message
    assert "tls_cert" in error.hint


def test_the_unspecified_address_needs_allowed_hosts(certificate):
    cert, key = certificate
    error = refusal(host="0.0.0.0", tls_cert=cert, tls_key=key)
    assert error.where == "allowed_hosts"


def test_allowed_hosts_are_accepted_as_host_names(certificate):
    cert, key = certificate
    settings = Settings(host="0.0.0.0", port=0, tls_cert=cert, tls_key=key, allowed_hosts=("logs.example", "b:1"))
    with contextlib.closing(bind.listen(settings)) as listener:
        port = listener.getsockname()[1]
        hosts = bind.allowed_hosts(settings, listener).hosts
    assert hosts == {f"{h}:{port}" for h in ("127.0.0.1", "localhost", "[::1]", "logs.example")} | {"b:1"}


def test_an_address_in_use_or_absent_is_an_error():
    with socket.create_server(("127.0.0.1", 0)) as other:
        settings = Settings(port=other.getsockname()[1])
        with pytest.raises(ConfigError, match="in use") as caught:
            bind.listen(settings)
    assert "another sidecar" in caught.value.hint
    assert refusal(host="no.such.host.invalid").where == "host"
    assert refusal(host="\udc00").where == "host"


def test_certificate_and_key_must_belong_together(certificate, tmp_path):
    cert, key = certificate
    junk = tmp_path / "junk.pem"
    junk.write_text("no pem")
    for pair in ((key, cert), (junk, key), (cert, junk), (tmp_path / "none", key)):
        assert "cannot be used" in refusal(tls_cert=pair[0], tls_key=pair[1]).message
    bind.check_tls(Settings(tls_cert=cert, tls_key=key))


def test_an_encrypted_key_is_refused_without_a_password_prompt(certificate, tmp_path):
    cert, key = certificate
    locked = tmp_path / "locked.pem"
    subprocess.run(
        ["openssl", "pkcs8", "-topk8", "-in", key, "-out", locked, "-passout", "pass:x"],
        check=True,
        capture_output=True,
    )
    assert "cannot be used" in refusal(tls_cert=cert, tls_key=locked).message


def test_it_serves_https(start, certificate):
    cert, key = certificate
    sidecar = start("--tls-cert", str(cert), "--tls-key", str(key)).ready()
    assert sidecar.url.startswith("https://127.0.0.1:")
    sidecar.session.verify = str(cert)
    assert sidecar.label("a")[0]["status"] == "ok"
    with pytest.raises(requests.exceptions.ConnectionError):
        requests.get(f"http://127.0.0.1:{sidecar.port}/health/live", timeout=5)
    assert sidecar.ask("/v1/model", headers={"Origin": f"http://127.0.0.1:{sidecar.port}"}).status_code == 403
    with sidecar.connect() as plain:
        secured = ssl.create_default_context(cafile=cert).wrap_socket(plain, server_hostname="localhost")
        assert secured.version() in ("TLSv1.2", "TLSv1.3")
        secured.close()
    assert sidecar.stop() == 0


def test_an_unfinished_handshake_is_closed(start, certificate):
    cert, key = certificate
    sidecar = start("--tls-cert", str(cert), "--tls-key", str(key)).ready()
    with sidecar.connect() as connection:
        started = time.monotonic()
        connection.settimeout(40)
        with contextlib.suppress(ConnectionError):
            assert connection.recv(1) == b""
        assert 4 < time.monotonic() - started < 30
    assert sidecar.stop() == 0


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (("--host", "0.0.0.0"), "without TLS"),
        (("--tls-cert", "/nowhere/c", "--tls-key", "/nowhere/k"), "cannot be used"),
    ],
)
def test_a_refused_start_names_the_reason_and_exits_with_2(start, flags, message):
    sidecar = start(*flags)
    assert sidecar.wait() == 2
    assert message in sidecar.log()
    assert "Traceback" not in sidecar.log()
    assert not sidecar.token_file.exists()
