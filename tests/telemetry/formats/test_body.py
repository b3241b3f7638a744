"""Bodies of syslog lines and envelopes."""

import pytest

from loglm_bridge.contract.event import Event
from loglm_bridge.telemetry.formats import body
from tests.telemetry.parsing import assert_linear


def parse(text):
    return body.parse(text, Event(text))


@pytest.mark.parametrize(
    ("text", "format_name"),
    [
        ('{"a": 1}', "json"),
        ('@cee: {"a": 1}', "json"),
        ('[{"a": 1}]', "json"),
        ("CEF:0|Acme|Guard|1|7|Scan|5|src=10.0.0.1", "cef"),
        ("LEEF:1.0|Acme|Guard|1|deny|src=10.0.0.1", "leef"),
        ("<Event><System><EventID>1</EventID></System></Event>", "windows_xml"),
        ('type=CWD msg=audit(1.0:1): cwd="/"', "auditd"),
        ("[**] [1:1:1] ATTACK [**] [Priority: 1] {TCP} 203.0.113.9:1 -> 10.0.0.5:80", "alert_fast"),
        ("2 1 eni-1 10.0.0.5 203.0.113.9 51000 443 6 4 900 1700000000 1700000030 ACCEPT OK", "vpc_flow"),
        ('10.0.0.1 - - [10/Oct/2024:13:55:36 +0000] "GET / HTTP/1.1" 200 1', "web_access"),
        ("2024-01-03,9,alpha,beta,gamma,17,delta", "csv"),
        ("alpha=1 beta=2 gamma=3", "key_value"),
    ],
)
def test_formats_that_can_be_a_body(text, format_name):
    assert parse(text).format == format_name


@pytest.mark.parametrize("text", ["", "  ", "@cee:", "a sentence", "{not json", "a|b|c", "[main] started", "<Event"])
def test_sentences_are_left_to_the_program(text):
    assert parse(text) is None


def test_broken_json_with_bars_is_still_tried_as_other_formats():
    assert parse("{oops CEF:0|Acme|Guard|1|7|Scan|5|src=10.0.0.1").format == "cef"


@pytest.mark.parametrize("unit", ["{", "[", "|", "<Event", "a=1,", '"'])
def test_parsing_takes_linear_time(unit):
    assert_linear(parse, unit)
