"""IBM QRadar Log Event Extended Format."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loglm_bridge.contract.event import Event
from loglm_bridge.telemetry.formats.device import leef
from tests.telemetry.parsing import assert_linear, few_examples

KEYS = st.from_regex(r"[g-z]{4,8}", fullmatch=True)
VALUES = st.from_regex(r"[A-Za-z0-9./:=-]{1,8}( [A-Za-z0-9./:-]{1,8}){0,3}", fullmatch=True).filter(lambda v: v != "-")
EXPECTED = {
    "vendor": "Acme",
    "product": "Guard",
    "product_version": "1.0",
    "signature_id": "deny",
    "src": "10.0.0.1",
    "dst": "10.0.0.2",
    "usrName": "joe doe",
}


def parse(text):
    return leef.parse(text, Event(text))


@pytest.mark.parametrize(
    "text",
    [
        "LEEF:1.0|Acme|Guard|1.0|deny|src=10.0.0.1\tdst=10.0.0.2\tusrName=joe doe",
        "LEEF:2.0|Acme|Guard|1.0|deny|src=10.0.0.1\tdst=10.0.0.2\tusrName=joe doe",
        "LEEF:2.0|Acme|Guard|1.0|deny|^|src=10.0.0.1^dst=10.0.0.2^usrName=joe doe",
        "LEEF:2.0|Acme|Guard|1.0|deny|x5E|src=10.0.0.1^dst=10.0.0.2^usrName=joe doe",
        "LEEF:2.0|Acme|Guard|1.0|deny|0x5e|src=10.0.0.1^dst=10.0.0.2^usrName=joe doe",
        "LEEF:2.0|Acme|Guard|1.0|deny||src=10.0.0.1\tdst=10.0.0.2\tusrName=joe doe",
        "LEEF:1.0|Acme|Guard|1.0|deny|src=10.0.0.1#011dst=10.0.0.2#011usrName=joe doe",
        "Jan  3 10:00:00 fw1 LEEF:1.0|Acme|Guard|1.0|deny|src=10.0.0.1\tdst=10.0.0.2\tusrName=joe doe",
        "1.0|Acme|Guard|1.0|deny|src=10.0.0.1\tdst=10.0.0.2\tusrName=joe doe",
    ],
)
def test_all_delimiters_give_the_same_fields(text):
    record = parse(text)
    assert (record.format, record.family, record.kind) == ("leef", "device", "acme_guard")
    assert dict(record.fields) == EXPECTED


def test_an_event_without_attributes_has_its_header():
    assert dict(parse("LEEF:1.0|Acme|Guard|1.0|deny|").fields) == {
        name: EXPECTED[name] for name in ("vendor", "product", "product_version", "signature_id")
    }
    assert parse("LEEF:2.0|Acme|Guard|1.0|deny|^|").kind == "acme_guard"


def test_flows_are_told_by_their_counters():
    text = "LEEF:1.0|Acme|Guard|1.0|traffic|src=10.0.0.1\tdst=203.0.113.9\tproto=6\tsrcBytes=10\tdstBytes=20"
    record = parse(text)
    assert (record.family, record.kind) == ("flow", "tcp")
    assert {name: value for name, value in record.fields if name.endswith("bytes")} == {
        "fwd_bytes": "10",
        "bwd_bytes": "20",
    }


@few_examples
@given(st.dictionaries(KEYS, VALUES, max_size=8), st.sampled_from(["^", "~", "\t", "%"]))
def test_an_event_of_known_values_gives_them_back(values, delimiter):
    body = delimiter.join(f"{name}={value}" for name, value in values.items())
    record = parse(f"LEEF:2.0|Acme|Guard|1|7|{delimiter}|{body}")
    assert {name: value for name, value in record.fields if name in values} == values


@pytest.mark.parametrize("text", ["", "LEEF", "LEEF:1.0|a|b", "3.0|a|b|c|d|", "x" * 500 + "LEEF:1.0|a|b|c|d|"])
def test_other_text_is_no_leef(text):
    assert parse(text) is None


@pytest.mark.parametrize("unit", ["|", "a=b\t", "=", "\t", "#011", "LEEF:1.0|"])
def test_parsing_takes_linear_time(unit):
    assert_linear(parse, unit)
    assert_linear(parse, unit, "LEEF:2.0|a|b|c|d|^|")
