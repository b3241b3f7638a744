"""Requests on the wire: what one side writes the other reads back equal, and nothing else."""

import json
import math
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loglm_bridge.contract.errors import InvalidEvent, InvalidRequest, TooLarge
from loglm_bridge.contract.event import Event
from loglm_bridge.contract.limits import MAX_BATCH_EVENTS, MAX_TOP
from loglm_bridge.contract.wire import Options, Request, read_request, write_request
from tests.contract.strategies import EVENTS, JSON, OPTIONS, result_or_error


@given(st.lists(EVENTS, max_size=5), OPTIONS)
def test_request_reads_back_unchanged(events, options):
    body = write_request(events, options)
    body.decode("utf-8")
    request = read_request(body)
    assert request.events == tuple(events)
    assert request.options == options


@given(st.lists(EVENTS, max_size=5), OPTIONS)
def test_request_is_written_like_the_json_module(events, options):
    data = {"events": [event.to_dict() for event in events], "options": options.to_dict()}
    body = write_request(events, options)
    assert json.loads(body) == data
    with suppress(UnicodeEncodeError):  # lone surrogates, and what stands beside them, are escaped
        assert body == json.dumps(data, separators=(",", ":"), ensure_ascii=False).encode()


def test_long_hints_are_written_like_short_ones():
    event = Event("r", "t" * 2000, "s", "h", 5, "e")
    assert read_request(write_request([event, event], Options())).events == (event, event)


@pytest.mark.parametrize("time", [math.inf, math.nan])
def test_time_that_is_not_finite_is_not_written(time):
    with pytest.raises(ValueError, match="time is"):
        write_request([Event("r", time=time)], Options())


@given(JSON)
def test_any_json_is_read_as_a_request_or_refused(data):
    for body in (data, {"events": data}, {"events": [data]}, {"events": [{"raw": data}]}):
        result = result_or_error(read_request, json.dumps(body).encode())
        assert isinstance(result, Request) or result.status in (400, 413, 422)


@given(
    st.fixed_dictionaries(
        {"raw": JSON},
        optional=dict.fromkeys(("sourcetype", "source", "host", "time", "entity"), JSON),
    ),
    st.fixed_dictionaries({}, optional=dict.fromkeys(("top", "embedding", "explain", "sequence"), JSON)) | JSON,
)
def test_any_event_and_options_are_read_or_refused(event, options):
    result = result_or_error(read_request, json.dumps({"events": [event], "options": options}).encode())
    if isinstance(result, Request):
        assert len(result.events) == 1
    else:
        assert result.status in (400, 413, 422)
        assert result.where.startswith(("/events/0", "/options")) or "deeper" in result.message


@pytest.mark.parametrize(
    ("body", "error_class", "where"),
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
def test_malformed_request_is_refused_with_its_pointer(body, error_class, where):
    with pytest.raises(error_class) as caught:
        read_request(json.dumps(body).encode())
    assert caught.value.where == where


def test_batch_over_the_limit_is_too_large():
    events = [Event("x")] * (MAX_BATCH_EVENTS + 1)
    assert len(read_request(write_request(events[1:], Options())).events) == MAX_BATCH_EVENTS
    with pytest.raises(TooLarge):
        read_request(write_request(events, Options()))


def test_unknown_keys_are_ignored():
    body = b'{"events":[{"raw":"a","severity":3}],"options":{"colour":true},"client":"9"}'
    assert read_request(body).events == (Event("a"),)


def test_null_and_absent_hints_are_equal():
    body = b'{"events":[{"raw":"a","host":null,"time":null,"sourcetype":null}],"options":null}'
    assert read_request(body).events == (Event("a"),)
