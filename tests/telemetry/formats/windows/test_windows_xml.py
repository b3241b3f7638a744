"""Windows event XML, whole, cut and broken."""

from html import escape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loglm_bridge.contract.event import Event
from loglm_bridge.telemetry.formats.windows import windows_xml
from loglm_bridge.telemetry.scanning.clean_text import clean_text
from tests.telemetry import windows_samples as samples
from tests.telemetry.parsing import assert_linear, few_examples

NAMES = st.from_regex(r"[A-Z][a-z]{2,8}", fullmatch=True).filter(lambda name: name not in ("Data", "Message"))
VALUES = st.text(
    alphabet=st.characters(codec="utf-8", categories=("L", "N", "P", "S", "Zs")), min_size=1, max_size=30
).filter(lambda value: value == clean_text(value).strip())


def parse(text):
    return windows_xml.parse(text, Event(text))


def fields(text):
    return dict(parse(text).fields)


def event(data, system="<EventID>7</EventID><Channel>System</Channel>"):
    return f"<Event><System>{system}</System><EventData>{data}</EventData></Event>"


def test_system_comes_before_event_data():
    record = parse(samples.SYSMON_XML)
    assert (record.format, record.family, record.kind) == ("windows_xml", "windows", "sysmon:1")
    names = [name for name, _ in record.fields]
    assert names[:6] == ["Provider", "EventID", "Version", "Level", "Task", "Opcode"]
    assert names[names.index("SecurityUserID") + 1 :] == list(samples.SYSMON_FIELDS)
    actual = dict(record.fields)
    assert actual["Computer"] == samples.HOST
    assert actual["ExecutionProcessID"] == "4711"
    assert {name: actual[name] for name in samples.SYSMON_FIELDS} == samples.SYSMON_FIELDS


@few_examples
@given(st.dictionaries(NAMES, VALUES, max_size=6), st.sampled_from("'\""))
def test_event_data_round_trips(values, quote):
    data = "".join(f"<Data Name={quote}{name}{quote}>{escape(value)}</Data>" for name, value in values.items())
    actual = fields(event(data.replace("&#x27;", "&apos;")))
    assert {name: actual.get(name) for name in values} == values


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ("<Data Name='a'>1 &lt; 2 &amp;&#38;&#x26; 'x' &reg add</Data>", {"a": "1 < 2 &&& 'x' &reg add"}),
        ("<Data Name='a'>&quot;&apos;&gt;</Data>", {"a": "\"'>"}),
        ("<Data Name='a'>&#xD800;&#x202E;</Data>", {"a": "[U+D800][U+202E]"}),
        ("<Data Name='a'>&#1114112;</Data>", {"a": "&#1114112;"}),
        ("<Data Name='a'><![CDATA[<raw> & ]] text]]></Data>", {"a": "<raw> & ]] text"}),
        ("<Data Name='a'/><Data Name='b'>x</Data>", {"b": "x"}),
        ("<Data Name='a'></Data>", {"a": ""}),
        ("<Data>plain</Data>", {"Data": "plain"}),
        ("<Data Name=''>x</Data>", {"Data": "x"}),
        ('<Data Name="a">x</Data>', {"a": "x"}),
        ("<ComplexData Name='a'>x</ComplexData>", {"a": "x"}),
        ("<Data Name='a'>dir && sort < in.txt</Data>", {"a": "dir && sort < in.txt"}),
        ("<Data Name='a'>  x \n</Data>", {"a": "x"}),
        ("<Binary>0A0B</Binary>", {"Binary": "0A0B"}),
    ],
)
def test_data(data, expected):
    actual = fields(event(data))
    assert {name: value for name, value in actual.items() if name not in ("EventID", "Channel")} == expected


def test_attributes_of_system():
    system = (
        '<Provider Name="P&amp;Q" Guid="{1}" EventSourceName="Q"/><EventID Qualifiers="1">7</EventID>'
        "<TimeCreated SystemTime='2024-01-03T10:00:00Z'/><Execution ProcessID='1' ThreadID='2'/>"
        "<Security UserId='S-1-5-18'/>"
    )
    assert fields(event("", system)) == {
        "Provider": "P&Q",
        "EventSourceName": "Q",
        "EventID": "7",
        "TimeCreated": "2024-01-03T10:00:00Z",
        "ExecutionProcessID": "1",
        "ExecutionThreadID": "2",
        "SecurityUserID": "S-1-5-18",
    }


def test_user_data_has_its_leaves_without_prefixes():
    text = (
        "<Event><System><Provider Name='Microsoft-Windows-Eventlog'/><EventID>104</EventID><Channel>System</Channel>"
        "</System><UserData><LogFileCleared xmlns='m' xmlns:a='b'><a:SubjectUserName>ann</a:SubjectUserName>"
        "<Channel>Security</Channel></LogFileCleared></UserData></Event>"
    )
    record = parse(text)
    assert record.kind == "eventlog:104"
    assert ("SubjectUserName", "ann") in record.fields


def test_rendering_information_is_read_too():
    text = event("").replace("</Event>", "<RenderingInfo><Level>Warning</Level></RenderingInfo></Event>")
    assert ("Level", "Warning") in parse(text).fields


@pytest.mark.parametrize("opening", ["", "Jan  3 10:00:00 ws1 ", "<13>", "<?xml version='1.0'?>", "x" * 380])
def test_the_event_may_follow_a_header(opening):
    assert parse(opening + samples.SYSMON_XML) == parse(samples.SYSMON_XML)


@pytest.mark.parametrize("share", [0.3, 0.5, 0.7, 0.9])
def test_a_cut_event_gives_what_it_has(share):
    cut = samples.SYSMON_XML[: int(len(samples.SYSMON_XML) * share)]
    record, whole = parse(cut), parse(samples.SYSMON_XML)
    assert record.kind == "sysmon:1"
    assert record.fields[:-1] == whole.fields[: len(record.fields) - 1]


def test_events_after_the_first_are_not_read():
    assert parse(samples.SYSMON_XML + samples.SECURITY_XML) == parse(samples.SYSMON_XML)


def test_the_number_of_fields_is_bounded():
    assert len(parse(event("".join(f"<Data Name='n{i}'>x</Data>" for i in range(1_000)))).fields) <= 256


@pytest.mark.parametrize(
    "text",
    [
        "",
        "<Events/>",
        "<EventLog><a>1</a></EventLog>",
        "<Event><a>1</a></Event>",
        "x" * 500 + samples.SYSMON_XML,
        "<Even",
    ],
)
def test_other_text_is_no_event_xml(text):
    assert parse(text) is None


@few_examples
@given(st.lists(st.sampled_from(["<", ">", "<Data Name='a'>", "</Data>", "&lt;", "x", "'", "<![CDATA[", "]]>", "/>"])))
def test_any_data_is_accepted(parts):
    record = parse(event("".join(parts)))
    assert record.family == "windows"
    assert record.kind.startswith("system")


@pytest.mark.parametrize(
    "unit", ["<a ", "<a", "<Data Name='x", "'\"", "&lt;", "<![CDATA[", "<Data>x</Data>", "<", "</"]
)
def test_parsing_takes_linear_time(unit):
    assert_linear(parse, unit, "<Event><System>")
    assert_linear(parse, unit, "<Event><System><EventID>1</EventID></System><EventData><Data Name='CommandLine'>")
