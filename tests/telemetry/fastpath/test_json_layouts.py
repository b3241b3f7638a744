"""JSON events of known layouts have the records of the reference parser, whatever their values."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loglm_bridge.contract.event import Event
from loglm_bridge.telemetry import parse, parse_record
from loglm_bridge.telemetry.families.network.flow_aliases import ALIASES, END_TIMES, NON_FLOW_FIELDS, START_TIMES
from loglm_bridge.telemetry.fastpath import json_layouts
from tests.telemetry.event_samples import EVENTS
from tests.telemetry.recordings import FILES, sampled_events

#: Values that a parser may mistake: absent ones, JSON in text, rendered messages, other types, ids and times.
VALUES = st.sampled_from(
    [
        "", "-", "(NULL)", "null", None, 0, 7, 1.5, -1e300, True, False, [], {}, ["a", "b"], {"a": "b"}, "{}",
        '{"a":1}',
        "[1]", "C:\\Windows\\x.exe", "Subject:\n\tAccount Name:\tann", "HostApplication=powershell -enc AAAA", "4688",
        "1", "sysmon", "Microsoft-Windows-Sysmon", "Security", "conn", "10.0.0.1", "a\u202eb", "\ufeffx", "\ud800",
        "<Event><System>", "type=SYSCALL msg=audit(1.000:1): a=1", "Mar  2 08:28:50 web1 sshd[1]: Failed password",
        "x" * 300,
    ]
)  # fmt: skip
NAMES = st.sampled_from(
    [
        "EventID", "Channel", "Computer", "computer", "hostname", "Provider", "ProcessGuid", "UtcTime", "Image",
        "Message", "Data", "ContextInfo", "ts", "uid", "_path", "id.orig_h", "id.resp_h", "orig_bytes", "conn_state",
        "proto", "host", "eventSource", "eventName", "eventVersion", "awsRegion", "src_ip", "dest_ip", "bytes",
        "duration", "action", "type", "event", "message", "log", "items", "ID", "SyslogMessage", "CommandLine", "user",
        "event_type", "mach_time",
    ]
)  # fmt: skip


def check(event):
    """Compare twice: at first the layout is learned, then it is known."""
    expected = parse_record(event)
    assert parse(event).to_record() == expected
    assert parse(event).to_record() == expected


@pytest.mark.parametrize("event", EVENTS.values(), ids=EVENTS.keys())
def test_samples(event):
    check(event)


@given(st.lists(st.tuples(NAMES, VALUES), max_size=8), st.lists(st.tuples(NAMES, VALUES), max_size=8))
def test_any_fields(first, second):
    one, other = dict(first), dict(second)
    check(Event(json.dumps(one)))
    # the same names with other values: the same layout
    check(Event(json.dumps({name: other.get(name, value) for name, value in one.items()})))
    check(Event(json.dumps(other, ensure_ascii=False)))


@pytest.mark.parametrize("values", [("", "", "", ""), ("7", "SF", "10.0.0.1", "10.0.0.2"), ("7", "", "10.0.0.1", "")])
def test_a_connections_state_alone_makes_no_flow(values):
    names = ("orig_bytes", "conn_state", "src_ip", "dest_ip")
    check(Event(json.dumps(dict(zip(names, values, strict=True)))))


FLOW_NAMES = st.sampled_from(sorted({*ALIASES, *START_TIMES, *END_TIMES, *NON_FLOW_FIELDS}))
FLOW_VALUES = st.sampled_from(
    ["", "-", "N/A", "nan", 0, 6, 17, 1_500, 0.25, "TCP", "Accept", "REJECT", "S0", "out", "0:01:05", "a:b:c", "x" * 30,
     1_700_000_000, 1_700_000_009.5, "2024-01-02T03:04:05Z", "10.0.0.1", "203.0.113.9", None, True]
)  # fmt: skip


@given(st.dictionaries(FLOW_NAMES, FLOW_VALUES, max_size=9), st.lists(FLOW_VALUES, min_size=12, max_size=12))
def test_flows_of_any_exporter_whatever_is_blank(fields, others):
    one = {"src_ip": "10.0.0.1", "dest_ip": "203.0.113.9", "fwd_bytes": 90, **fields}
    check(Event(json.dumps(one)))
    check(Event(json.dumps(dict(zip(one, others, strict=False)))))


@given(st.sampled_from(list(EVENTS.values())), st.data())
def test_samples_with_other_values(event, data):
    try:
        actual = json.loads(event.raw)
    except ValueError:
        return
    if isinstance(actual, dict):
        changed = {name: data.draw(VALUES) if data.draw(st.booleans()) else value for name, value in actual.items()}
        check(event)
        check(Event(json.dumps(changed), host=event.host))


def test_a_known_layout_is_not_parsed_again(monkeypatch):
    def event(at):
        return Event(json.dumps({"ts": at, "uid": f"C{at}", "_path": "dns", "id.orig_h": "10.0.0.1", "query": "a.org"}))

    expected = parse(event(1))
    monkeypatch.setattr(json_layouts.json_event, "record_of", None)
    assert parse(event(2)).event_type == expected.event_type
    assert dict(parse(event(2)).to_record().fields)["uid"] == "C2"


def test_the_cache_is_bounded(monkeypatch):
    monkeypatch.setattr(json_layouts, "_MAX_PARSERS", 50)
    for i in range(200):
        check(Event(json.dumps({f"name{i}": i, "type": str(i)})))
        assert sum(len(layout.parsers) if layout else 0 for layout in json_layouts._layouts.values()) <= 52


@pytest.mark.shared
@pytest.mark.parametrize("name", FILES)
def test_recorded_events(shared, name):
    for event in sampled_events(shared, name, 13, 4_000):
        assert parse(event).to_record() == parse_record(event)
