"""The fast path gives the records of the reference parser, whatever the text."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loglm_bridge.contract.event import Event
from loglm_bridge.contract.limits import MAX_RAW_BYTES
from loglm_bridge.telemetry import ColumnarRecord, parse, parse_record
from tests.telemetry.event_samples import EVENTS


@pytest.mark.parametrize("event", EVENTS.values(), ids=EVENTS.keys())
def test_samples(event):
    for _ in range(4):
        assert parse(event) == ColumnarRecord.from_record(parse_record(event))


@settings(max_examples=80)
@given(st.sampled_from(list(EVENTS.values())), st.data())
def test_damaged_samples(event, data):
    start = data.draw(st.integers(0, len(event.raw)))
    end = data.draw(st.integers(start, min(len(event.raw), start + 20)))
    put = data.draw(st.text(alphabet=st.sampled_from("<>\"'{}[]\\,:=& \x00\ud800\u202e0aZ$%"), max_size=6))
    damaged = event._replace(raw=event.raw[:start] + put + event.raw[end:])
    parse(event)
    assert parse(damaged).to_record() == parse_record(damaged)


@settings(max_examples=80)
@given(st.text(max_size=200), st.sampled_from(["", "{", "<", "<Event>", '{"a":']))
def test_any_text(text, opening):
    event = Event(opening + text)
    assert parse(event).to_record() == parse_record(event)


@pytest.mark.parametrize("opening", ['{"a": "', "<Event><System><EventID>1</EventID></System>", "x"])
def test_truncated_text(opening):
    event = Event(opening + "y" * (MAX_RAW_BYTES + 10))
    assert parse(event).truncated
    assert parse(event).to_record() == parse_record(event)
