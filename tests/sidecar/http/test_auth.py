"""Access control by Host, Origin and token, over raw sockets to a real process."""

import json
import time

import pytest

from loglm_bridge.sidecar.http.auth import AllowedHosts

BODY = b'{"events":[]}'


def ask(sidecar, *headers, path="/v1/label", method="POST", body=BODY, length=True, host=True, token=True):
    """Send a request with exactly these headers; return status, error code and the seconds until the answer."""
    lines = [f"{method} {path} HTTP/1.1", *headers, "Connection: close"]
    if host:
        lines.append(f"Host: 127.0.0.1:{sidecar.port}")
    if token:
        lines.append(f"Authorization: Bearer {sidecar.token}")
    if length:
        lines.append(f"Content-Length: {len(body)}")
    with sidecar.connect() as connection:
        connection.sendall("\r\n".join((*lines, "", "")).encode("latin-1") + (body or b""))
        started = time.monotonic()
        answer = receive(connection)
    head, _, content = answer.partition(b"\r\n\r\n")
    status = int(head.split()[1])
    code = json.loads(content)["error"]["code"] if status >= 400 else ""
    return status, code, time.monotonic() - started


def receive(connection):
    answer = b""
    while part := connection.recv(65_536):
        answer += part
    return answer


def with_port(host, port):
    return host.replace("PORT", str(port))


@pytest.mark.parametrize("host", ["127.0.0.1:PORT", "localhost:PORT", "LocalHost:PORT", "[::1]:PORT"])
def test_own_host_names_are_answered(sidecar, host):
    assert ask(sidecar, f"Host: {with_port(host, sidecar.port)}", host=False)[:2] == (200, "")


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "evil.example:PORT",
        "127.0.0.1",
        "127.0.0.1:1",
        "localhost",
        "[::1]",
        "::1:PORT",
        "127.0.0.1:PORT.evil.example",
        "127.0.0.1:PORT@evil.example",
        "user@127.0.0.1:PORT",
        "127.0.0.2:PORT",
        "localhost.:PORT",
        "0.0.0.0:PORT",
        "127.1:PORT",
        "127.0.0.1:0PORT",
        "",
        "\xe9:PORT",
    ],
)
@pytest.mark.parametrize("path", ["/v1/label", "/health/live"])
def test_foreign_host_names_are_refused_even_with_the_token(sidecar, host, path):
    assert ask(sidecar, f"Host: {with_port(host, sidecar.port)}", host=False, path=path)[:2] == (403, "forbidden_host")


@pytest.mark.parametrize("origin", ["http://127.0.0.1:PORT", "http://localhost:PORT"])
def test_the_own_origin_is_answered(sidecar, origin):
    assert ask(sidecar, f"Origin: {with_port(origin, sidecar.port)}")[:2] == (200, "")


@pytest.mark.parametrize(
    "origin",
    [
        "null",
        "http://evil.example",
        "https://127.0.0.1:PORT",
        "http://127.0.0.1",
        "http://127.0.0.1:PORT/",
        "file://",
        "",
    ],
)
def test_foreign_origins_are_refused(sidecar, origin):
    assert ask(sidecar, f"Origin: {with_port(origin, sidecar.port)}")[:2] == (403, "forbidden_host")


def test_a_valid_origin_beside_a_foreign_one_is_refused(sidecar):
    headers = (f"Origin: http://127.0.0.1:{sidecar.port}", "Origin: http://evil.example")
    assert ask(sidecar, *headers)[:2] == (403, "forbidden_host")


@pytest.mark.parametrize(
    "path",
    ["/v1/label", "/v1/embed", "/v1/inspect", "/v1/model", "/metrics", "/", "/nothing", "/health", "/health/live/"],
)
@pytest.mark.parametrize(
    "value",
    [
        None,
        "",
        "Bearer",
        "Bearer ",
        "Bearer wrong",
        "Bearer TOKENx",
        "Bearer xTOKEN",
        "Bearer TOKE",
        "Basic TOKEN",
        "TOKEN",
        "Bearer \xfc\xfc",
        "Bearer TOKEN TOKEN",
    ],
)
def test_requests_without_the_token_are_refused(sidecar, path, value):
    headers = () if value is None else (f"Authorization: {value}".replace("TOKEN", sidecar.token),)
    if value == "Bearer TOKE":
        headers = (f"Authorization: Bearer {sidecar.token[:-1]}",)
    assert ask(sidecar, *headers, path=path, token=False)[:2] == (401, "unauthorized")


