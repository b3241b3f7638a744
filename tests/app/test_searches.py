"""The searches and macros that the app ships: complete, bounded, and without side effects."""

import csv
import io
import json
import re

from app.assembly.attack_lookup import COLUMNS, write_lookup
from loglm_bridge.contract.verdict import ROW_STATUSES
from loglm_bridge.splunk.modinput.ingest import Progress
from tests.app.conf import read_conf


def macro_calls(text):
    """Names of the macros a search calls, as macros.conf spells them: name, or name(number of arguments)."""
    for call in re.findall(r"`([^`]+)`", text):
        name, bracket, rest = call.partition("(")
        yield f"{name}({rest.count(',') + 1})" if bracket else name


def searches(root):
    """Every search that is shipped, with where it stands."""
    for stanza, keys in read_conf(root / "default/macros.conf").items():
        yield f"macro {stanza}", keys["definition"]
    for name in ("savedsearches.conf", "eventtypes.conf"):
        for stanza, keys in read_conf(root / "default" / name).items():
            yield f"{name} {stanza}", keys.get("search", "")
    view = (root / "default/data/ui/views/loglm_overview.xml").read_text()
    definition = json.loads(re.search(r"<!\[CDATA\[(.*?)\]\]>", view, re.DOTALL)[1])
    for name, source in definition["dataSources"].items():
        yield f"view {name}", source["options"]["query"]
    for name, panel in definition["visualizations"].items():
        for handler in panel.get("eventHandlers", ()):
            yield f"drilldown {name}", handler["options"].get("query", "")


def test_called_macros_exist(root):
    macros = read_conf(root / "default/macros.conf")
    missing = [(where, call) for where, text in searches(root) for call in macro_calls(text) if call not in macros]
    assert missing == []


def test_macros_validate_their_arguments(root):
    for stanza, keys in read_conf(root / "default/macros.conf").items():
        if stanza.endswith(")"):
            args = [arg.strip() for arg in keys["args"].split(",")]
            assert stanza.endswith(f"({len(args)})")
            assert sorted(set(re.findall(r"\$(\w+)\$", keys["definition"]))) == sorted(args)
            assert all(re.search(rf"\b{arg}\b", keys["validation"]) for arg in args)
            assert keys["errormsg"]


def test_searches_do_not_write_delete_or_build_searches(root):
    unwanted = re.compile(
        r"\|\s*(collect|delete|outputlookup|outputcsv|script|sendemail|sendalert|map|runshellscript)\b"
    )
    assert [where for where, text in searches(root) if unwanted.search(text) or re.search(r"\[\s*search", text)] == []


def test_quotes_and_brackets_of_every_search_are_balanced(root):
    for where, text in searches(root):
        unquoted = re.sub(r'"(?:\\.|[^"\\])*"', "", text)
        assert '"' not in unquoted, where
        assert unquoted.count("(") == unquoted.count(")"), where
        assert unquoted.count("`") % 2 == 0, where


def test_lookups_use_existing_columns(root):
    assert tuple(next(csv.reader(io.StringIO(write_lookup())))) == COLUMNS
    lookup = re.compile(r"lookup loglm_attack (\w+) AS \w+ OUTPUT(?:NEW)? ([^|]*)")
    calls = [hit for _, text in searches(root) for hit in lookup.findall(text)]
    assert calls
    for key, outputs in calls:
        assert key == "id"
        assert {output.split()[0] for output in outputs.split(",")} <= set(COLUMNS)


def test_saved_searches_are_disabled_bounded_and_not_too_frequent(root):
    stanzas = read_conf(root / "default/savedsearches.conf")
    assert stanzas
    for stanza, keys in stanzas.items():
        assert keys["disabled"] == "1", stanza
        assert keys["dispatch.earliest_time"].startswith("-"), stanza
        assert not keys["dispatch.earliest_time"].startswith("rt"), stanza
        minutes = keys["cron_schedule"].split()[0]
        step = re.fullmatch(r"(?:\d+-\d+|\*)/(\d+)", minutes)
        assert minutes.isdigit() or (step and int(step[1]) >= 5), stanza


def test_tags_and_nav_name_existing_objects(root):
    eventtypes = read_conf(root / "default/eventtypes.conf")
    assert {stanza.partition("=")[2] for stanza in read_conf(root / "default/tags.conf")} <= set(eventtypes)
    nav = (root / "default/data/ui/nav/default.xml").read_text()
    own = set(re.findall(r'<view name="(loglm_\w+)"', nav))
    assert own == {path.stem for path in (root / "default/data/ui/views").glob("*.xml")}


def test_overview_counts_every_row_status(root):
    queries = dict(searches(root))
    assert set(re.findall(r"sum\((\w+)\)", queries["view ds_status"])) == set(ROW_STATUSES)
    assert "rows=* OR events=*" in queries["macro loglm_counts"]
    assert str(Progress()).split()[1] == "events=0"
