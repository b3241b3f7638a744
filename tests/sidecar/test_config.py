"""Settings: flags override the environment, the file and the defaults; errors name the invalid value."""

import argparse
from dataclasses import fields

import pytest

from loglm_bridge.contract.errors import ConfigError
from loglm_bridge.contract.limits import DEFAULT_PORT, MAX_BATCH_EVENTS, MAX_BODY_BYTES
from loglm_bridge.sidecar.config import (
    Settings,
    add_arguments,
    default_config_file,
    default_token_file,
    from_args,
)


def read(*flags, **environ):
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    return from_args(parser.parse_args(flags), environ)


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("XDG_STATE_HOME", raising=False)
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    return tmp_path


def test_defaults(home):
    settings = read()
    assert settings == Settings()
    assert (settings.host, settings.port) == ("127.0.0.1", DEFAULT_PORT)
    assert settings.token_file == home / ".local/state/loglm/token"
    assert settings.queue_events >= MAX_BATCH_EVENTS
    assert settings.queue_bytes >= MAX_BODY_BYTES


def test_every_default_passes_its_own_parser():
    for item in fields(Settings):
        value = getattr(Settings(), item.name)
        if value is not None and item.name != "allowed_hosts":
            assert item.metadata["parse"](str(value)) == value


def test_flags_override_environment_file_and_defaults(tmp_path):
    file = tmp_path / "own.toml"
    file.write_text('port = 1001\nworkers = 3\ndeadline = 2\nallowed_hosts = ["a.example", "B.example:8443"]\n')
    flags = ("--config", str(file), "--port", "1003")
    settings = read(*flags, LOGLM_PORT="1002", LOGLM_WORKERS="5", LOGLM_LOG_LEVEL="ERROR")
    assert (settings.port, settings.workers, settings.deadline, settings.log_level) == (1003, 5, 2.0, "error")
    assert settings.allowed_hosts == ("a.example", "b.example:8443")


def test_the_file_is_named_by_a_variable_or_at_its_default_path(home):
    own = home / "own.toml"
    own.write_text("port = 1")
    usual = default_config_file()
    usual.parent.mkdir(parents=True)
    usual.write_text("port = 2")
    assert usual == home / ".config/loglm/sidecar.toml"
    assert read().port == 2
    assert read(LOGLM_CONFIG=str(own)).port == 1


def test_default_paths_follow_the_xdg_variables(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "s"))
    monkeypatch.setenv("XDG_CONFIG_HOME", "not/absolute")
    assert default_token_file() == tmp_path / "s/loglm/token"
    assert default_config_file() == tmp_path / ".config/loglm/sidecar.toml"


def test_an_account_without_a_home_uses_system_folders(monkeypatch):
    def no_home(self):
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr("pathlib.Path.expanduser", no_home)
    assert str(default_token_file()) == "/var/lib/loglm/token"
    assert str(default_config_file()) == "/etc/loglm/sidecar.toml"


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("port", "65536", "whole number from 0 to 65535"),
        ("port", "-1", "whole number"),
        ("port", "8765.0", "whole number"),
        ("port", "9" * 5000, "whole number"),
        ("port", "٣", "whole number"),
        ("workers", "0", "whole number from 1"),
        ("queue_events", str(MAX_BATCH_EVENTS - 1), f"from {MAX_BATCH_EVENTS}"),
        ("queue_bytes", str(MAX_BODY_BYTES - 1), f"from {MAX_BODY_BYTES}"),
        ("deadline", "nan", "seconds"),
        ("deadline", "inf", "seconds"),
        ("deadline", "soon", "seconds"),
        ("drain", "-1", "seconds"),
        ("host", " ", "not empty"),
        ("log_level", "loud", "debug, info"),
    ],
)
def test_an_invalid_value_is_named_with_what_is_expected(name, value, expected, tmp_path):
    flag = "--" + name.replace("_", "-")
    with pytest.raises(ConfigError) as caught:
        read(f"{flag}={value}")
    assert caught.value.where == flag
    assert expected in caught.value.message
    assert len(caught.value.message) < 400
    with pytest.raises(ConfigError) as caught:
        read(**{f"LOGLM_{name.upper()}": value})
    assert caught.value.where == f"LOGLM_{name.upper()}"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("port = true", "port must be a whole number"),
        ('port = "a"', "port must be a whole number"),
        ("deadline = true", "deadline must be a number of seconds"),
        ("deadline = []", "deadline must be a number of seconds"),
        ("host = 5", "host must be a text"),
        ("allowed_hosts = [1]", "allowed_hosts must be host names"),
        ("log_level = 5", "log_level must be debug"),
        ("prot = 1", "no setting prot"),
        ("port = ", "not TOML"),
        ("\x00", "not TOML"),
    ],
)
def test_an_invalid_file_is_named(tmp_path, text, message):
    file = tmp_path / "own.toml"
    file.write_text(text)
    with pytest.raises(ConfigError, match=message) as caught:
        read("--config", str(file))
    assert str(file) in caught.value.where


def test_a_missing_file_is_an_error_where_it_was_named(tmp_path):
    with pytest.raises(ConfigError, match="cannot be read"):
        read("--config", str(tmp_path / "none.toml"))


def test_certificate_and_key_belong_together():
    with pytest.raises(ConfigError, match="belong together"):
        read("--tls-cert", "cert.pem")


def test_flags_of_some_settings_can_be_added_alone(tmp_path):
    parser = argparse.ArgumentParser()
    add_arguments(parser, only=("token_file",))
    assert from_args(parser.parse_args(["--token-file", str(tmp_path / "t")]), {}).token_file == tmp_path / "t"
    with pytest.raises(SystemExit):
        parser.parse_args(["--port", "1"])


def test_redacted_settings_hide_the_token(tmp_path):
    shown = read("--token-file", str(tmp_path / "t")).redacted()
    assert shown["token"] == "********"
    assert shown["token_file"] == str(tmp_path / "t")
    assert shown["port"] == DEFAULT_PORT