def test_two_authorization_headers_are_refused(sidecar):
    assert ask(sidecar, f"Authorization: Bearer {sidecar.token}")[:2] == (401, "unauthorized")


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
def test_the_scheme_is_case_insensitive(sidecar, scheme):
    assert ask(sidecar, f"Authorization: {scheme} {sidecar.token}", token=False)[:2] == (200, "")


def test_host_is_checked_before_token_and_token_before_body(sidecar):
    assert ask(sidecar, "Host: evil", host=False, token=False, length=False)[0] == 403
    assert ask(sidecar, token=False, length=False)[0] == 401
    assert ask(sidecar, "Content-Length: 99999999999", token=False, length=False)[0] == 401


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("Host: evil", (403, "forbidden_host")),
        ("Authorization: Bearer wrong", (401, "unauthorized")),
    ],
)
def test_a_refusal_does_not_wait_for_the_body(sidecar, header, expected):
    seconds = []
    for _ in range(5):
        own = {"host": not header.startswith("Host"), "token": False}
        *answer, elapsed = ask(sidecar, header, "Content-Length: 1000000", length=False, body=b"", **own)
        assert tuple(answer) == expected
        seconds.append(elapsed)
    assert sorted(seconds)[2] < 2, "median; 10 ms on a quiet machine, 5 s if it waited"


def test_a_body_needs_a_valid_length(sidecar):
    assert ask(sidecar, length=False)[:2] == (411, "length_required")
    assert ask(sidecar, "Content-Length: 16777217", length=False, body=b"")[:2] == (413, "too_large")
    assert ask(sidecar, f"Content-Length: {2 * 1024**3}", length=False, body=b"")[:2] == (413, "too_large")
    assert ask(sidecar, f"Content-Length: {10**30}", length=False, body=b"")[0] in (400, 413)
    for bad in ("-1", "1e3", "+5", "0x10", "5 5", "", "٣".encode().decode("latin-1")):
        assert ask(sidecar, f"Content-Length: {bad}", length=False)[:2] == (400, "invalid_request"), bad
    assert ask(sidecar, "Content-Length: 13", "Content-Length: 14", length=False)[0] == 400


@pytest.mark.parametrize(
    "headers", [("Transfer-Encoding: chunked",), ("Transfer-Encoding: chunked", "Content-Length: 13")]
)
def test_chunked_bodies_are_refused_and_never_read_as_a_request(sidecar, headers):
    smuggled = b"0\r\n\r\nGET /v1/model HTTP/1.1\r\n\r\n"
    assert ask(sidecar, *headers, length=False, body=smuggled)[:2] == (411, "length_required")


def test_other_codings_are_refused(sidecar):
    assert ask(sidecar, "Transfer-Encoding: gzip", length=False)[0] in (400, 411, 501)


def test_a_refused_body_is_skipped_and_the_connection_stays_open(sidecar):
    with sidecar.connect() as connection:
        for token in ("wrong", sidecar.token, "wrong", sidecar.token):
            connection.sendall(
                f"POST /v1/label HTTP/1.1\r\nHost: 127.0.0.1:{sidecar.port}\r\nAuthorization: Bearer {token}\r\n"
                f"Content-Length: 13\r\n\r\n".encode()
                + BODY
            )
            time.sleep(0.1)
            answer = connection.recv(65_536)
            assert answer.startswith(b"HTTP/1.1 401" if token == "wrong" else b"HTTP/1.1 200")


def test_answers_carry_no_cors_or_server_header(sidecar):
    answer = sidecar.ask("/v1/model")
    assert not [name for name in answer.headers if name.lower().startswith("access-control")]
    assert "server" not in answer.headers


def test_allowed_hosts_with_and_without_ports():
    allowed = AllowedHosts.of(
        ["127.0.0.1", "[::1]", "::1", "a.example", "b.example:9000", "[fe80::1]:70"], 443, "https"
    )
    assert allowed.hosts == {
        *("127.0.0.1", "127.0.0.1:443", "[::1]", "[::1]:443"),
        *("a.example", "a.example:443", "b.example:9000", "[fe80::1]:70"),
    }
    assert "https://b.example:9000" in allowed.origins
    assert AllowedHosts.of(["a"], 8765, "http").hosts == {"a:8765"}
