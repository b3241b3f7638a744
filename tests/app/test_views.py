"""The overview page and the alert action's form: well-formed, and every name in them leads somewhere."""

import json
import re
from xml.etree import ElementTree

import pytest

from loglm_bridge.splunk.alert.payload import AlertOptions
from tests.app.conf import read_conf

#: Option of a visualization that reads data: `> primary | seriesByName('x')`.
_SERIES = re.compile(r"seriesByName\('([^']+)'\)")

#: Width of the page's grid in pixels.
_WIDTH = 1200


@pytest.fixture
def view(root) -> ElementTree.Element:
    """The overview page."""
    return ElementTree.parse(root / "default/data/ui/views/loglm_overview.xml").getroot()


@pytest.fixture
def page(view) -> dict:
    """The overview page's definition."""
    return json.loads(view.findtext("definition"))


def test_every_xml_file_is_well_formed(root):
    paths = sorted((root / "default/data/ui").rglob("*.xml"))
    assert [path.name for path in paths] == ["default.xml", "loglm_overview.xml"]
    for path in paths:
        assert ElementTree.parse(path).getroot().tag in ("nav", "dashboard")


def test_overview_is_a_dashboard_studio_page(view, page):
    assert (view.tag, view.get("version")) == ("dashboard", "2")
    assert view.findtext("label") == page["title"]


def test_panels_and_data_sources_match(page):
    read = {panel["dataSources"]["primary"] for panel in page["visualizations"].values() if "dataSources" in panel}
    assert read == set(page["dataSources"])


def test_panels_are_placed_once_without_overlap(page):
    items = [entry["item"] for entry in page["layout"]["structure"]]
    assert sorted(items) == sorted(page["visualizations"])
    boxes = [entry["position"] for entry in page["layout"]["structure"]]
    assert max(box["x"] + box["w"] for box in boxes) == page["layout"]["options"]["width"] == _WIDTH
    for i, a in enumerate(boxes):
        for b in boxes[i + 1 :]:
            apart = a["x"] + a["w"] <= b["x"] or b["x"] + b["w"] <= a["x"]
            assert apart or a["y"] + a["h"] <= b["y"] or b["y"] + b["h"] <= a["y"]


def test_searches_use_the_time_range_of_the_page(page):
    (token,) = [field["options"]["token"] for field in page["inputs"].values()]
    assert page["layout"]["globalInputs"] == list(page["inputs"])
    for source in page["dataSources"].values():
        assert source["options"]["queryParameters"] == {
            "earliest": f"${token}.earliest$",
            "latest": f"${token}.latest$",
        }


def test_panels_name_fields_of_their_search(page):
    for name, panel in page["visualizations"].items():
        if "dataSources" not in panel:
            continue
        query = page["dataSources"][panel["dataSources"]["primary"]]["options"]["query"]
        fields = set(_SERIES.findall(json.dumps(panel["options"]))) | set(panel["options"].get("columnFormat", {}))
        fields |= set(re.findall(r"\$row\.(\w+)\.value\$", json.dumps(panel.get("eventHandlers", []))))
        assert [field for field in fields if not re.search(rf'(\b|"){field}\b', query)] == [], name


def test_colours_named_in_options_are_defined(page):
    for panel in page["visualizations"].values():
        named = re.findall(r"(?:matchValue|rangeValue)\((\w+)\)", json.dumps(panel.get("options", {})))
        assert set(named) == set(panel.get("context", {}))


def test_overview_shows_labels_and_failures(page):
    queries = " ".join(source["options"]["query"] for source in page["dataSources"].values())
    for field in ("loglm_verdict", "loglm_technique_id", "risk_object", "unavailable", "unparsed", "log_level"):
        assert field in queries


@pytest.fixture
def form(root) -> ElementTree.Element:
    """The alert action's form."""
    text = (root / "default/data/ui/alerts/loglm_notable.html").read_text()
    assert "<script" not in text
    return ElementTree.fromstring(text)


def test_alert_form_sets_every_parameter(root, form):
    action = read_conf(root / "default/alert_actions.conf")["loglm_notable"]
    expected = {f"action.loglm_notable.{key}" for key in action if key.startswith("param.") and key != "param._cam"}
    assert {node.get("name") for node in form.iter() if node.get("name")} == expected
    assert [node.get("for") for node in form.iter("label")] == [n.get("id") for n in form.iter() if n.get("id")]


def test_choices_of_the_alert_form_are_valid(form):
    for select in form.iter("select"):
        name = select.get("name").removeprefix("action.loglm_notable.param.")
        values = [option.get("value") for option in select.iter("option")]
        read = [getattr(AlertOptions.read({name: value}), name) for value in values]
        assert len(set(read)) == len(values) > 1
        assert getattr(AlertOptions(), name) in read
