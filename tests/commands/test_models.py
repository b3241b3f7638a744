"""`loglm models`: the output and exit code of each action."""

import pytest

from loglm_bridge import cli
from loglm_bridge.model import registry
from loglm_bridge.model.folder.model_folder import HEADS, ModelFolder
from tests.model.test_registry import make_folder


@pytest.fixture
def models(tmp_path, monkeypatch):
    """A registry whose shipped model is `shipped 1`, as the command finds it."""
    make_folder(tmp_path / "package" / "v1", "shipped")
    found = registry.Registry(tmp_path / "state" / "models", tmp_path / "package")
    monkeypatch.setattr("loglm_bridge.commands.models.Registry.of_user", lambda: found)
    monkeypatch.setattr(registry, "check", ModelFolder.open)
    monkeypatch.setattr("loglm_bridge.commands.models.check", ModelFolder.open)
    return found


def test_list_marks_the_active_model_and_refused_folders(models, tmp_path, capsys):
    first = models.promote(make_folder(tmp_path / "a", version="2"))
    models.promote(make_folder(tmp_path / "b", version="3"))
    (first / HEADS).write_bytes(b"x")
    assert cli.main(["models", "list"]) == 0
    head, shipped, damaged, active = capsys.readouterr().out.splitlines()
    assert head.split() == ["NAME", "VERSION", "SHA256", "STATE", "FOLDER"]
    assert shipped.split()[:2] == ["shipped", "1"]
    assert "verified, shipped" in shipped
    assert f"refused: {HEADS}: sha256 differs from manifest" in damaged
    assert active.split()[:3] == ["*", "toy", "3"]


def test_promote_check_and_rollback_print_the_active_model(models, tmp_path, capsys):
    new = make_folder(tmp_path / "a", version="2")
    assert cli.main(["models", "check", str(new)]) == 0
    assert "toy 2" in capsys.readouterr().out
    assert cli.main(["models", "promote", str(new)]) == 0
    assert f"active: {models.home}" in capsys.readouterr().out
    assert cli.main(["models", "check"]) == 0
    assert "toy 2" in capsys.readouterr().out
    assert cli.main(["models", "rollback"]) == 0
    assert f"active: {models.shipped_folder()}" in capsys.readouterr().out


def test_a_refused_folder_exits_78_and_a_rollback_without_history_exits_1(models, tmp_path, capsys):
    assert cli.main(["models", "promote", str(tmp_path)]) == 78
    assert cli.main(["models", "check", str(tmp_path / "absent")]) == 78
    assert cli.main(["models", "rollback"]) == 1
    assert [line.split(":")[0] for line in capsys.readouterr().err.splitlines()] == ["loglm"] * 3


@pytest.mark.parametrize("action", ["check", "promote"])
def test_a_refused_candidate_does_not_advise_a_rollback(models, tmp_path, capsys, action):
    models.promote(make_folder(tmp_path / "good", version="2"))
    bad = make_folder(tmp_path / "bad", version="3")
    (bad / HEADS).write_bytes(b"x")
    assert cli.main(["models", action, str(bad)]) == 78
    message = capsys.readouterr().err
    assert "rollback" not in message
    assert "The active model has not changed" in message


def test_a_damaged_active_model_advises_a_rollback(models, tmp_path, capsys):
    active = models.promote(make_folder(tmp_path / "good", version="2"))
    (active / HEADS).write_bytes(b"x")
    assert cli.main(["models", "check"]) == 78
    assert "rollback" in capsys.readouterr().err
