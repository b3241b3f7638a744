"""What the pages say about fields, options, macros, metrics and packages is what the code has."""

import re

import pytest

from loglm_bridge import cli
from loglm_bridge.contract.verdict import ROW_STATUSES
from loglm_bridge.splunk.rows.columns import column_names
from loglm_bridge.splunk.search.options import SearchOptions
from tests.conftest import ROOT
from tests.docs.pages import PAGES, first_cells, read, section
from tests.test_layers import LAYERS


def conf_names(path, pattern=r"^\[([^\]]+)\]"):
    return set(re.findall(pattern, (ROOT / path).read_text(encoding="utf-8"), re.MULTILINE))


@pytest.mark.parametrize(
    "text", [section(read("README.md"), "The fields"), read("docs/analyst/fields.md").partition("\n## ")[0]]
)
def test_every_written_field_is_explained(text):
    listed = [cell for cell in first_cells(text) if cell.startswith("loglm_")]
    assert listed == [*column_names("loglm_", "all")]


def test_every_status_is_explained():
    listed = first_cells(section(read("docs/analyst/fields.md"), "Status").partition("| --- |")[2])
    assert set(listed) == set(ROW_STATUSES)


def test_every_option_of_the_search_command_is_in_its_syntax():
    page = section(read("docs/analyst/searches.md"), "Syntax")
    syntax = re.search(r"^\| loglm \[.*?```", page, re.MULTILINE | re.DOTALL)[0]
    assert set(re.findall(r"\[(\w+)=", syntax)) == set(SearchOptions._fields)
    assert set(first_cells(page)) == set(SearchOptions._fields)


def test_every_macro_that_a_search_calls_exists():
    macros = {name.partition("(")[0] for name in conf_names("default/macros.conf")}
    pages = "".join(page.read_text(encoding="utf-8") for page in PAGES)
    called = set(re.findall(r"loglm \\?\| `(loglm_\w+)", pages)) | set(
        re.findall(r"^`(loglm_\w+)\(", pages, re.MULTILINE)
    )
    named = set(re.findall(r"macros? `(loglm_\w+)`", pages))
    assert len(called) >= 3
    assert len(named) >= 2
    assert called | named <= macros


def test_saved_searches_and_labels_exist():
    assert "LogLM - Rows without a label - Health" in conf_names("default/savedsearches.conf")
    assert (ROOT / "default/alert_actions.conf").read_text().count("label = LogLM notable event\n") == 1


def test_every_metric_that_operations_names_exists():
    metrics = set(first_cells(section(read("docs/reference/http-api.md"), "Metrics")))
    named = set(re.findall(r"`(loglm_\w+)(?:\{[^`]*)?`", section(read("docs/admin/operations.md"), "Health")))
    assert len(named) >= 5
    assert named <= metrics


def test_every_path_of_the_interface_exists():
    source = (ROOT / "loglm_bridge/sidecar/http/routes.py").read_text(encoding="utf-8")
    text = "".join(page.read_text(encoding="utf-8") for page in PAGES)
    named = set(re.findall(r"(/v1/\w+|/health/\w+|/metrics)\b", text))
    assert named == set(re.findall(r'Route\("([^"]+)"', source))


def test_every_stage_of_training_is_listed():
    assert [cell.removeprefix("loglm ") for cell in first_cells(read("docs/model/training.md"))][: len(cli.STAGES)] == [
        *cli.STAGES
    ]


def test_the_layers_are_those_that_imports_are_checked_by():
    page = section(read("docs/dev/architecture.md"), "Layers")
    rows = dict(re.findall(r"^\| `(\w+)` \| ([^|]+) \|", page, re.MULTILINE))
    assert rows.keys() == LAYERS.keys()
    for layer, (own, _) in LAYERS.items():
        assert {other for other in LAYERS if re.search(rf"\b{other}\b", rows[layer])} == own, layer


def test_every_package_is_described():
    page = section(read("docs/dev/architecture.md"), "Folders").partition("Inside `loglm_bridge`")[2]
    package = ROOT / "loglm_bridge"
    below = {path.parent.relative_to(package).as_posix() for path in package.rglob("__init__.py")} - {"."}
    described = set(first_cells(page))
    # a package whose parts are described needs no row of its own
    assert described <= below
    assert {name for name in below - described if not any(part.startswith(f"{name}/") for part in described)} == set()
