"""The fast reader of requests says what the contract's strict one says, of good bodies and of bad ones."""

import json

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from loglm_bridge.contract.errors import LogLMError
from loglm_bridge.contract.event import Event
from loglm_bridge.contract.limits import MAX_BATCH_EVENTS
from loglm_bridge.contract.wire import Options, read_request, write_request
from loglm_bridge.sidecar.http import request_body
from tests.contract.strategies import EVENTS, JSON, OPTIONS

PIECES = st.sampled_from(
    (
        '"raw"', '"time"', '"x\\\\"', '"ra\\u0077"', ":", " :", ",", "{", "}", "[", "]", '"a"', '"\\":"', "1", "1.5",
        "null", '"events"', '"options"', " ", "\n", '"\\\\"', '"\\\\\\":"', "true", "1e999", "NaN", '"\\ud800"',
    )
)  # fmt: skip


def outcome(read, body):
    """What reading gave, or the kind and place of its error."""
    try:
        return read(body)
    except LogLMError as error:
        return type(error), error.where, error.message


def same(body):
    assert outcome(request_body.read, body) == outcome(read_request, body)


@given(st.lists(EVENTS, max_size=5), OPTIONS)
def test_what_a_client_writes_is_read_alike(events, options):
    same(write_request(events, options))


@given(st.text(st.characters(exclude_categories=["Cs"])), st.floats(0, 1e12))
@example('{"a": "b\\\\":1}\x7f\x00\u2028é', 1_700_000_000.01)
def test_what_the_app_writes_takes_the_fast_way(text, time):
    body = write_request([Event(text, "s", text, "h", round(time, 3), "e"), Event(text)], Options())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(request_body, "read_request", None)
        patch.setattr(request_body, "_keys", None)
        assert request_body.read(body) == read_request(body)


@given(JSON)
def test_any_json_is_read_alike(data):
    for body in (
        data,
        {"events": data},
        {"events": [data]},
        {"events": [{"raw": data}]},
        {"events": [], "options": data},
    ):
        for separators in (None, (",", ":")):
            same(json.dumps(body, separators=separators).encode())


@given(
    st.fixed_dictionaries(
        {"raw": JSON}, optional=dict.fromkeys(("sourcetype", "host", "time", "entity", "context", "b"), JSON)
    ),
    st.fixed_dictionaries({}, optional=dict.fromkeys(("top", "explain", "distinct", "c"), JSON)) | JSON,
)
def test_any_event_and_options_are_read_alike(event, options):
    same(json.dumps({"events": [event, event], "options": options}, separators=(",", ":")).encode())


@given(st.lists(PIECES, max_size=14))
@example(['"raw"', ":", '"a"', ",", '"raw"', ":", '"b"', ",", '"host"', " :", '"a"'])
@example(['"raw"', ":", '"a"', ",", '"ra\\u0077"', ":", '"b"'])
@example(['"raw"', ":", '"\\":"', ",", '"raw"', ":", '"b"'])
def test_no_repeated_key_slips_through(pieces):
    inner = "".join(pieces)
    for text in (inner, '{"events":[{' + inner + "}]}", '{"events":[{"raw":"a",' + inner + '}],"options":{}}'):
        same(text.encode())


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\xff",
        b"[" * 100_000,
        b'{"events":[{"raw":"a"}],"events":[]}',
        b'{"events":[{"raw":"a","time":1}]}',
        b'{"events":[{"raw":"a","time":123456789012345678901234567890}]}',
        b'{"events":[{"raw":"a","time":1e999}]}',
        b'{"events":[{"raw":"a","time":null,"host":null}]}',
        b'{"events":[{"raw":"\\ud800"}]}',
        b'{"events" : [{"raw" : "a"}]}',
        json.dumps({"events": [{"raw": ""}] * (MAX_BATCH_EVENTS + 1)}).encode(),
    ],
)
def test_bodies_that_parsers_differ_on_are_read_alike(body):
    same(body)
