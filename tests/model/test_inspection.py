"""Inspection: what became of each field, of any text, within bounds."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loglm_bridge.contract.event import Event
from loglm_bridge.model.features.tokenizer import MAX_TOKENS
from loglm_bridge.model.inspection import load_inspector
from loglm_bridge.telemetry import parse_and_canonicalise

CALL = {
    "eventVersion": "1.08",
    "eventSource": "iam.amazonaws.com",
    "eventName": "CreateUser",
    "eventID": "4e1b3984-2832-4d7c-b1be-aacf834fdc96",
    "userIdentity": {"type": "IAMUser", "userName": "bob"},
    "sourceIPAddress": "203.0.113.4",
    "requestParameters": {"userName": "alice"},
}


@pytest.fixture(scope="module")
def inspector(sealed):
    return load_inspector(sealed)


def test_each_field_says_what_became_of_it(inspector):
    inspected = inspector.inspect(Event(json.dumps(CALL)))
    readings = {reading.name: reading for reading in inspected.fields}
    assert readings["eventName"].fate == "kept"
    assert (readings["eventName"].canonical, readings["eventName"].value) == ("action", "createuser")
    assert (readings["sourceIPAddress"].fate, readings["sourceIPAddress"].value) == ("classed", "{public}")
    assert (readings["eventID"].fate, readings["eventID"].canonical) == ("dropped", "")
    assert dict(inspected.derived)["target_is_actor"] == "no"


def test_the_json_object_is_that_of_the_interface(inspector):
    event = Event(json.dumps(CALL))
    inspected = inspector.inspect(event).to_dict()
    record, canonical = parse_and_canonicalise(event)
    assert (inspected["format"], inspected["family"], inspected["kind"]) == ("json", "aws", record.kind)
    assert inspected["fields"] == [list(field) for field in record.fields]
    assert inspected["canonical"] == canonical.text()
    assert json.loads(json.dumps(inspected)) == inspected


def test_what_finds_no_room_among_the_tokens_is_named(inspector):
    long = {**CALL, "requestParameters": {f"parameter{i}": f"value number {i} of many words" for i in range(60)}}
    inspected = inspector.inspect(Event(json.dumps(long)))
    assert inspected.tokens == MAX_TOKENS
    assert inspected.cut
    assert inspector.inspect(Event(json.dumps({"a": "b"}))).cut == ()


def test_an_event_without_text_is_empty(inspector):
    assert inspector.inspect(Event("")).to_dict()["status"] == "empty"


@given(text=st.text(max_size=300))
def test_any_text_is_inspected(inspector, text):
    inspected = inspector.inspect(Event(text))
    assert inspected.tokens <= MAX_TOKENS
    assert inspected.canonical.fields == parse_and_canonicalise(Event(text))[1].fields
