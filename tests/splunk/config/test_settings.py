"""loglm.conf: defaults, local over default, and messages with key, value and what is expected."""

import pytest

from loglm_bridge.contract.errors import ConfigError
from loglm_bridge.splunk.config.settings import Settings, sidecar_url


@pytest.fixture
def app(root, tmp_path):
    """An app folder with the shipped defaults."""
    (tmp_path / "default").mkdir()
    (tmp_path / "local").mkdir()
    (tmp_path / "default/loglm.conf").write_bytes((root / "default/loglm.conf").read_bytes())
    return tmp_path


def local(app, text):
    """Write local/loglm.conf."""
    (app / "local/loglm.conf").write_text(text, encoding="utf-8")


def test_default_settings(root):
    assert Settings.read(root) == Settings(
        urls=("http://127.0.0.1:8765",),
        token_file=None,
        ca_file=None,
        timeout=10.0,
        batch_events=512,
        batch_bytes=1_048_576,
        threshold=None,
        top=3,
        prefix="loglm_",
    )


def test_local_overrides_key_by_key(app):
    local(
        app,
        "\ufeff# mine\n[sidecar]\n timeout=2.5\nurl =https://sidecar.example:9443/x/\n\n[labels]\nthreshold = 0.9\n",
    )
    settings = Settings.read(app)
    assert (settings.timeout, settings.urls, settings.threshold) == (2.5, ("https://sidecar.example:9443/x",), 0.9)
    assert (settings.top, settings.batch_events) == (3, 512)


def test_several_urls_each_once(app):
    local(app, "[sidecar]\nurl = http://127.0.0.1:1, https://b/ ,http://[::1]:2,https://b\n")
    assert Settings.read(app).urls == ("http://127.0.0.1:1", "https://b", "http://[::1]:2")


@pytest.mark.parametrize(
    "text",
    ["http://127.0.0.1:1,", ",http://127.0.0.1:1", "http://127.0.0.1:1, http://10.0.0.1:1", "https://a https://b",
     ",".join(f"https://h{i}" for i in range(17))],
)  # fmt: skip
def test_one_invalid_url_refuses_all(text, app):
    local(app, f"[sidecar]\nurl = {text}\n")
    with pytest.raises(ConfigError, match=r"\[sidecar\] url must be "):
        Settings.read(app)


def test_stanza_overrides_default_stanza_and_unknown_keys_are_ignored(app):
    local(app, "[default]\ntop = 7\n[sidecar]\ncolour = red\n")
    assert Settings.read(app).top == 3


def test_paths_are_relative_to_the_app_and_expand_variables(app, monkeypatch):
    monkeypatch.setenv("SPLUNK_HOME", "/opt/s")
    local(app, "[sidecar]\ntoken_file = local/token\nca_file = $SPLUNK_HOME/etc/auth/ca.pem\n")
    settings = Settings.read(app)
    assert (settings.token_file, str(settings.ca_file)) == (app / "local/token", "/opt/s/etc/auth/ca.pem")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[sidecar]\ntimeout = soon", r"\[sidecar\] timeout must be a number from 0.1 to 300, got 'soon'"),
        ("[sidecar]\nbatch_events = 0", r"\[sidecar\] batch_events must be a whole number from 1 to 2048, got '0'"),
        ("[sidecar]\nbatch_bytes = 10", r"\[sidecar\] batch_bytes must be a whole number from 1024"),
        ("[labels]\nthreshold = 2", r"\[labels\] threshold must be a number from 0 to 1, got '2'"),
        ("[labels]\ntop =", r"\[labels\] top must be a whole number from 1 to 10, got ''"),
        ("[labels]\nprefix = _x", r"\[labels\] prefix must be a letter"),
        ("top = 3", "cannot be read"),
        ("[labels", "cannot be read"),
    ],
)
def test_invalid_setting_is_named(text, message, app):
    local(app, text)
    with pytest.raises(ConfigError, match=message):
        Settings.read(app)


def test_missing_key_is_named_with_the_file(app):
    path = app / "default/loglm.conf"
    path.write_text(path.read_text().replace("top = 3", ""))
    with pytest.raises(ConfigError, match=r"\[labels\] top is missing \[.*loglm.conf\]"):
        Settings.read(app)


def test_missing_file_and_invalid_utf8_are_refused(app):
    (app / "local/loglm.conf").write_bytes(b"[labels]\ntop = \xff")
    with pytest.raises(ConfigError, match="cannot be read"):
        Settings.read(app)
    (app / "default/loglm.conf").unlink()
    with pytest.raises(ConfigError, match="missing"):
        Settings.read(app)


@pytest.mark.parametrize(
    "url",
    ["http://127.0.0.1:8765", "http://localhost", "http://[::1]:1", "http://127.8.9.1", "https://h", "https://h:1/p"],
)
def test_valid_url(url):
    assert sidecar_url(url) == url


@pytest.mark.parametrize(
    "url",
    [
        *("", "127.0.0.1:8765", "ftp://127.0.0.1", "file:///etc/passwd", "http://", "https://", "http://127.0.0.1:0"),
        *("http://10.0.0.1:8765", "http://sidecar.example", "http://127.0.0.1.evil.example", "http://0.0.0.0:1"),
        *(
            "https://u:p@h",
            "http://127.0.0.1@evil.example",
            "https://h/?x=1",
            "https://h?",
            "https://h#f",
            "https://h/ x",
        ),
        *("http://127.0.0.1\\@evil", "https://h:port", "http://[::1", "https://h\n", "http://2130706433"),
    ],
)
def test_invalid_url_is_refused(url):
    with pytest.raises(ValueError, match="loopback"):
        sidecar_url(url)


def test_password_in_a_url_is_not_repeated(app):
    local(app, "[sidecar]\nurl = http://admin:s3cret@127.0.0.1:8765\n")
    with pytest.raises(ConfigError) as caught:
        Settings.read(app)
    assert "s3cret" not in str(caught.value)
