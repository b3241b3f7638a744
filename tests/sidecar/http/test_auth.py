"""Who may ask (P8, faults 12 and 14): a table of Host, Origin and token, over raw sockets to a real process."""

import json
import time

import pytest

from loglm_bridge.sidecar.http.auth import AllowedHosts

BODY = b'{"events":[]}'


def ask(sidecar, *heads, path="/v1/label", method="POST", body=BODY, length=True, host=True, token=True):
    """Send a request with exactly these heads; return status, error code and the seconds until the answer."""
    lines = [f"{method} {path} HTTP/1.1", *heads, "Connection: close"]
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


def own(host, port):
    return host.replace("PORT", str(port))


@pytest.mark.parametrize("host", ["127.0.0.1:PORT", "localhost:PORT", "LocalHost:PORT", "[::1]:PORT"])
def test_its_own_names_are_answered(sidecar, host):
    assert ask(sidecar, f"Host: {own(host, sidecar.port)}", host=False)[:2] == (200, "")


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
def test_foreign_names_are_refused_even_with_the_token(sidecar, host, path):
    assert ask(sidecar, f"Host: {own(host, sidecar.port)}", host=False, path=path)[:2] == (403, "forbidden_host")


@pytest.mark.parametrize("origin", ["http://127.0.0.1:PORT", "http://localhost:PORT"])
def test_its_own_origin_is_answered(sidecar, origin):
    assert ask(sidecar, f"Origin: {own(origin, sidecar.port)}")[:2] == (200, "")


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
    assert ask(sidecar, f"Origin: {own(origin, sidecar.port)}")[:2] == (403, "forbidden_host")


def test_one_good_origin_does_not_carry_a_bad_one(sidecar):
    heads = (f"Origin: http://127.0.0.1:{sidecar.port}", "Origin: http://evil.example")
    assert ask(sidecar, *heads)[:2] == (403, "forbidden_host")


@pytest.mark.parametrize(
    "path", ["/v1/label", "/v1/embed", "/v1/model", "/metrics", "/", "/nothing", "/health", "/health/live/"]
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
def test_without_the_token_nothing_is_answered(sidecar, path, value):
    heads = () if value is None else (f"Authorization: {value}".replace("TOKEN", sidecar.token),)
    if value == "Bearer TOKE":
        heads = (f"Authorization: Bearer {sidecar.token[:-1]}",)
    assert ask(sidecar, *heads, path=path, token=False)[:2] == (401, "unauthorized")


def test_two_tokens_are_none(sidecar):
    assert ask(sidecar, f"Authorization: Bearer {sidecar.token}")[:2] == (401, "unauthorized")


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
def test_the_scheme_is_written_as_one_likes(sidecar, scheme):
    assert ask(sidecar, f"Authorization: {scheme} {sidecar.token}", token=False)[:2] == (200, "")


def test_host_comes_before_token_and_token_before_body(sidecar):
    assert ask(sidecar, "Host: evil", host=False, token=False, length=False)[0] == 403
    assert ask(sidecar, token=False, length=False)[0] == 401
    assert ask(sidecar, "Content-Length: 99999999999", token=False, length=False)[0] == 401


@pytest.mark.parametrize(
    ("heads", "expected"),
    [
        (("Host: evil",), (403, "forbidden_host")),
        (("Authorization: Bearer wrong",), (401, "unauthorized")),
    ],
)
def test_a_refusal_does_not_wait_for_the_body(sidecar, heads, expected):
    seconds = []
    for _ in range(5):
        own = {"host": not heads[0].startswith("Host"), "token": False}
        *found, elapsed = ask(sidecar, *heads, "Content-Length: 1000000", length=False, body=b"", **own)
        assert tuple(found) == expected
        seconds.append(elapsed)
    assert sorted(seconds)[2] < 2, "median; 10 ms on a quiet machine, 5 s for one that waits"


def test_a_body_needs_a_length_that_is_one(sidecar):
    assert ask(sidecar, length=False)[:2] == (411, "length_required")
    assert ask(sidecar, "Content-Length: 16777217", length=False, body=b"")[:2] == (413, "too_large")
    assert ask(sidecar, f"Content-Length: {2 * 1024**3}", length=False, body=b"")[:2] == (413, "too_large")
    assert ask(sidecar, f"Content-Length: {10**30}", length=False, body=b"")[0] in (400, 413)
    for bad in ("-1", "1e3", "+5", "0x10", "5 5", "", "٣".encode().decode("latin-1")):
        assert ask(sidecar, f"Content-Length: {bad}", length=False)[:2] == (400, "invalid_request"), bad
    assert ask(sidecar, "Content-Length: 13", "Content-Length: 14", length=False)[0] == 400


@pytest.mark.parametrize(
    "heads", [("Transfer-Encoding: chunked",), ("Transfer-Encoding: chunked", "Content-Length: 13")]
)
def test_chunked_bodies_are_refused_and_never_taken_for_a_request(sidecar, heads):
    smuggled = b"0\r\n\r\nGET /v1/model HTTP/1.1\r\n\r\n"
    assert ask(sidecar, *heads, length=False, body=smuggled)[:2] == (411, "length_required")


def test_other_codings_are_refused(sidecar):
    assert ask(sidecar, "Transfer-Encoding: gzip", length=False)[0] in (400, 411, 501)


def test_a_refused_body_is_skipped_and_the_connection_goes_on(sidecar):
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


def test_no_answer_invites_other_origins(sidecar):
    answer = sidecar.ask("/v1/model")
    assert not [name for name in answer.headers if name.lower().startswith("access-control")]
    assert "server" not in answer.headers


def test_names_of_several_kinds():
    names = AllowedHosts.of(["127.0.0.1", "[::1]", "::1", "a.example", "b.example:9000", "[fe80::1]:70"], 443, "https")
    assert names.hosts == {
        *("127.0.0.1", "127.0.0.1:443", "[::1]", "[::1]:443"),
        *("a.example", "a.example:443", "b.example:9000", "[fe80::1]:70"),
    }
    assert "https://b.example:9000" in names.origins
    assert AllowedHosts.of(["a"], 8765, "http").hosts == {"a:8765"}
