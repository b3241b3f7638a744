"""Text formats together: each is recognised without a hint, and no identity is left."""

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from loglm_bridge.contract.event import Event
from loglm_bridge.telemetry.canonicaliser import canonicalise
from loglm_bridge.telemetry.formats import auditd, body, csv_line, free_text, key_value, lines, syslog, web_access
from loglm_bridge.telemetry.formats.device import cef, firewall_line, flow_csv, leef, vpc_flow, zeek_tsv
from tests.telemetry.line_samples import LINES
from tests.telemetry.parsing import assert_linear

FORMATS = (auditd, body, cef, csv_line, firewall_line, flow_csv, free_text, key_value, leef, lines, syslog, vpc_flow,
           web_access, zeek_tsv)  # fmt: skip
_IDENTITY = re.compile(
    r"203\.0\.113|198\.51\.100|10\.0\.0|web01|\b2211\b|10:00|2024-01-03|1700000000|CtPZj|alice|\bbob\b"
)


def canonical(text, sourcetype=""):
    event = Event(text, sourcetype=sourcetype)
    return canonicalise(lines.parse(text, event), event)


@pytest.mark.parametrize(("text", "format_name", "family", "kind"), [s[1:] for s in LINES], ids=[s[0] for s in LINES])
def test_format_is_recognised(text, format_name, family, kind):
    record = lines.parse(text, Event(text))
    assert (record.format, record.family, record.kind, record.status) == (format_name, family, kind, "ok")


@pytest.mark.parametrize("text", [s[1] for s in LINES], ids=[s[0] for s in LINES])
def test_no_identity_is_left(text):
    assert not _IDENTITY.search(canonical(text).text())


@pytest.mark.parametrize("text", [s[1] for s in LINES], ids=[s[0] for s in LINES])
def test_a_line_cut_anywhere_is_still_parsed(text):
    for end in range(0, len(text), 7):
        assert lines.parse(text[:end], Event(text[:end])).status in ("ok", "empty", "unparsed")


_PIECES = st.sampled_from(
    ["=", '"', "'", "|", "\t", "CEF:0|", "LEEF:1.0|", "type=AVC msg=audit(1:1): ", "Jan  1 10:00:00 h ", "a=",
     "key: v, ", "#fields\t", "%ASA-1-2: ", "GET / HTTP/1.1", "\n", "[", "]", "{", "1.2.3.4", "é", "\\", "sshd[1]: ",
     "<34>1 ", ","]
)  # fmt: skip


@given(st.one_of(st.text(max_size=300), st.lists(st.one_of(_PIECES, st.text(max_size=8)), max_size=30).map("".join)))
@example("<34>1 2024-01-01T00:00:00Z h a - - [")
@example("CEF:0|a|b|c|d|e|f|")
@example("#fields\t\n\t")
@example("Jan  1 10:00:00 ")
def test_never_raises(text):
    event = Event(text, sourcetype="zeek:conn")
    for module in FORMATS:
        module.parse(text, event)
    canonicalise(lines.parse(text, event), event)


_UNITS = ['a="', "a='", '"\\', "a=b,", "a ", "user ", "1.", "1:", "[", "](", "key: v, ", "a-", "a.", "a@", "\t",
          ",", "type=AVC msg=audit(1:1): ", "GET ", '" 200', "client @", "::", "0A", "|", " = ", "{",
          "pam_unix("]  # fmt: skip
_OPENINGS = ["", "Jan  1 10:00:00 h sshd[1]: ", "CEF:0|a|b|c|d|e|f|", "type=EXECVE msg=audit(1:1): a0=",
             '1.2.3.4 - - [10/Oct/2000:13:55:36 -0700] "']  # fmt: skip


@pytest.mark.parametrize("opening", _OPENINGS)
def test_parsing_takes_linear_time(opening):
    for unit in _UNITS:
        assert_linear(lambda text: lines.parse(text, Event(text, sourcetype="zeek:conn")), unit, opening)


def test_blank_text_is_empty():
    assert lines.parse(" \n", Event(" \n")).status == "empty"


def test_binary_rubbish_is_unparsed():
    text = "[U+0001][U+0002][U+FFFF]\ufffd\ufffd[U+0004]"
    assert lines.parse(text, Event(text)).status == "unparsed"
