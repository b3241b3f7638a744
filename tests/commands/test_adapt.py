"""`loglm adapt` as a site runs it: without a training library, and with files that are something else."""

import json
import shutil
import subprocess
import sys

import pytest

from loglm_bridge import cli
from loglm_bridge.commands import adapt
from loglm_bridge.lab.train.thresholds import Budget
from loglm_bridge.model import default_folder
from loglm_bridge.model.folder.model_folder import ModelFolder

#: What the extra `lab` brings.
TRAINING_LIBRARIES = ("torch", "sklearn", "scipy", "onnx", "sigma", "matplotlib", "yaml")


def test_the_default_share_is_that_of_the_training_pipeline():
    assert Budget.malicious == adapt._MALICIOUS


def test_adapt_imports_no_training_library(tmp_path):
    for name in TRAINING_LIBRARIES:
        (tmp_path / f"{name}.py").write_text(f"raise ModuleNotFoundError('no {name}', name={name!r})\n")
    path = tmp_path / "events.csv"
    path.write_text("_time,_raw\n5,one\n")
    arguments = ["adapt", "--model", str(default_folder()), "--out", str(tmp_path / "out"), str(path)]
    code = f"import sys; sys.path.insert(0, {str(tmp_path)!r})\n"
    code += f"from loglm_bridge import cli; sys.exit(cli.main({arguments!r}))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.startswith(f"loglm: not a JSON object of one event [{path}:1]. Give one JSON object")
    assert done.stderr.count("\n") == 1


@pytest.fixture
def ordinary(tmp_path):
    """A file of too few events: what follows the checks of the options fails quickly."""
    path = tmp_path / "ordinary.jsonl"
    path.write_text(json.dumps({"raw": "sshd[1]: Accepted password for erin"}) + "\n")
    return path


def test_the_active_model_is_adapted_unless_another_is_named(tmp_path, ordinary, capsys):
    assert cli.main(["adapt", "--out", str(tmp_path / "out"), str(ordinary)]) == 2
    assert "0 flows and 1 other events" in capsys.readouterr().err


def test_a_folder_that_is_no_model_folder_is_not_removed(tmp_path, ordinary, capsys):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "letter").write_text("x")
    assert cli.main(["adapt", "--out", str(tmp_path / "mine"), str(ordinary)]) == 2
    assert "--out exists and is no model folder" in capsys.readouterr().err
    assert (tmp_path / "mine" / "letter").exists()


def test_the_model_folder_itself_is_not_overwritten(tmp_path, ordinary, capsys):
    folder = shutil.copytree(default_folder(), tmp_path / "model")
    assert cli.main(["adapt", "--model", str(folder), "--out", str(folder), str(ordinary)]) == 2
    assert "--out is the model folder to adapt" in capsys.readouterr().err
    assert ModelFolder.open(folder)


@pytest.mark.parametrize("share", ["-0.1", "1", "nan", "few"])
def test_a_share_that_is_no_share_is_wrong_usage(tmp_path, ordinary, capsys, share):
    with pytest.raises(SystemExit) as done:
        cli.main(["adapt", "--out", str(tmp_path / "out"), f"--malicious={share}", str(ordinary)])
    assert done.value.code == 2
    assert "a share from 0 to 1 is wanted" in capsys.readouterr().err
