"""What a notable copies from the row it was created from."""

import pytest

from loglm_bridge.contract.event import Event
from loglm_bridge.contract.row import MAX_FIELDS, MAX_VALUE, RENAMED, RESERVED, copied_fields, drilldown, risk_objects

EVENT = Event("x", host="ws-17", time=1_700_000_000.25)


@pytest.mark.parametrize("name", sorted(RENAMED | RESERVED))
def test_reserved_field_is_renamed(name):
    assert copied_fields({name: ["evil"]}, ()) == {f"orig_{name}": ("evil",)}


@pytest.mark.parametrize("name", ["_raw", "__mv_user", "date_hour", "punct", "sid", "rid", "orig_sid", "loglm_score"])
def test_internal_and_own_fields_are_omitted(name):
    assert copied_fields({name: ["x"]}, ()) == {}


@pytest.mark.parametrize("name", ['a="b', "a,b", "a b", "a\nb", "élan", "1st", "", "x" * 10_000])
def test_invalid_field_name_becomes_an_identifier(name):
    (new_name,) = copied_fields({name: ["x"]}, ())
    assert new_name.startswith("field_")
    assert len(new_name) <= 100
    assert set(new_name) <= set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.")


def test_annotations_of_a_row_are_renamed():
    assert copied_fields({"annotations.mitre_attack": ["T0001"]}, ()) == {"orig_annotations.mitre_attack": ("T0001",)}


def test_taken_name_is_not_copied():
    assert copied_fields({"source": ["s"], "user": ["u"]}, {"orig_source"}) == {"user": ("u",)}


def test_sizes_are_bounded():
    fields = copied_fields({f"f{i}": ["v"] for i in range(50_000)}, ())
    assert len(fields) == MAX_FIELDS
    (value,) = copied_fields({"cmd": ["a" * 1_000_000]}, ())["cmd"]
    assert value.startswith("a" * MAX_VALUE)
    assert len(value) < MAX_VALUE + 40


def test_drilldown_covers_one_second_of_one_index():
    fields = drilldown(EVENT, {"index": ["main"], "_indextime": ["1700000004"]})
    assert fields["drilldown_search"] == "search index=main _indextime=1700000004"
    assert (fields["info_min_time"], fields["info_max_time"]) == ("1700000000.000", "1700000001.000")


@pytest.mark.parametrize("index", ["main | delete", 'a" OR index="*', "*", "Main", "", "[search x]", "main\n"])
def test_invalid_index_name_gives_no_drilldown(index):
    assert drilldown(EVENT, {"index": [index]}) == {}


@pytest.mark.parametrize("indexed", ["1 | delete", "-1", "٣", ""])
def test_index_time_that_is_no_number_is_left_out(indexed):
    assert drilldown(EVENT, {"index": ["main"], "_indextime": [indexed]})["drilldown_search"] == "search index=main"


def test_risk_objects_come_from_default_fields():
    row = {"user": ["ada"], "src": ["10.1.2.3"], "dest": ["-"], "src_user": ["ada"], "risk_object": ["chief"]}
    assert list(risk_objects(EVENT, row, ())) == [("ada", "user"), ("10.1.2.3", "system")]


def test_risk_objects_fall_back_to_the_host():
    assert list(risk_objects(EVENT, {"user": ["unknown"]}, ())) == [("ws-17", "system")]
    assert list(risk_objects(Event("x"), {}, ())) == [("unknown", "system")]


def test_risk_objects_come_from_named_fields():
    row = {"user": ["ada"], "bucket": ["b1"], "vm": ["v1"]}
    assert list(risk_objects(EVENT, row, ("bucket", "vm:system", "gone"))) == [("b1", "other"), ("v1", "system")]
