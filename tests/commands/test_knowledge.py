"""`loglm knowledge`: what it checks, counts and renders, and its exit codes."""

import json

import pytest
import yaml

from loglm_bridge import cli
from loglm_bridge.knowledge.loader import RULES
from tests.knowledge.samples import document


@pytest.fixture
def write(tmp_path):
    def write(*documents):
        path = tmp_path / "aws" / "own.yml"
        path.parent.mkdir(exist_ok=True)
        path.write_text(yaml.safe_dump_all(documents))
        return str(tmp_path)

    return write


def test_check_of_good_rules_is_silent(write, capsys):
    assert cli.main(["knowledge", "check", write(document())]) == 0
    assert capsys.readouterr() == ("", "1 rules, 0 problems\n")


def test_check_names_each_problem_and_fails(write, capsys):
    bad = document(name="bad", examples=[{"eventName": "ListUsers"}])
    assert cli.main(["knowledge", "check", write(document(), bad, document())]) == 1
    printed = capsys.readouterr().out
    assert "own.yml bad: example 1: the rule does not match" in printed
    assert "the name is used 2 times" in printed


def test_coverage_counts_and_writes_a_layer(write, tmp_path, capsys):
    layer = tmp_path / "layer.json"
    assert cli.main(["knowledge", "coverage", write(document()), "--navigator", str(layer), "--uncovered"]) == 0
    printed = capsys.readouterr().out
    assert "| aws | 1 | 1 | 1 | 1 |" in printed
    assert "T1003.001" in printed.splitlines()
    assert json.loads(layer.read_text())["techniques"][0]["techniqueID"] == "T1098.001"


def test_render_writes_events_as_label_reads_them(write, capsys):
    assert cli.main(["knowledge", "render", write(document()), "--draws", "2"]) == 0
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert {row["label"] for row in rows} == {"high", "ordinary"}
    assert all(row["raw"] and row["sourcetype"] == "aws:cloudtrail" for row in rows)


def test_a_file_of_the_content_that_ships_is_read_in_its_family(capsys):
    path = next(RULES.glob("aws/*.yml"))
    assert cli.main(["knowledge", "coverage", str(path)]) == 0
    assert "| aws |" in capsys.readouterr().out


def test_a_missing_file_is_a_usage_error(capsys):
    assert cli.main(["knowledge", "check", "nowhere.yml"]) == 2
    assert "no such file" in capsys.readouterr().err
