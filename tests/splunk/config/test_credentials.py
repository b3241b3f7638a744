"""The sidecar's token from a file or from storage/passwords, which an HTTP server imitates."""

import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from loglm_bridge.contract.errors import NoToken
from loglm_bridge.splunk.config.credentials import SplunkSession, sidecar_token
from loglm_bridge.splunk.config.settings import Settings

ENTRY = """<?xml version="1.0" encoding="UTF-8"?>
<feed xmlns="http://www.w3.org/2005/Atom" xmlns:s="http://dev.splunk.com/ns/rest"><title>passwords</title>
<id>https://127.0.0.1:8089/servicesNS/nobody/loglm_bridge/storage/passwords</id>
<generator build="x" version="9.4.0"/><author><name>Splunk</name></author>
<entry><title>loglm_bridge:sidecar:</title><id>https://x/loglm_bridge%3Asidecar%3A</id>
<link href="/servicesNS/nobody/loglm_bridge/storage/passwords/loglm_bridge%3Asidecar%3A" rel="alternate"/>
<author><name>nobody</name></author><content type="text/xml"><s:dict>
<s:key name="clear_password">TOKEN</s:key><s:key name="realm">loglm_bridge</s:key>
<s:key name="username">sidecar</s:key></s:dict></content></entry></feed>"""


class PasswordStore(HTTPServer):
    """Answers every request with `status` and `body`, and records the requests."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.status, self.body, self.requests = 200, ENTRY.replace("TOKEN", "fr0m-store"), []


class Handler(BaseHTTPRequestHandler):
    """One request."""

    def do_GET(self):
        self.server.requests.append((self.path, self.headers["Authorization"]))
        self.send_response(self.server.status)
        self.end_headers()
        self.wfile.write(self.server.body.encode())

    def log_message(self, *_):
        """Print nothing."""


@pytest.fixture
def splunkd():
    """A splunkd whose password store answers."""
    with PasswordStore() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def session(splunkd):
    """A session with the password store."""
    return SplunkSession(f"http://127.0.0.1:{splunkd.server_address[1]}", "s3ssion")


@pytest.fixture
def settings(root):
    """The defaults: no token file."""
    return Settings.read(root)


def test_only_the_named_entry_is_read(splunkd, session, settings):
    assert sidecar_token(settings, session) == "fr0m-store"
    assert splunkd.requests == [
        ("/servicesNS/nobody/loglm_bridge/storage/passwords/loglm_bridge%3Asidecar%3A", "Splunk s3ssion")
    ]


@pytest.mark.parametrize(
    ("status", "message"),
    [(404, "no token saved in storage/passwords"), (403, "role may not read"), (401, "role may not read")],
)
def test_missing_and_forbidden_entry_have_different_messages(status, message, splunkd, session, settings):
    splunkd.status = status
    splunkd.body = '<response><messages><msg type="ERROR">no</msg></messages></response>'
    with pytest.raises(NoToken, match=message):
        sidecar_token(settings, session)


@pytest.mark.parametrize("saved", ["", "  ", "two words", "tok\nX-Evil: 1", "é", "x" * 513])
def test_token_with_invalid_characters_is_refused(saved, splunkd, session, settings):
    splunkd.body = ENTRY.replace("TOKEN", saved)
    with pytest.raises(NoToken, match="empty or contains invalid characters"):
        sidecar_token(settings, session)


@pytest.mark.parametrize("given", [None, SplunkSession("", ""), SplunkSession("https://127.0.0.1:8089", "")])
def test_store_needs_a_session(given, settings):
    with pytest.raises(NoToken, match="no session"):
        sidecar_token(settings, given)


def test_unreachable_splunkd_gives_no_token(settings):
    with pytest.raises(NoToken, match="splunkd did not answer"):
        sidecar_token(settings, SplunkSession("http://127.0.0.1:1", "s3ssion"))


def test_token_file_replaces_the_store(tmp_path, splunkd, session, settings):
    (tmp_path / "token").write_text("fr0m-file\n")
    assert sidecar_token(settings._replace(token_file=tmp_path / "token"), session) == "fr0m-file"
    assert splunkd.requests == []


def test_missing_token_file_is_named_and_the_store_not_read(tmp_path, splunkd, session, settings):
    with pytest.raises(NoToken, match=r"cannot be read \(No such file or directory\) \[.*gone\]"):
        sidecar_token(settings._replace(token_file=tmp_path / "gone"), session)
    assert splunkd.requests == []


def test_session_repr_hides_the_key(session):
    assert "s3ssion" not in repr(session)
