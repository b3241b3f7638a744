"""The reference parser: never fails, takes linear time, opens envelopes."""

import json

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from loglm_bridge.contract.event import Event
from loglm_bridge.telemetry import parse_and_canonicalise, parse_record
from loglm_bridge.telemetry.canonicaliser import MAX_FIELDS
from loglm_bridge.telemetry.parser import can_be_envelope
from tests.telemetry import windows_samples as samples

SEEDS = (
    *samples.ALL.values(),
    '{"eventVersion":"1.08","eventSource":"iam.example","eventName":"CreateUser","userIdentity":{"type":"IAMUser"}}',
    "Mar  4 05:06:07 web-2 sshd[311]: Failed password for invalid user oracle from 198.51.100.7 port 50122 ssh2",
    '198.51.100.7 - - [04/Mar/2026:05:06:07 +0000] "GET /index.php?id=1 HTTP/1.1" 200 512 "-" "curl/8.5"',
    "CEF:0|Vendor|Product|1.0|100|Scan|5|src=198.51.100.7 dst=192.0.2.10 act=blocked",
    "type=EXECVE msg=audit(1772600767.123:42): argc=2 a0=\"cat\" a1=\"/etc/shadow\"",
    "1772600767.1\tCabc\t192.0.2.1\t50122\t192.0.2.2\t443\ttcp\tssl\t1.5\t100\t200\tSF",
)  # fmt: skip


@given(st.text(alphabet=st.characters(), max_size=400))
@example("")
@example("<Event")
@example("<Event><System><EventID>" + "9" * 50)
@example("{" * 500)
@example("[" * 5_000)
@example('{"a":' * 200)
@example('{"a":1e999,"b":' + "9" * 6_000 + "}")
@example('{"EventID":"\u0663","UtcTime":"x"}')
@example("<Event><System/><EventData><Data Name='Image'>&#xD800;&#1114112;</Data>")
def test_any_text_is_parsed(raw):
    record, form = parse_and_canonicalise(Event(raw=raw))
    assert record.status in ("ok", "empty", "unparsed")
    assert len(form.fields) <= MAX_FIELDS
    form.text().encode("utf-8")


@settings(deadline=None)
@given(st.sampled_from(SEEDS), st.data())
def test_damaged_events_are_parsed(raw, data):
    start = data.draw(st.integers(0, len(raw)))
    end = data.draw(st.integers(start, len(raw)))
    put = data.draw(st.text(alphabet=st.sampled_from("<>\"'{}[]\\,:=& \x00\ud800\u202e0aZ$%"), max_size=12))
    record, form = parse_and_canonicalise(Event(raw=raw[:start] + put + raw[end:]))
    assert record.status in ("ok", "empty", "unparsed")
    form.text().encode("utf-8")


@pytest.mark.parametrize("raw", ["", "   \n\t ", "\ufeff", "{}"])
def test_text_without_content_is_empty(raw):
    assert parse_record(Event(raw=raw)).status == "empty"


@pytest.mark.parametrize("raw", SEEDS)
def test_hints_make_no_difference(raw):
    assert parse_and_canonicalise(Event(raw=raw)) == parse_and_canonicalise(
        Event(raw=raw, sourcetype="csv", source="/var/log/x")
    )


@pytest.mark.parametrize("raw", SEEDS)
def test_parsing_is_repeatable(raw):
    first, second = parse_and_canonicalise(Event(raw=raw)), parse_and_canonicalise(Event(raw=raw))
    assert first == second
    assert first[1].key == second[1].key


def test_a_megabyte_is_truncated_and_parsed():
    data = dict(samples.SYSMON_FIELDS, CommandLine="cmd.exe /c echo " + "A" * 1_000_000)
    record, form = parse_and_canonicalise(Event(raw=samples.windows_xml("Microsoft-Windows-Sysmon", 1, "Sysmon", data)))
    assert record.truncated
    assert record.kind == "sysmon:1"
    assert len(form.text()) < 10_000
    assert not parse_record(Event(raw=samples.SYSMON_XML)).truncated


def test_deep_and_wide_json_is_bounded():
    deep = json.dumps({"a": 1})
    for _ in range(400):
        deep = '{"x":' + deep + "}"
    assert parse_record(Event(raw=deep)).status == "ok"
    wide = json.dumps({f"key{i}": i for i in range(5_000)})
    assert len(parse_record(Event(raw=wide)).fields) <= 256


LINE = "Mar  4 05:06:07 web-2 sshd[311]: Failed password for root from 198.51.100.7 port 50122 ssh2"


@pytest.mark.parametrize(
    "envelope",
    [
        {"log": LINE},
        {"stream": "stderr", "message": LINE},
        {"event": {"original": LINE}},
        {"level": "info", "msg": LINE},
        {"insertId": "x", "logName": "y", "textPayload": LINE},
        pytest.param(
            {"raw": samples.SYSMON_XML},
            marks=pytest.mark.xfail(reason="event XML is searched for in any text first, its JSON escapes stay"),
        ),
    ],
)
def test_the_line_in_an_envelope_is_parsed(envelope):
    (line,) = {LINE, samples.SYSMON_XML} & {str(value) for value in flat_values(envelope)}
    assert parse_record(Event(json.dumps(envelope))) == parse_record(Event(line))


@pytest.mark.parametrize(
    "envelope",
    [
        {"message": "a sentence that has no format of its own"},
        {"message": "alpha=1 beta=2 gamma=3 delta=4"},
        {"message": "sshd[1]: x"},
        {"other": LINE},
        {"eventType": "user.session.start", "displayMessage": "x", "message": LINE},
    ],
)
def test_other_json_is_no_envelope(envelope):
    assert parse_record(Event(json.dumps(envelope))).format == "json"


def flat_values(value):
    """Yield the scalars inside nested objects."""
    for member in value.values():
        yield from flat_values(member) if isinstance(member, dict) else [member]


def test_names_tell_which_events_can_be_envelopes():
    assert can_be_envelope("json", ["stream", "LOG"])
    assert not can_be_envelope("json", ["stream"])
    assert not can_be_envelope("okta", ["message"])
