"""Event XML of known layouts has the records of the reference parser, whatever its values."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loglm_bridge.contract.event import Event
from loglm_bridge.telemetry import parse, parse_record
from loglm_bridge.telemetry.fastpath import xml_layouts
from tests.telemetry import windows_samples

HEAD = (
    "<Event xmlns='http://schemas.microsoft.com/win/2004/08/events/event'><System><Provider Name='{provider}'/>"
    "<EventID>{id}</EventID><Version>0</Version><Level>4</Level>"
)
SYSTEM = (
    "<TimeCreated SystemTime='{time}'/><EventRecordID>{record}</EventRecordID><Correlation{correlation}/>"
    "<Execution ProcessID='{pid}' ThreadID='7'/><Channel>{channel}</Channel><Computer>{computer}</Computer>"
    "<Security UserID='{sid}'/></System>"
)
#: Values that a parser may mistake: none, blanks, entities, tags, quotes, marks, text that follows other values.
VALUES = st.sampled_from(
    [
        "", " ", "-", "7", " 7 ", "C:\\Windows\\x.exe", "a > b", "a < b", "&lt;b&gt;", "a &amp; b", "<b>", "it's", '"',
        "\x00", "\x003", "Security", "Microsoft-Windows-Sysmon", "4624", "</Data>", "</Data></EventData></Event>",
        "<Data Name='Z'>", "</Data><Data Name='Image'>", "<![CDATA[x]]>", "'/>", "HostApplication=x",
        "Subject:\n\tAccount Name:\tann", "\u202e", "line\nline", "S-1-5-18",
    ]
)  # fmt: skip
PARTS = st.fixed_dictionaries(
    {
        **dict.fromkeys(("time", "record", "pid", "computer", "sid"), VALUES),
        "correlation": st.sampled_from(["", " ActivityID='{1}'", " ActivityID=''"]),
        "channel": st.sampled_from(["Security", "Microsoft-Windows-Sysmon/Operational", "", "System"]),
        "id": st.sampled_from(["1", "4688", ""]),
        "provider": st.sampled_from(["Microsoft-Windows-Sysmon", "Microsoft-Windows-Security-Auditing", ""]),
    }
)
NAMES = st.sampled_from(
    ["Image", "CommandLine", "User", "Channel", "Provider", "EventID", "Data", "Message", "a b", "Computer"]
)
DATA = st.lists(st.tuples(NAMES, VALUES), max_size=4)


@pytest.fixture(autouse=True)
def _no_prefixes_remembered():
    xml_layouts._prefixes.clear()


def xml(parts, data, quote="'", suffix=""):
    elements = "".join(f"<Data Name={quote}{name}{quote}>{value}</Data>" for name, value in data)
    return (HEAD + SYSTEM).format(**parts) + f"<EventData>{elements}</EventData></Event>{suffix}"


def check(text, host="ws-1"):
    event = Event(text, host=host)
    assert parse(event).to_record() == parse_record(event)


@given(
    PARTS,
    PARTS,
    DATA,
    st.lists(VALUES, min_size=4, max_size=4),
    st.sampled_from("'\""),
    st.sampled_from(["", "\n", "x"]),
)
def test_any_values(first, second, data, values, quote, suffix):
    xml_layouts._prefixes.clear()
    for _ in range(xml_layouts._MIN_EVENTS + 2):
        check(xml(first, data, quote, suffix))
    # the same prefix and names, other values
    prefix = {name: first[name] for name in ("id", "provider", "channel")}
    changed = [(name, value) for (name, _), value in zip(data, values, strict=False)]
    check(xml({**second, **prefix}, changed, quote, suffix))
    check(xml({**second, **prefix}, data, quote, suffix))
    check(xml({**second, "id": first["id"], "provider": first["provider"]}, changed[:1], quote, suffix))


@pytest.mark.parametrize("name", ["time", "pid", "sid"])
@pytest.mark.parametrize("value", ["it's", 'a"b', "'/>", '"'])
def test_a_quote_ends_an_attribute_of_a_known_layout_too(name, value):
    parts = {"time": "-", "record": "1", "pid": "-", "computer": "a", "sid": "-", "correlation": ""}
    parts |= {"channel": "Security", "id": "1", "provider": "Microsoft-Windows-Sysmon"}
    for one in (*[parts] * (xml_layouts._MIN_EVENTS + 2), {**parts, name: value}):
        check(xml(one, []))


@pytest.mark.parametrize("raw", windows_samples.ALL.values(), ids=windows_samples.ALL.keys())
def test_samples(raw):
    for _ in range(5):
        check(raw)


def test_a_known_layout_is_not_parsed_again(monkeypatch):
    def text(n):
        parts = {"time": f"2024-01-0{n}", "record": n, "pid": n, "computer": "a", "sid": "S-1-5-18", "correlation": ""}
        parts |= {"channel": "Security", "id": "4688", "provider": "Microsoft-Windows-Security-Auditing"}
        return xml(parts, [("NewProcessName", f"C:\\{n}.exe"), ("CommandLine", "")])

    for n in range(1, 5):
        parse(Event(text(n)))
    monkeypatch.setattr(xml_layouts.windows_xml, "parse", None)
    actual = dict(parse(Event(text(7))).to_record().fields)
    assert (actual["NewProcessName"], actual["CommandLine"], actual["EventRecordID"]) == ("C:\\7.exe", "", "7")


def test_learning_is_given_up_after_some_failures(monkeypatch):
    parts = {"time": "1", "record": 1, "pid": 1, "computer": "a", "sid": "S-1-5-18", "correlation": ""}
    parts |= {"channel": "Security", "id": "4688", "provider": "Microsoft-Windows-Security-Auditing"}
    learned = []
    learn = xml_layouts._learn
    monkeypatch.setattr(xml_layouts, "_learn", lambda *arguments: learned.append(learn(*arguments)))
    for _ in range(50):
        check(xml(parts, [("Message", "Subject:\n\tAccount Name:\tann")]))
    assert learned == [None] * xml_layouts._MAX_ATTEMPTS
    check(xml(parts, [("Image", "a.exe")]))


def test_the_cache_is_bounded(monkeypatch):
    monkeypatch.setattr(xml_layouts, "_MAX_PREFIXES", 10)
    for n in range(50):
        check(f"<Event><System><EventID>{n}</EventID><TimeCreated SystemTime='1'/></System></Event>")
        assert len(xml_layouts._prefixes) <= 10
