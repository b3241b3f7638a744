"""What the README says is what the code does: names that a reader will type must exist."""

import argparse
import re
import runpy

import pytest

from loglm_bridge import cli
from loglm_bridge.splunk.rows.row_mapping import column_names
from loglm_bridge.splunk.search.options import _READERS
from tests.conftest import ROOT

TEXT = (ROOT / "README.md").read_text()


def section(title):
    """The text below a heading, up to the next one of its rank."""
    return TEXT.partition(f"\n## {title}\n")[2].partition("\n## ")[0]


def conf_names(path, pattern=r"^\[([^\]]+)\]"):
    return set(re.findall(pattern, (ROOT / path).read_text(), re.MULTILINE))


def test_every_written_field_is_explained():
    listed = re.findall(r"^\| `(loglm_\w+)` \|", section("What the fields say"), re.MULTILINE)
    assert listed == [*column_names("loglm_", "all")]


def test_every_option_of_the_search_command_is_in_its_syntax():
    syntax = re.search(r"^\| loglm \[.*?```", TEXT, re.MULTILINE | re.DOTALL)[0]
    assert re.findall(r"\[(\w+)=", syntax) == [*_READERS]


def test_every_macro_exists():
    macros = {name.partition("(")[0] for name in conf_names("default/macros.conf")}
    named = set(
        re.findall(
            r"`{1,2} ?[^`]*?`?\b(loglm_(?:labels|unlabelled|techniques|notables|windows|cloud|log|index))\b", TEXT
        )
    )
    assert named
    assert named <= macros


def test_every_saved_search_and_label_exists():
    assert "LogLM - Rows without a label - Health" in conf_names("default/savedsearches.conf")
    count = len(conf_names("default/savedsearches.conf"))
    assert (
        f"{['no', 'one', 'two', 'three', 'four', 'five', 'six', 'seven'][count].capitalize()} example searches" in TEXT
    )
    assert (ROOT / "default/alert_actions.conf").read_text().count("label = LogLM notable event\n") == 1


def test_every_metric_exists():
    source = "".join(path.read_text() for path in (ROOT / "loglm_bridge/sidecar").glob("*.py"))
    named = re.findall(r"`(loglm_\w+(?:_total|_ready|_events))(?:\{[^`]*)?`", section("Operations"))
    assert len(named) >= 5
    assert [name for name in named if f'"{name}"' not in source] == []


def test_every_path_of_the_interface_exists():
    source = (ROOT / "loglm_bridge/sidecar/http/routes.py").read_text()
    named = re.findall(r"(/v1/\w+|/health/\w+|/metrics)", TEXT)
    assert [path for path in named if f'"{path}"' not in source] == []


@pytest.mark.parametrize(
    "line",
    sorted(set(re.findall(r"^\s*(?:\S*/)?loglm ((?:serve|label|models|token|demo)[^#|>\n]*)", TEXT, re.MULTILINE))),
)
def test_every_command_line_is_understood(line, tmp_path):
    words = line.split()
    try:
        parsed = cli._parser(words).parse_args(words)
    except SystemExit:
        pytest.fail(f"loglm {line}")
    assert isinstance(parsed, argparse.Namespace)


def test_every_stage_is_listed():
    listed = re.findall(r"^\| `loglm (\w+)` \|", section("Train a model"), re.MULTILINE)
    assert [name for name in listed if name in cli.STAGES] == [*cli.STAGES]


def test_every_accepted_warning_of_appinspect_is_explained():
    accepted = runpy.run_path(str(ROOT / ".ci/appinspect_report.py"))["ACCEPTED"]
    listed = dict(re.findall(r"^\| `(check_\w+)` \| (.*) \|$", section("AppInspect"), re.MULTILINE))
    assert listed == accepted


def test_every_file_and_link_exists():
    for path in re.findall(r"`((?:loglm_bridge|\.ci|app|default|dist)/[\w./*-]*\w)`", TEXT):
        if not path.startswith("dist") and "*" not in path:
            assert (ROOT / path).exists(), path
    headings = {
        re.sub(r"[^a-z0-9 -]", "", h.lower()).replace(" ", "-") for h in re.findall(r"^#+ (.*)$", TEXT, re.MULTILINE)
    }
    assert set(re.findall(r"\]\(#([\w-]+)\)", TEXT)) <= headings
