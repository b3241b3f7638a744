"""Requests on the wire: what one side writes the other reads back equal, and nothing else."""

import json
import math
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loglm_bridge.contract.errors import InvalidEvent, InvalidRequest, LogLMError, TooLarge
from loglm_bridge.contract.event import Event
from loglm_bridge.contract.limits import MAX_BATCH_EVENTS, MAX_TOP
from loglm_bridge.contract.wire import ModelId, Options, Request, read_request, write_request

#: Any text at all: lone surrogates, NUL, whatever a log holds.
TEXT = st.text(st.characters(), max_size=40)
UNIT = st.floats(0, 1)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**400), 10**400) | st.floats() | st.text(max_size=5),
    lambda t: st.lists(t, max_size=4) | st.dictionaries(st.text(max_size=5), t, max_size=4),
    max_leaves=10,
)
EVENTS = st.builds(
    Event,
    raw=TEXT,
    sourcetype=TEXT,
    source=TEXT,
    host=TEXT,
    time=st.none() | st.floats(allow_nan=False, allow_infinity=False),
    entity=TEXT,
)
OPTIONS = st.builds(
    Options,
    top=st.integers(1, MAX_TOP),
    embedding=st.booleans(),
    explain=st.booleans(),
    sequence=st.booleans(),
    distinct=st.booleans(),
    brief=st.booleans(),
    short=st.booleans(),
)
MODEL = ModelId(name="loglm", version="1.0.0", sha256="ab" * 32)


def outcome(read, *arguments):
    """What reading gave, or the error of this package that it raised."""
    try:
        return read(*arguments)
    except LogLMError as error:
        return error


@given(st.lists(EVENTS, max_size=5), OPTIONS)
def test_a_request_is_read_as_it_was_written(events, options):
    body = write_request(events, options)
    body.decode("utf-8")
    request = read_request(body)
    assert request.events == tuple(events)
    assert request.options == options


@given(st.lists(EVENTS, max_size=5), OPTIONS)
def test_a_request_is_written_as_the_json_module_writes_it(events, options):
    data = {"events": [event.to_dict() for event in events], "options": options.to_dict()}
    body = write_request(events, options)
    assert json.loads(body) == data
    with suppress(UnicodeEncodeError):  # lone surrogates, and what stands beside them, are escaped
        assert body == json.dumps(data, separators=(",", ":"), ensure_ascii=False).encode()


def test_long_hints_are_written_as_short_ones_are():
    event = Event("r", "t" * 2000, "s", "h", 5, "e")
    assert read_request(write_request([event, event], Options())).events == (event, event)


@pytest.mark.parametrize("time", [math.inf, math.nan])
def test_a_time_that_is_no_number_is_not_written(time):
    with pytest.raises(ValueError, match="time is"):
        write_request([Event("r", time=time)], Options())


@given(JSON)
def test_any_json_is_a_request_or_refused_as_one(data):
    for body in (data, {"events": data}, {"events": [data]}, {"events": [{"raw": data}]}):
        found = outcome(read_request, json.dumps(body).encode())
        assert isinstance(found, Request) or found.status in (400, 413, 422)


@given(
    st.fixed_dictionaries(
        {"raw": JSON},
        optional=dict.fromkeys(("sourcetype", "source", "host", "time", "entity"), JSON),
    ),
    st.fixed_dictionaries({}, optional=dict.fromkeys(("top", "embedding", "explain", "sequence"), JSON)) | JSON,
)
def test_any_event_and_options_are_read_or_refused(event, options):
    found = outcome(read_request, json.dumps({"events": [event], "options": options}).encode())
    if isinstance(found, Request):
        assert len(found.events) == 1
    else:
        assert found.status in (400, 413, 422)
        assert found.where.startswith(("/events/0", "/options")) or "deeper" in found.message


@pytest.mark.parametrize(
    ("body", "kind", "where"),
    [
        ([], InvalidRequest, ""),
        ({}, InvalidRequest, "/events"),
        ({"events": {}}, InvalidRequest, "/events"),
        ({"events": [[]]}, InvalidEvent, "/events/0"),
        ({"events": [{}]}, InvalidEvent, "/events/0"),
        ({"events": [{"raw": 1}]}, InvalidEvent, "/events/0/raw"),
        ({"events": [{"raw": ""}, {"raw": "", "host": []}]}, InvalidEvent, "/events/1/host"),
        ({"events": [{"raw": "", "time": "1"}]}, InvalidEvent, "/events/0/time"),
        ({"events": [{"raw": "", "time": True}]}, InvalidEvent, "/events/0/time"),
        ({"events": [{"raw": "", "time": 10**399}]}, InvalidEvent, "/events/0/time"),
        ({"events": [], "past": []}, InvalidRequest, "/past"),
        ({"events": [], "past": {"a": 1}}, InvalidRequest, "/past"),
        ({"events": [], "options": []}, InvalidRequest, "/options"),
        ({"events": [], "options": {"top": 0}}, InvalidRequest, "/options/top"),
        ({"events": [], "options": {"top": MAX_TOP + 1}}, InvalidRequest, "/options/top"),
        ({"events": [], "options": {"top": True}}, InvalidRequest, "/options/top"),
        ({"events": [], "options": {"explain": 1}}, InvalidRequest, "/options/explain"),
    ],
)
def test_a_malformed_request_is_refused_with_its_place(body, kind, where):
    with pytest.raises(kind) as caught:
        read_request(json.dumps(body).encode())
    assert caught.value.where == where


def test_a_batch_over_the_limit_is_too_large():
    events = [Event("x")] * (MAX_BATCH_EVENTS + 1)
    assert len(read_request(write_request(events[1:], Options())).events) == MAX_BATCH_EVENTS
    with pytest.raises(TooLarge):
        read_request(write_request(events, Options()))


def test_unknown_keys_are_ignored():
    body = b'{"events":[{"raw":"a","severity":3}],"options":{"colour":true},"client":"9"}'
    assert read_request(body).events == (Event("a"),)


def test_an_absent_hint_and_null_are_the_same():
    body = b'{"events":[{"raw":"a","host":null,"time":null,"sourcetype":null}],"options":null}'
    assert read_request(body).events == (Event("a"),)
