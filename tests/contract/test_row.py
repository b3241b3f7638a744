"""What a notable takes from the row it was made of."""

import pytest

from loglm_bridge.contract.event import Event
from loglm_bridge.contract.row import MAPPED, MAX_FIELDS, MAX_VALUE, RESERVED, carried, drilldown, risk_objects

EVENT = Event("x", host="ws-17", time=1_700_000_000.25)


@pytest.mark.parametrize("name", sorted(MAPPED | RESERVED))
def test_a_field_that_belongs_to_splunk_is_set_aside(name):
    assert carried({name: ["evil"]}, ()) == {f"orig_{name}": ("evil",)}


@pytest.mark.parametrize("name", ["_raw", "__mv_user", "date_hour", "punct", "sid", "rid", "orig_sid", "loglm_score"])
def test_a_field_that_says_nothing_or_lies_is_dropped(name):
    assert carried({name: ["x"]}, ()) == {}


@pytest.mark.parametrize("name", ['a="b', "a,b", "a b", "a\nb", "élan", "1st", "", "x" * 10_000])
def test_a_hostile_name_becomes_a_plain_one(name):
    (plain,) = carried({name: ["x"]}, ())
    assert plain.startswith("field_")
    assert len(plain) <= 100
    assert set(plain) <= set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.")


def test_annotations_of_a_row_do_not_pass_for_ours():
    assert carried({"annotations.mitre_attack": ["T0001"]}, ()) == {"orig_annotations.mitre_attack": ("T0001",)}


def test_taken_names_are_not_repeated():
    assert carried({"source": ["s"], "user": ["u"]}, {"orig_source"}) == {"user": ("u",)}


def test_sizes_are_bounded():
    out = carried({f"f{i}": ["v"] for i in range(50_000)}, ())
    assert len(out) == MAX_FIELDS
    (value,) = carried({"cmd": ["a" * 1_000_000]}, ())["cmd"]
    assert value.startswith("a" * MAX_VALUE)
    assert len(value) < MAX_VALUE + 40


def test_drilldown_is_one_second_of_one_index():
    found = drilldown(EVENT, {"index": ["main"], "_indextime": ["1700000004"]})
    assert found["drilldown_search"] == "search index=main _indextime=1700000004"
    assert (found["info_min_time"], found["info_max_time"]) == ("1700000000.000", "1700000001.000")


@pytest.mark.parametrize("index", ["main | delete", 'a" OR index="*', "*", "Main", "", "[search x]", "main\n"])
def test_no_event_writes_a_part_of_a_search(index):
    assert drilldown(EVENT, {"index": [index]}) == {}


@pytest.mark.parametrize("indexed", ["1 | delete", "-1", "٣", ""])
def test_index_time_is_digits_or_left_out(indexed):
    assert drilldown(EVENT, {"index": ["main"], "_indextime": [indexed]})["drilldown_search"] == "search index=main"


def test_risk_objects_are_chosen_from_the_row():
    row = {"user": ["ada"], "src": ["10.1.2.3"], "dest": ["-"], "src_user": ["ada"], "risk_object": ["chief"]}
    assert list(risk_objects(EVENT, row, ())) == [("ada", "user"), ("10.1.2.3", "system")]


def test_risk_objects_fall_back_to_the_host():
    assert list(risk_objects(EVENT, {"user": ["unknown"]}, ())) == [("ws-17", "system")]
    assert list(risk_objects(Event("x"), {}, ())) == [("unknown", "system")]


def test_risk_objects_can_be_named():
    row = {"user": ["ada"], "bucket": ["b1"], "vm": ["v1"]}
    assert list(risk_objects(EVENT, row, ("bucket", "vm:system", "gone"))) == [("b1", "other"), ("v1", "system")]
