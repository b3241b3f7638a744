"""Families of JSON events, and what becomes of events of each."""

import json

import pytest

from loglm_bridge.telemetry.families.json_families import DECIDING_FIELDS
from tests.telemetry.json_samples import EVENTS
from tests.telemetry.parsing import canonical, record, subset


@pytest.mark.parametrize(("event", "family", "kind", "expected"), EVENTS.values(), ids=EVENTS.keys())
def test_family_kind_and_canonical_fields(event, family, kind, expected):
    raw = json.dumps(event)
    actual = record(raw)
    assert (actual.format, actual.family, actual.kind, actual.status) == ("json", family, kind, "ok")
    assert subset(canonical(raw), expected) == expected


@pytest.mark.parametrize(("event", "family", "kind", "expected"), EVENTS.values(), ids=EVENTS.keys())
def test_case_order_and_layout_of_names_make_no_difference(event, family, kind, expected):
    reordered = dict(reversed(event.items()))
    assert (record(json.dumps(reordered)).family, record(json.dumps(reordered)).kind) == (family, kind)
    assert (record(json.dumps(event, indent=2)).family, record(json.dumps([event])).kind) == (family, kind)


@pytest.mark.parametrize(
    ("event", "kind"),
    [
        ({"event_type": "Door Opened", "type": "x"}, "door_opened"),
        ({"type": "X", "category": "y"}, "x"),
        ({"category": "y" * 61, "object": "z"}, "z"),
        ({"other": "x"}, ""),
    ],
)
def test_kinds_of_unknown_products(event, kind):
    actual = record(json.dumps(event))
    assert (actual.family, actual.kind) == ("json", kind)


@pytest.mark.parametrize(("event", "family", "kind", "expected"), EVENTS.values(), ids=EVENTS.keys())
def test_values_of_other_than_the_deciding_fields_do_not_decide(event, family, kind, expected):
    def changed(value, name):
        if isinstance(value, dict):
            return {key: changed(member, f"{name}.{key}".strip(".")) for key, member in value.items()}
        deciding = name.lower() in DECIDING_FIELDS or name == "EventID" or family == "flow"
        return value if deciding else "something else"

    actual = record(json.dumps(changed(event, "")))
    assert (actual.family, actual.kind) == (family, kind)
