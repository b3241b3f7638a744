"""The state folder: the variable, the XDG folders, and accounts without a home."""

import pytest

from loglm_bridge.model.state_folder import STATE_VARIABLE, state_folder, xdg_folder


@pytest.fixture(autouse=True)
def home(monkeypatch, tmp_path):
    for name in (STATE_VARIABLE, "XDG_STATE_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    return tmp_path


def test_the_default_is_below_the_home_folder(home):
    assert state_folder() == home / ".local/state/loglm"


def test_the_variable_overrides_the_xdg_folder(home, monkeypatch):
    monkeypatch.setenv("XDG_STATE_HOME", str(home / "xdg"))
    assert state_folder() == home / "xdg/loglm"
    monkeypatch.setenv(STATE_VARIABLE, "~/own")
    assert state_folder() == home / "own"


def test_a_relative_xdg_folder_is_ignored(home, monkeypatch):
    monkeypatch.setenv("XDG_STATE_HOME", "not/absolute")
    assert state_folder() == home / ".local/state/loglm"


def test_an_account_without_a_home_uses_the_system_folder(monkeypatch):
    def no_home(self):
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr("pathlib.Path.expanduser", no_home)
    assert str(xdg_folder("XDG_STATE_HOME", "~/.local/state", "/var/lib")) == "/var/lib/loglm"
