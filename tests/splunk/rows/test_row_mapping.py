"""Row to event, verdict to columns."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loglm_bridge.contract.attack import technique
from loglm_bridge.contract.event import Event
from loglm_bridge.contract.limits import MAX_RAW_BYTES
from loglm_bridge.contract.verdict import Verdict
from loglm_bridge.contract.wire import Options, join_request, read_request
from loglm_bridge.splunk.rows.columns import OUTPUTS, column_names
from loglm_bridge.splunk.rows.row_mapping import EventReader, blank_columns, decimal, event_of, label_columns
from loglm_bridge.splunk.rows.table import Table
from tests.splunk.rows.strategies import CELL
from tests.splunk.splunkd import encode_rows

VALUES = st.one_of(st.text(), st.lists(st.text()))
STYLE = {"prefix": "loglm_", "output": "all", "threshold": None}


def test_event_of_a_row():
    row = {"_raw": "r", "_time": "17.5", "host": "h", "source": "s", "sourcetype": "t", "user": "u", "msg": ["a", "b"]}
    assert event_of(row, "_raw") == Event("r", "t", "s", "h", 17.5)
    assert event_of(row, "msg", ("user", "absent")) == Event("a\nb", "t", "s", "h", 17.5, "u\x1f")
    assert event_of({}, "_raw", ("user",)) == Event("")


@pytest.mark.parametrize("text", ["", "yesterday", "nan", "1e999", ["1", "2"]])
def test_invalid_time_is_none(text):
    assert event_of({"_raw": "r", "_time": text}, "_raw").time is None


@given(st.dictionaries(st.sampled_from(["_raw", "_time", "host", "source", "sourcetype", "user"]), VALUES))
def test_event_of_any_row_is_valid_on_the_wire(row):
    event = event_of(row, "_raw", ("user", "host"))
    assert Event.from_dict(event.to_dict()) == event


@given(
    st.dictionaries(st.sampled_from(["_raw", "_time", "host", "source", "sourcetype", "user"]), CELL),
    st.sampled_from(["_raw", "user"]),
    st.sampled_from([(), ("user",), ("host", "absent", "user")]),
)
def test_event_of_cells_equals_event_of_mapping(row, field, by):
    table = Table(encode_rows([row]))
    read, (cells,), event = EventReader(table, field, by), table, event_of(row, field, by)
    assert read_request(join_request([read.encoded(cells)], Options())).events == (event,)
    assert (read.raw(cells), read.epoch(cells), read.entity(cells)) == (event.raw, event.time, event.entity)
    assert read.text(cells)[: len(event.raw)] == event.raw


@given(st.text(alphabet="aé中\U0001f600", min_size=1), st.integers(0, 3))
def test_cut_text_is_read_and_marked_like_the_whole(text, extra):
    whole = (text * (MAX_RAW_BYTES // len(text.encode()) + extra)).encode()
    sent = event_of({"_raw": whole.decode()}, "_raw").raw.encode()
    assert sent[:MAX_RAW_BYTES] == whole[:MAX_RAW_BYTES]
    assert (len(sent) > MAX_RAW_BYTES) == (len(whole) > MAX_RAW_BYTES)


def test_technique_columns_are_aligned():
    verdict = Verdict("ok", 0.9, "malicious", (technique("T1053.005", 0.5), technique("T1003", 0.25)), 0.0)
    columns = label_columns(verdict, "m", **STYLE)
    assert columns["loglm_technique_id"] == ["T1053.005", "T1003"]
    assert columns["loglm_technique"] == ["Scheduled Task", "OS Credential Dumping"]
    assert columns["loglm_tactic"] == ["execution,persistence,privilege-escalation", "credential-access"]
    assert columns["loglm_confidence"] == ["0.5", "0.25"]


@pytest.mark.parametrize("output", OUTPUTS)
def test_every_row_has_the_same_columns_in_the_same_order(output):
    style = {"prefix": "x", "output": output}
    answers = [Verdict("ok", 0.9, "malicious", embedding=(1.0,)), Verdict("unparsed"), Verdict("error", detail="d")]
    names = [list(label_columns(v, "m", threshold=0.1, **style)) for v in answers]
    assert [*names, list(blank_columns("timeout", "d", **style))] == [list(column_names("x", output))] * 4


def test_an_explanation_is_text_for_people_and_json_beside():
    verdict = Verdict("ok", 0.9, "malicious", (), explanation={"summary": "A key was\nmade.", "rules": []})
    columns = label_columns(verdict, "m", **STYLE)
    assert columns["loglm_detail"] == ["A key was\\nmade."]
    assert json.loads(columns["loglm_explanation"]) == verdict.explanation


def test_blank_columns_contain_only_status_and_detail():
    columns = blank_columns("timeout", "no\nanswer", prefix="loglm_", output="all")
    assert {name: value for name, value in columns.items() if value} == {
        "loglm_status": "timeout",
        "loglm_detail": "no\\nanswer",
    }


def test_label_columns_are_printable():
    odd = technique("T1003", 0.9)
    odd = type(odd)(id="T1\ud800", name="a\x1b[31m" + "n" * 500, tactics=("x\n",), confidence=0.9)
    verdict = Verdict("ok", 1.0, "malicious", (odd,), explanation={"a\u202e": "\ud800"}, detail="\x00")
    columns = label_columns(verdict, "m\x7f", **STYLE)
    for value in columns.values():
        text = "".join(value)
        assert text.isprintable()
        text.encode()
    assert len(columns["loglm_technique"][0]) <= 200


@given(st.floats(0, 1))
def test_decimal_has_no_exponent_and_six_decimals(number):
    assert decimal(number) == f"{number:.6f}".rstrip("0").rstrip(".")
    assert decimal(round(number, 6)) == f"{round(number, 6):.6f}".rstrip("0").rstrip(".")
    text = decimal(number)
    assert "e" not in text
    assert abs(float(text) - number) <= 5e-7
    assert len(text) <= 8
