"""Records, their columns, and canonical events."""

from hypothesis import given
from hypothesis import strategies as st

from loglm_bridge.telemetry import CanonicalEvent, ColumnarRecord, Record
from tests.telemetry.parsing import few_examples

TEXT = st.text(max_size=8)
FIELDS = st.lists(st.tuples(TEXT, TEXT), max_size=5).map(tuple)


@few_examples
@given(TEXT, TEXT, TEXT, FIELDS, st.booleans(), st.sampled_from(["ok", "empty", "unparsed"]))
def test_a_records_columns_give_the_record_back(format_name, family, kind, fields, truncated, status):
    record = Record(format_name, family, kind, fields, truncated, status)
    columns = ColumnarRecord.from_record(record)
    assert columns.to_record() == record
    assert columns.event_type == record.event_type == (format_name, family, kind)
    assert (columns.names, columns.values) == (tuple(n for n, _ in fields), tuple(v for _, v in fields))


def test_the_readable_form():
    event = CanonicalEvent("windows", "sysmon:1", (("action", "process_create"), ("process", "cmd /c x")))
    assert event.text() == "windows sysmon:1 | action=process_create | process=cmd /c x"
    assert CanonicalEvent("text", "", ()).text() == "text"


def test_rule_fields_are_no_part_of_identity_and_rules_are():
    event = CanonicalEvent("f", "k", (("a", "b"),))
    assert CanonicalEvent("f", "k", (("a", "b"),), rule_fields=(("a", "B"),)) == event
    assert CanonicalEvent("f", "k", (("a", "b"),), rules=(1,)) != event


@few_examples
@given(TEXT, TEXT, FIELDS, st.lists(st.integers(0, 9), max_size=3).map(tuple))
def test_equal_events_have_equal_keys(family, kind, fields, rules):
    event, same = (CanonicalEvent(family, kind, fields, rules) for _ in range(2))
    assert event.key == same.key
    assert len(event.key) == 16
    assert event.key != CanonicalEvent(family, kind, (*fields, ("x", "y")), rules).key
    assert event.key != CanonicalEvent(family + "x", kind, fields, rules).key


def test_an_event_without_one_field_has_no_rules_yet():
    event = CanonicalEvent("f", "k", (("a", "1"), ("b", "2")), (7,), (("a", "One"), ("b", "Two"), ("a", "Uno")))
    less = event.without_field(0)
    assert (less.fields, less.rules, less.rule_fields) == ((("b", "2"),), (), (("b", "Two"),))
