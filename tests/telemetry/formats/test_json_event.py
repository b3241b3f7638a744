"""JSON events: flattening, recovery of broken text, bounds."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loglm_bridge.contract.event import Event
from loglm_bridge.contract.limits import MAX_JSON_DEPTH
from loglm_bridge.telemetry.formats import json_event
from tests.telemetry.parsing import assert_linear, few_examples, record

KEYS = st.from_regex(r"[a-z]{1,8}", fullmatch=True)
SCALARS = st.one_of(
    st.integers(-(10**6), 10**6), st.from_regex(r"[a-zA-Z0-9 ./:]{1,12}", fullmatch=True), st.booleans()
)


def fields(value):
    raw = value if isinstance(value, str) else json.dumps(value)
    return dict(json_event.parse(raw, Event(raw)).fields)


def text_of(value):
    return {True: "true", False: "false"}[value] if isinstance(value, bool) else str(value)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"a": {"b": [1, 2]}}, {"a.b": "1, 2"}),
        ({"a": [{"Name": "x", "Value": "y"}, {"Name": "z", "Value": {"q": 1}}]}, {"a.x": "y", "a.z.q": "1"}),
        ({"a": [{"@name": "x", "#text": "y"}]}, {"a.@name": "x", "a.#text": "y"}),
        ({"a": [{"name": "x", "newvalue": "y", "oldvalue": "z"}]}, {"a.x": "y"}),
        ({"a": [{"e": 1}, {"e": 2}]}, {"a.e": "2"}),
        ({"f": None, "g": True, "h": False}, {"g": "true", "h": "false"}),
        ({"args": ["cat", "/etc/shadow"], "list": ["a", None, "b"]}, {"args": "cat /etc/shadow", "list": "a, b"}),
        ({"a": 1.5, "b": -0, "c": 10**20}, {"a": "1.5", "b": "0", "c": "1e+20"}),
        ({"detail": json.dumps({"k": "v"})}, {"detail.k": "v"}),
        ({"detail": json.dumps([{"k": "v"}])}, {"detail.k": "v"}),
        ({"detail": "{not json}"}, {"detail": "{not json}"}),
        ({"detail": "[1]"}, {"detail": "[1]"}),
        ([{"a": 1}], {"a": "1"}),
        ({"a\u202eb": "x\u0000y"}, {"a[U+202E]b": "x[U+0000]y"}),
    ],
)
def test_flattening(value, expected):
    assert fields(value) == expected


@few_examples
@given(st.dictionaries(KEYS, SCALARS, min_size=1, max_size=10))
def test_flat_objects_round_trip(value):
    assert fields(value) == {key: text_of(member) for key, member in value.items()}


@few_examples
@given(st.dictionaries(KEYS, st.dictionaries(KEYS, SCALARS, min_size=1, max_size=4), min_size=1, max_size=4))
def test_nested_objects_have_dotted_names(value):
    expected = {f"{one}.{two}": text_of(member) for one, inner in value.items() for two, member in inner.items()}
    assert fields(value) == expected
    assert fields(json.dumps(value, indent=2)) == expected
    assert fields({"outer": json.dumps(value)}) == {f"outer.{name}": text for name, text in expected.items()}


@pytest.mark.parametrize(
    "raw",
    [
        '{"name": "x", "list": [{"k": "v1"}, {"k": "v2"}], "last": "cut he',
        '{"name": "x", "list": [{"k": "v1"}, {"k": "v2"}], "last": "cut he"',
        '{"name": "x", "list": [{"k": "v1"}, {"k": "v2"}], "last": "cut he"}} trailing {',
        '{"name": "x" "list": [{"k": "v1"}, {"k": "v2"}], "last": "cut he"}',
    ],
)
def test_broken_json_is_recovered(raw):
    actual = json_event.parse(raw, Event(raw)).fields
    assert ("list.k", "v1") in actual
    assert ("last", "cut he") in actual


def test_escapes_in_broken_json_are_undone():
    assert fields(r'{"a": "C:\\x \"q\"", "b": "\u0041", "c": "\q", "d": ') == {
        "a": r'C:\x "q"',
        "b": "A",
        "c": r"\q",
    }


@few_examples
@given(st.dictionaries(KEYS, SCALARS, min_size=2, max_size=8), st.data())
def test_a_cut_event_gives_the_fields_before_the_cut(value, data):
    raw = json.dumps(value)
    cut = data.draw(st.integers(raw.index(",") + 1, len(raw) - 1))
    name, member = next(iter(value.items()))
    assert fields(raw[:cut])[name] == text_of(member)


def test_odd_numbers_and_repeated_keys_do_not_fail():
    raw = '{"a": NaN, "b": ' + "9" * 5_000 + ', "c": 1e999, "a": 2}'
    assert fields(raw)["a"] == "2"
    assert fields(raw)["b"] == "9" * 5_000


@pytest.mark.parametrize("raw", ["", "x", "[1, 2]", '["a"]', "{", "{a: 1}", "[main] started", "null", '"text"'])
def test_other_text_is_no_json_event(raw):
    assert json_event.parse(raw, Event(raw)) is None


@pytest.mark.parametrize("raw", ["{}", "[{}]", '{"a": null}', '{"a": []}', '{"a": {"b": {}}}'])
def test_an_object_without_values_is_empty(raw):
    actual = json_event.parse(raw, Event(raw))
    assert (actual.status, actual.fields) == ("empty", ())


def test_depth_and_number_of_fields_are_bounded():
    deep: object = "x"
    for _ in range(MAX_JSON_DEPTH + 10):
        deep = {"a": deep}
    ((name, value),) = fields(deep).items()
    assert value == "[nested too deep]"
    assert name.count("a") == MAX_JSON_DEPTH
    assert len(fields({f"k{i}": i for i in range(5_000)})) == json_event.MAX_FIELDS
    assert len(fields({"k": [{"v": i, "w": i} for i in range(5_000)]})) == 2
    actual = json_event.parse(json.dumps({"k": [{"v": i} for i in range(5_000)]}), Event(""))
    assert len(actual.fields) == json_event.MAX_FIELDS


def test_long_lists_of_scalars_are_cut():
    assert fields({"a": list(range(100))})["a"] == ", ".join(map(str, range(32)))


def test_an_envelope_is_opened():
    line = "Mar  4 05:06:07 web-2 sshd[311]: Failed password for invalid user oracle from 198.51.100.7 port 50122 ssh2"
    inside = record(json.dumps({"log": line, "stream": "stderr", "time": "2026-03-04T05:06:07Z"}))
    assert inside == record(line)


@few_examples
@given(st.text(alphabet='{}[]",:\\ ab1\n', max_size=60))
def test_any_text_is_accepted(text):
    actual = json_event.parse('{"' + text, Event(""))
    assert actual is None or len(actual.fields) <= json_event.MAX_FIELDS


@pytest.mark.parametrize("unit", ["{", "[", '{"a', '"\\', '{"a":', "[1,", '"a":1,', '{"a":"{', "}"])
def test_parsing_takes_linear_time(unit):
    assert_linear(lambda text: json_event.parse(text, Event(text)), unit)
    assert_linear(lambda text: json_event.parse(text, Event(text)), unit, '{"a":')
