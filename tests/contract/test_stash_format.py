"""Notables as text: a stash line whose values cannot break it, and JSON."""

import json
import re
from dataclasses import replace

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from loglm_bridge.contract.notable import Notable, notable_event
from loglm_bridge.contract.stash_format import json_fields, render_notable, stash_line
from tests.contract.findings import RULE, finding

ANY_TEXT = st.text(st.sampled_from("\\\"=, \n\tk'x$[]|\x00\u2028"), max_size=12) | st.text(max_size=12)


def read_with_escapes(line):
    r"""Read k="v" pairs as Splunk does: `\\` and `\"` are escapes."""
    return [
        (name, re.sub(r"\\(.)", r"\1", value)) for name, value in re.findall(r', ([\w.]+)="((?:[^"\\]|\\.)*)"', line)
    ]


def read_with_look_behind(line):
    """Read k="v" pairs as a reader does that takes any quote after a backslash for part of the value."""
    return re.findall(r', ([\w.]+)="(.*?)(?<!\\)"', line)


def notable_of(*values):
    return Notable(1_700_000_000.0, "s", {f"k{i}": (value,) for i, value in enumerate(values)})


def test_stash_line_has_the_form_of_the_common_action_model():
    line = stash_line(Notable(1_700_000_000.0, "s", {"search_name": ("LogLM - x",), "tactic": ("a", "b")}))
    assert line == '1700000000.000, search_name="LogLM - x", tactic="a", tactic="b"'


def test_trailing_backslash_does_not_hide_the_next_field():
    line = stash_line(notable_of("C:\\Temp\\", ", severity=low, "))
    assert [name for name, _ in read_with_escapes(line)] == ["k0", "k1"]
    assert [name for name, _ in read_with_look_behind(line)] == ["k0", "k1"]


@given(ANY_TEXT, ANY_TEXT, ANY_TEXT)
@example("\\", ', k9="forged', '"')
@example('\\"', ', k9="forged", x="', "\\\\")
def test_no_value_forges_a_field_or_breaks_the_line(first, second, third):
    line = stash_line(notable_event(finding(row={"a": [first], "b": [second], "c": [third]}), RULE, 1_700_000_000.0))
    assert len(line.splitlines()) == 1
    expected = notable_event(finding(row={"a": [first], "b": [second], "c": [third]}), RULE, 1_700_000_000.0).fields
    names = [name for name, values in expected.items() for _ in values]
    assert [name for name, _ in read_with_escapes(line)] == names
    assert [name for name, _ in read_with_look_behind(line)] == names


@given(st.text('\\"a, =', max_size=10))
def test_value_reads_back_unchanged(value):
    ((_, back),) = read_with_escapes(stash_line(notable_of(value)))
    assert back == (value + " " if value.endswith("\\") else value)


def test_other_sourcetype_gives_one_line_of_json():
    notable = notable_event(finding(raw='say "hi"\nand\\bye'), RULE, 1_700_000_000.5)
    text = render_notable(notable, "loglm:notable")
    assert len(text.splitlines()) == 1
    assert text.startswith('{"time":1700000000.500,"')
    data = json.loads(text)
    assert data == {"time": 1_700_000_000.5, **json_fields(notable)}
    assert data["orig_raw"] == 'say "hi"\nand\\bye'
    assert data["annotations.mitre_attack"] == ["T1003.001", "T1059.001"]
    assert data["severity"] == "critical"


def test_sourcetype_stash_gives_a_stash_line():
    notable = notable_event(finding(), RULE, 1_700_000_000.0)
    assert render_notable(notable, "stash") == stash_line(notable)


# --- within what Splunk extracts --------------------------------------------------------------------------------------


def long_finding(size):
    """Return a finding with a long event, long and short fields of its row, and many of them."""
    row = {f"f{i}": ["y" * (20 * i)] for i in range(60)}
    row |= {"process": ["p" * size], "user": ["ada"], "src": ["10.1.2.3"], "dest": ["dc01"], "many": ["v" * 90] * 50}
    return replace(
        finding(raw='"\\é\n' * size, row=row), event=finding().event._replace(raw='"\\é\n' * size, source="s" * size)
    )


@pytest.mark.parametrize("size", [1, 100, 5_000])
@pytest.mark.parametrize(("sourcetype", "limit"), [("stash", 10_240), ("loglm:notable", 5_000)])
def test_what_matters_is_within_what_splunk_extracts(sourcetype, limit, size):
    text = render_notable(notable_event(long_finding(size), RULE, 1.0), sourcetype)
    shown = text.encode()[:limit].decode("utf-8", "ignore")
    marks = (" {}=", ' "{}":')[sourcetype != "stash"]
    for name in (
        "rule_title",
        "severity",
        "loglm_event_key",
        "annotations.mitre_attack",
        "user",
        "src",
        "dest",
        "risk_score",
    ):
        assert marks.format(name).replace(' "', '"') in shown, name
    assert text.rindex("orig_raw") == max(text.rindex(name) for name in ("orig_raw", "process", "many", "orig_source"))
    if sourcetype == "stash":
        assert len(text.encode()) <= limit


def test_order_and_content_stay_where_all_is_short():
    notable = notable_event(finding(), RULE, 1.0)
    assert json_fields(notable) == {n: v[0] if len(v) == 1 else list(v) for n, v in notable.fields.items()}
    assert next(iter(json_fields(notable))) == "search_name"
    assert list(json_fields(notable))[-1] == "orig_raw"


@given(
    st.dictionaries(st.from_regex(r"[a-z]{1,9}", fullmatch=True) | st.just("orig_raw"), st.lists(st.text(), min_size=1))
)
def test_every_field_stays(fields):
    notable = Notable(1.0, "s", {name: tuple(values) for name, values in fields.items()})
    assert set(json_fields(notable)) == set(fields)
