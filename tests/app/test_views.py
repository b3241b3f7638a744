"""The overview page and the alert action's form: well-formed, and every name in them leads somewhere."""

import json
import re
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loglm_bridge.contract.event import Event
from loglm_bridge.contract.row import drilldown
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
        fields |= set(re.findall(r"\$row\.(\w+)\.value(?:\|s)?\$", json.dumps(panel.get("eventHandlers", []))))
        assert [field for field in fields if not re.search(rf'(\b|"){field}\b', query)] == [], name


#: Values that an event could bring, each of which adds a command where a search takes it as it is.
_HOSTILE = (
    'x" | delete',
    'x\\" | delete',
    "x | delete",
    'x" OR index=* | collect index=main "',
    "$row.key.value$ | delete",
    "\\",
)


def searches_with_tokens(page):
    """Yield every text of the page that Splunk runs as a search and that holds a token."""

    def walk(node):
        if isinstance(node, dict):
            for key, value in node.items():
                if key in ("query", "search") and isinstance(value, str):
                    yield value
                else:
                    yield from walk(value)
        elif isinstance(node, list):
            for value in node:
                yield from walk(value)

    return [text for text in walk(page) if "$" in text]


def substituted(search, value):
    """Return a search with `value` for its tokens as Splunk does it: the filter |s quotes and escapes it."""

    def replace(token):
        quoted = '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
        return quoted if token[2] == "|s" else value

    return re.sub(r"\$([\w.]+)(\|\w)?\$", replace, search)


def commands(search):
    """Return the number of commands of a search: pipes outside of quoted texts."""
    return len(re.sub(r'"(?:[^"\\]|\\.)*"', '""', search).split("|"))


def test_no_value_adds_a_command_to_a_search(page):
    searches = searches_with_tokens(page)
    assert len(searches) == 3
    for search in searches:
        for value in _HOSTILE:
            assert commands(substituted(search, value)) == commands(substituted(search, "x")), (search, value)


def test_unfiltered_token_is_detected():
    for search in (
        'index=a host="$row.host.value$"',
        "index=a host=$row.host.value$",
        'index=a host="$row.host.value|s$"',
    ):
        assert any(commands(substituted(search, value)) != commands(substituted(search, "x")) for value in _HOSTILE)


def test_links_outside_of_searches_come_from_the_lookup(page):
    urls = [
        (handler["options"]["url"], page["dataSources"][panel["dataSources"]["primary"]]["options"]["query"])
        for panel in page["visualizations"].values()
        for handler in panel.get("eventHandlers", ())
        if handler["type"] == "drilldown.customUrl"
    ]
    assert [url for url, _ in urls] == ["$row.url.value$"]
    assert all("lookup loglm_attack id AS loglm_technique_id OUTPUT name, tactics, url" in query for _, query in urls)


@pytest.mark.parametrize("value", _HOSTILE)
def test_arguments_of_macros_are_validated(root, value):
    macros = read_conf(root / "default/macros.conf")
    with_arguments = [name for name in macros if name.endswith("(1)")]
    assert with_arguments == ["loglm_labels(1)", "loglm_notables(1)"]
    pattern = re.search(r'match\(technique, "(.+)"\)', macros["loglm_notables(1)"]["validation"])[1]
    assert not re.search(pattern, value)
    assert macros["loglm_labels(1)"]["validation"].startswith("isnum(min_score)")


@given(st.text(max_size=30), st.text(max_size=30))
def test_drilldown_of_a_notable_holds_nothing_of_the_event(index, indexed):
    row = {"index": [index], "_indextime": [indexed]}
    found = drilldown(Event("x", time=1.0), row)
    assert not found or re.fullmatch(r"search index=[a-z0-9_-]+( _indextime=\d{1,12})?", found["drilldown_search"])


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
