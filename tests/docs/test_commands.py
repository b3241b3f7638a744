"""Every command line, search and setting of the pages is understood; those that need nothing else are run."""

import argparse
import gzip
import importlib.util
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from loglm_bridge import cli
from loglm_bridge.model.registry import SHIPPED
from loglm_bridge.splunk.config.settings import Settings
from loglm_bridge.splunk.search.incidents_command import IncidentOptions
from loglm_bridge.splunk.search.options import SearchOptions
from tests.conftest import ROOT
from tests.docs.pages import PAGES, blocks, prose

SAMPLES = ROOT / "loglm_bridge/samples/events.jsonl"

#: Subcommands whose lines are run, in a folder with files of their names.
_RUN = ("label", "export-findings", "models")


def lines(text):
    """Command lines of a block: continued lines joined, chains taken apart."""
    joined = text.replace("\\\n", " ")
    return [part.strip() for line in joined.splitlines() for part in line.split(" && ") if part.strip()]


SHELL = blocks("sh")
LINES = sorted({line for block in SHELL for line in lines(block.text)})
LOGLM = sorted({line.partition("loglm ")[2] for line in LINES if re.match(r"(\S*/)?loglm ", line)})
INLINE = sorted(
    {
        command
        for page in PAGES
        for command in re.findall(r"`loglm ([a-z][^`]*)`", prose(page.read_text(encoding="utf-8")))
        if not re.search(r"[<>\[\]|.]", command) and command.split()[0] in {*cli.COMMANDS, *cli.STAGES}
    }
)


def words_of(line):
    """The arguments of a command line, up to a redirection or pipe."""
    return shlex.split(re.split(r" [|>] ", line)[0])


@pytest.mark.parametrize("line", LOGLM)
def test_command_lines_are_understood(line):
    words = words_of(line)
    try:
        parsed = cli._parser(words).parse_args(words)
    except SystemExit:
        pytest.fail(f"loglm {line}")
    assert isinstance(parsed, argparse.Namespace)


@pytest.mark.parametrize("command", INLINE)
def test_subcommands_in_sentences_exist(command):
    words = words_of(command)
    parser = cli._parser(words)
    names = next(a for a in parser._actions if isinstance(a, argparse._SubParsersAction)).choices
    known = {option for action in names[words[0]]._actions for option in action.option_strings}
    nested = [a.choices for a in names[words[0]]._actions if isinstance(a, argparse._SubParsersAction)]
    assert {word for word in words[1:] if word.startswith("--")} <= known
    assert all(words[1] in choices for choices in nested if words[1:])


def test_every_other_line_begins_with_a_program_that_is_known():
    names = r"loglm|pip|pytest|ruff|mypy|python|python3\.11|mkdocs|package\.sh|curl|env|install|openssl|systemctl"
    programs = rf"(\S*/)?({names}) ?"
    assert [line for line in LINES if not re.match(programs, line)] == []


def test_extras_tests_and_modules_exist():
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    text = "".join(page.read_text(encoding="utf-8") for page in PAGES)
    asked = {extra for group in re.findall(r"'[.\w-]*\[([\w,]+)\]'", text) for extra in group.split(",")}
    assert asked
    assert asked <= extras.keys()
    for path in re.findall(r"pytest (tests/\S+)", text):
        assert (ROOT / path).exists(), path
    for module in re.findall(r"python -m ([\w.]+)", text):
        assert importlib.util.find_spec(module), module


@pytest.fixture
def folder(tmp_path):
    """A folder with the files that the examples name."""
    lines_of = SAMPLES.read_bytes().splitlines(keepends=True)[:20]
    for name in ("events.jsonl.gz", "ordinary.jsonl.gz"):
        (tmp_path / name).write_bytes(gzip.compress(b"".join(lines_of)))
    (tmp_path / "access.log").write_text('192.0.2.1 - - [02/Mar/2026:08:21:54 +0000] "GET / HTTP/1.1" 200 512\n')
    shutil.copytree(next(path.parent for path in SHIPPED.glob("*/manifest.json")), tmp_path / "DIR")
    return tmp_path


