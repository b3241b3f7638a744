"""`--state-dir` and LOGLM_STATE_DIR: one folder for the token and the promoted models, for every command."""

import stat

import pytest

from loglm_bridge import cli
from loglm_bridge.model.folder.model_folder import ModelFolder
from loglm_bridge.model.registry import POINTER, Registry
from loglm_bridge.model.state_folder import STATE_VARIABLE, state_folder
from loglm_bridge.sidecar.config import default_token_file
from tests.model.test_registry import make_folder

TOKEN = "a" * 43


@pytest.fixture
def state(tmp_path, monkeypatch):
    """A state folder with a token; the variable is unset and restored afterwards."""
    monkeypatch.setenv(STATE_VARIABLE, "")
    folder = tmp_path / "state"
    folder.mkdir()
    (folder / "token").write_text(TOKEN)
    (folder / "token").chmod(0o600)
    return folder


def test_the_variable_names_the_folder_of_token_and_models(tmp_path, monkeypatch):
    monkeypatch.setenv(STATE_VARIABLE, str(tmp_path))
    assert state_folder() == tmp_path
    assert default_token_file() == tmp_path / "token"
    assert Registry.of_user().home == tmp_path / "models"


def test_a_home_folder_in_the_variable_is_expanded(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv(STATE_VARIABLE, "~/state")
    assert state_folder() == tmp_path / "state"


def test_token_reads_the_named_folder(state, capsys):
    assert cli.main(["token", "--state-dir", str(state)]) == 0
    assert capsys.readouterr().out == f"{TOKEN}\n"


def test_a_token_file_wins_over_the_folder(state, tmp_path, capsys):
    own = tmp_path / "own"
    own.write_text("b" * 43)
    own.chmod(0o600)
    assert cli.main(["token", "--state-dir", str(state), "--token-file", str(own)]) == 0
    assert capsys.readouterr().out == "b" * 43 + "\n"


@pytest.mark.parametrize("before", [True, False], ids=["before the action", "after the action"])
def test_models_uses_the_named_folder(state, tmp_path, monkeypatch, capsys, before):
    monkeypatch.setattr("loglm_bridge.model.registry.check", ModelFolder.open)
    folder = make_folder(tmp_path / "candidate", version="2")
    option = ["--state-dir", str(state)]
    command = ["models", *option, "promote"] if before else ["models", "promote", *option]
    assert cli.main([*command, str(folder)]) == 0
    assert f"active: {state / 'models'}" in capsys.readouterr().out


def test_another_account_can_read_which_model_is_active(state, tmp_path, monkeypatch):
    monkeypatch.setattr("loglm_bridge.model.registry.check", ModelFolder.open)
    assert cli.main(["models", "promote", "--state-dir", str(state), str(make_folder(tmp_path / "a"))]) == 0
    assert stat.S_IMODE((state / "models" / POINTER).stat().st_mode) == 0o644


@pytest.mark.parametrize("command", ["serve", "token", "models", "label", "export-findings", "adapt"])
def test_every_command_that_uses_the_folder_has_the_option(command, capsys):
    with pytest.raises(SystemExit):
        cli.main([command, "--help"])
    assert "--state-dir DIR" in capsys.readouterr().out
