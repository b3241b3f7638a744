"""ArcSight Common Event Format."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loglm_bridge.contract.event import Event
from loglm_bridge.telemetry.formats.device import cef
from tests.telemetry.parsing import assert_linear, canonical, few_examples

HEADER = "CEF:0|Acme|Guard|1.0|100|Port scan|5|"
KEYS = st.from_regex(r"[g-z]{4,8}", fullmatch=True)
VALUES = st.from_regex(r"[A-Za-z0-9./:-]{1,8}( [A-Za-z0-9./:-]{1,8}){0,3}", fullmatch=True)


def parse(text):
    return cef.parse(text, Event(text))


def fields(text):
    return dict(parse(text).fields)


def test_header_and_extension():
    record = parse(HEADER + "src=10.0.0.1 dst=10.0.0.2 spt=51000 dpt=22 msg=many ports act=blocked")
    assert (record.format, record.family, record.kind) == ("cef", "device", "acme_guard")
    assert dict(record.fields) == {
        "vendor": "Acme",
        "product": "Guard",
        "product_version": "1.0",
        "signature_id": "100",
        "signature": "Port scan",
        "severity": "5",
        "src": "10.0.0.1",
        "dst": "10.0.0.2",
        "spt": "51000",
        "dpt": "22",
        "msg": "many ports",
        "act": "blocked",
    }


@pytest.mark.parametrize("opening", ["", "Jan  3 10:00:00 fw1 ", "<13>", "fw1 : ", "x" * 300 + " "])
def test_the_event_may_follow_a_header(opening):
    assert parse(opening + HEADER + "src=10.0.0.1").kind == "acme_guard"


def test_an_event_that_lost_its_beginning_needs_a_whole_header():
    assert parse(HEADER.removeprefix("CEF:") + "src=10.0.0.1").kind == "acme_guard"
    assert parse("0|Acme|Guard|1.0") is None


def test_custom_fields_are_named_by_their_labels():
    text = HEADER + "cs1Label=Rule Name cs1=block all cn1Label=Hits cn1=7 cs2=plain cs3Label= cs3=x"
    actual = fields(text)
    assert {name: actual[name] for name in ("Rule_Name", "Hits", "cs2", "cs3")} == {
        "Rule_Name": "block all",
        "Hits": "7",
        "cs2": "plain",
        "cs3": "x",
    }


def test_escapes_are_undone():
    text = r"CEF:0|Ac\|me|Guard|1|7|a \\ b|5|msg=x\=y path=C:\\a request=/a?b\=c"
    actual = fields(text)
    assert actual["vendor"] == "Ac|me"
    assert actual["signature"] == r"a \ b"
    assert (actual["msg"], actual["path"], actual["request"]) == ("x=y", r"C:\a", "/a?b=c")


def test_sessions_that_count_bytes_are_flows():
    text = "CEF:0|Acme|Guard|1.0|100|Session closed|3|src=10.0.0.1 dst=203.0.113.9 dpt=443 proto=TCP in=900 out=120"
    record = parse(text)
    assert (record.family, record.kind) == ("flow", "tcp")
    assert dict(record.fields)["bwd_bytes"] == "900"
    assert dict(record.fields)["fwd_bytes"] == "120"
    assert parse(text.replace("Session closed", "SQL injection")).family == "device"


@few_examples
@given(st.dictionaries(KEYS, VALUES, max_size=8), st.from_regex(r"[A-Z][a-z]{2,8}( [A-Z][a-z]{2,8})?", fullmatch=True))
def test_an_event_of_known_values_gives_them_back(values, product):
    extension = " ".join(f"{name}={value}" for name, value in values.items())
    record = parse(f"CEF:0|Acme|{product}|1|7|Attack|5|{extension}")
    assert record.kind == "acme_" + product.lower().replace(" ", "_")
    assert {name: value for name, value in record.fields if name in values} == {
        name: value for name, value in values.items() if value != "-"
    }


def test_the_canonical_event_has_no_identity():
    text = (
        HEADER + "src=10.0.0.1 dst=203.0.113.9 suser=m.ortega dhost=pay.corp.example request=http://203.0.113.9/a?id=77"
    )
    actual = canonical(text)
    assert actual["signature"] == "port scan"
    assert actual["src_ip"] == "{private}"
    assert actual["dest_ip"] == "{public}"
    assert actual["user"] == "{user}"
    assert actual["request"] == "http://{ip}/a?id={n}"


@pytest.mark.parametrize(
    "text", ["", "CEF", "xCEF:0|a|b|c|d|e|f|", "CEF:x|a|b|c|d|e|f|", "CEF:0|a|b", "x" * 500 + HEADER]
)
def test_other_text_is_no_cef(text):
    assert parse(text) is None


@pytest.mark.parametrize("unit", ["|", "\\", "a=", "a b", "CEF:0|", "cs1Label=a ", "\\|"])
def test_parsing_takes_linear_time(unit):
    assert_linear(parse, unit)
    assert_linear(parse, unit, HEADER)