def run(script, folder):
    """Run a block as a shell would, with the programs of this environment."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    env = {"PATH": path, "HOME": str(folder), "PYTHONPATH": str(ROOT)}
    return subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script], cwd=folder, env=env, capture_output=True, text=True, check=False
    )


def is_run(block):
    return all(re.match(rf"loglm ({'|'.join(_RUN)})\b", line) for line in lines(block.text))


@pytest.mark.slow
@pytest.mark.parametrize("block", [b for b in SHELL if is_run(b)], ids=lambda block: block.text.splitlines()[0])
def test_blocks_that_need_nothing_else_run(block, folder):
    done = run(block.text, folder)
    assert done.returncode == 0, done.stderr


@pytest.fixture(scope="module")
def sidecar(tmp_path_factory):
    """A running sidecar: its address, and the home folder in which its token is."""
    home = tmp_path_factory.mktemp("home")
    env = {"PATH": os.environ["PATH"], "HOME": str(home)}
    command = [sys.executable, "-m", "loglm_bridge.cli", "serve", "--port", "0"]
    with subprocess.Popen(
        command, env=env, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        yield process.stdout.readline().rpartition(" ")[2].strip(), home
        process.terminate()


@pytest.mark.skipif(not shutil.which("curl"), reason="there is no curl")
@pytest.mark.parametrize("block", [b for b in SHELL if "curl" in b.text and "8765" in b.text], ids=lambda b: b.page)
def test_requests_to_the_sidecar_are_answered(block, sidecar):
    url, home = sidecar
    done = run(block.text.replace("http://127.0.0.1:8765", url), home)
    assert done.returncode == 0, done.stderr
    reply = json.loads(done.stdout)
    assert "error" not in reply
    assert reply["api"] == 1


SETTINGS = Settings.read(ROOT)


def searches():
    """Every search with `| loglm` in a block or a piece of code."""
    found = {block.text.replace("\n", " ") for block in blocks("spl") if "| loglm" in block.text}
    for page in PAGES:
        pieces = re.findall(r"(?<!`)(`+)(?!`) ?([^\n]*?) ?(?<!`)\1(?!`)", prose(page.read_text(encoding="utf-8")))
        found |= {
            text.replace("\\|", "|") for _, text in pieces if re.search(r"\| loglm(incidents)? ?\S*=|\\\| loglm", text)
        }
    return sorted(found)


@pytest.mark.parametrize("search", searches())
def test_options_in_searches_are_understood(search):
    commands = re.findall(r"\| (loglm|loglmincidents)\b([^|]*)", f"| {search}")
    assert commands
    for command, arguments in commands:
        reader = SearchOptions if command == "loglm" else IncidentOptions
        assert reader.parse(shlex.split(arguments.split("`")[0]), SETTINGS)


@pytest.mark.parametrize("block", [b for b in blocks("ini") if b.text.startswith("[sidecar]")], ids=lambda b: b.page)
def test_settings_of_the_app_are_read(block, tmp_path, monkeypatch):
    monkeypatch.setenv("SPLUNK_HOME", str(tmp_path))
    shutil.copytree(ROOT / "default", tmp_path / "default")
    (tmp_path / "local").mkdir()
    (tmp_path / "local/loglm.conf").write_text(block.text)
    assert Settings.read(tmp_path) != Settings.read(ROOT)


@pytest.mark.parametrize("block", [b for b in blocks("spl") if "makeresults" in b.text], ids=lambda b: b.page)
def test_the_first_try_is_malicious(block, tmp_path):
    raw = json.loads(re.search(r'_raw=("(?:[^"\\]|\\.)*")', block.text)[1])
    (tmp_path / "event.jsonl").write_text(json.dumps({"raw": raw}) + "\n")
    done = run("loglm label event.jsonl", tmp_path)
    assert json.loads(done.stdout)["verdict"] == "malicious", done.stderr
