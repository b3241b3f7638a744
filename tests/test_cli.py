"""The command `loglm`: quick to start, and every error one sentence with an exit code."""

import re
import subprocess
import sys
import time
from dataclasses import fields

import pytest

from loglm_bridge import __version__, cli
from loglm_bridge.contract.errors import ConfigError, InputError, LogLMError, ModelRefused
from loglm_bridge.sidecar import server
from loglm_bridge.sidecar.config import Settings


def run(*args, **options):
    """The finished process of `loglm`."""
    command = [sys.executable, "-m", "loglm_bridge.cli", *args]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60, **options)


def test_help_lists_every_subcommand_and_is_quick():
    seconds = []
    for _ in range(3):
        began = time.monotonic()
        done = run("--help")
        seconds.append(time.monotonic() - began)
    assert done.returncode == 0
    for name in (*cli.COMMANDS, *cli.STAGES):
        assert re.search(rf"\n    {name}\s", done.stdout)
    for code in (0, cli.OTHER_ERROR, cli.USAGE_ERROR, server.GIVEN_UP, cli.MODEL_REFUSED, cli.INTERRUPTED):
        assert re.search(rf"\b{code} ", done.stdout.partition("Exit codes:")[2])
    # 0.05 s on an idle core; the bound leaves room for a very busy one
    assert min(seconds) < 3


def test_help_imports_nothing_heavy():
    code = "import sys; from loglm_bridge import cli\ntry: cli.main(['--help'])\nexcept SystemExit: print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    heavy = {"numpy", "onnxruntime", "tokenizers", "starlette", "uvicorn", "torch", "yaml", "requests", "splunklib"}
    assert heavy.isdisjoint(done.stdout.split())


@pytest.mark.parametrize("name", cli.COMMANDS)
def test_every_subcommand_has_help(name):
    done = run(name, "--help")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith(f"usage: loglm {name}")


def test_the_version_is_printed():
    assert run("--version").stdout == f"loglm {__version__}\n"


@pytest.mark.parametrize("args", [(), ("nonsense",), ("label", "--nonsense"), ("models",), ("models", "promote")])
def test_wrong_usage_exits_2(args):
    done = run(*args)
    assert (done.returncode, done.stdout) == (2, "")
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("error", "code"),
    [(ModelRefused("bad"), 78), (ConfigError("bad"), 2), (InputError("bad"), 1), (LogLMError("bad"), 1)],
)
def test_each_error_is_one_line_with_an_exit_code(monkeypatch, capsys, error, code):
    monkeypatch.setattr("loglm_bridge.commands.models._list", raising(error))
    error.where, error.hint = "a\nb\x1b[31m", "do this"
    assert cli.main(["models", "list"]) == code
    assert capsys.readouterr().err == "loglm: bad [a\\nb\\u001b[31m]. Do this.\n"


def raising(error):
    """A function that raises."""

    def fail(*_):
        raise error

    return fail


def test_an_interrupt_prints_no_traceback(monkeypatch, capsys):
    monkeypatch.setattr("loglm_bridge.commands.models._list", raising(KeyboardInterrupt))
    assert cli.main(["models", "list"]) == 130
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize("stage", cli.STAGES)
def test_a_stage_without_the_extra_lab_prints_what_to_install(tmp_path, stage):
    for name in ("torch", "yaml", "sklearn", "onnx"):
        (tmp_path / f"{name}.py").write_text(f"raise ModuleNotFoundError('no {name}', name={name!r})\n")
    path = f"import sys; sys.path.insert(0, {str(tmp_path)!r})"
    code = f"{path}\nfrom loglm_bridge import cli; sys.exit(cli.main([{stage!r}]))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    if "usage" not in done.stderr:
        assert "pip install 'loglm-bridge[lab]'" in done.stderr


def test_a_missing_module_of_another_command_is_not_taken_for_a_missing_extra(monkeypatch):
    monkeypatch.setattr("loglm_bridge.commands.models._list", raising(ModuleNotFoundError("no x", name="x")))
    with pytest.raises(ModuleNotFoundError):
        cli.main(["models", "list"])


def test_token_prints_the_token_or_says_how_to_create_it(tmp_path):
    path = tmp_path / "token"
    done = run("token", "--token-file", str(path))
    assert (done.returncode, done.stdout) == (2, "")
    assert "loglm serve" in done.stderr
    path.write_text("a" * 43 + "\n")
    path.chmod(0o600)
    done = run("token", "--token-file", str(path))
    assert (done.returncode, done.stdout, done.stderr) == (0, "a" * 43 + "\n", "")


def test_serve_help_names_every_default():
    text = " ".join(run("serve", "--help").stdout.split())
    options = re.split(r" (?=--\w[\w-]* [A-Z]+ )", text.partition("options:")[2])[1:]
    assert len(options) > len(fields(Settings))
    assert [option for option in options if "default: " not in option] == []


def test_serve_refuses_a_setting_in_one_sentence():
    done = run("serve", "--port", "http")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("loglm: port must be a whole number")
    assert done.stderr.count("\n") == 1
