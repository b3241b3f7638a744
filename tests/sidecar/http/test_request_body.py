"""The fast parser of requests agrees with the contract's strict one, on valid bodies and on invalid ones."""

import json

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from loglm_bridge.contract.errors import LogLMError
from loglm_bridge.contract.event import Event
from loglm_bridge.contract.limits import MAX_BATCH_EVENTS
from loglm_bridge.contract.wire import Options, read_request, write_request
from loglm_bridge.sidecar import json_codec
from loglm_bridge.sidecar.http import request_body
from tests.contract.strategies import EVENTS, JSON, OPTIONS

PIECES = st.sampled_from(
    (
        '"raw"', '"time"', '"x\\\\"', '"ra\\u0077"', ":", " :", ",", "{", "}", "[", "]", '"a"', '"\\":"', "1", "1.5",
        "null", '"events"', '"options"', " ", "\n", '"\\\\"', '"\\\\\\":"', "true", "1e999", "NaN", '"\\ud800"',
    )
)  # fmt: skip


def outcome(read, body):
    """Return the request, or the type, location and message of the error."""
    try:
        return read(body)
    except LogLMError as error:
        return type(error), error.where, error.message


def assert_same_outcome(body):
    assert outcome(request_body.parse_request, body) == outcome(read_request, body)


@given(st.lists(EVENTS, max_size=5), OPTIONS)
def test_bodies_of_clients_give_the_same_request(events, options):
    assert_same_outcome(write_request(events, options))


@given(st.text(st.characters(exclude_categories=["Cs"])), st.floats(0, 1e12))
@example('{"a": "b\\\\":1}\x7f\x00\u2028é', 1_700_000_000.01)
def test_bodies_of_the_app_take_the_fast_path(text, time):
    body = write_request([Event(text, "s", text, "h", round(time, 3), "e"), Event(text)], Options())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(request_body, "read_request", None)
        patch.setattr(json_codec, "count_keys", None)
        assert request_body.parse_request(body) == read_request(body)


@given(JSON)
def test_any_json_gives_the_same_outcome(data):
    for body in (
        data,
        {"events": data},
        {"events": [data]},
        {"events": [{"raw": data}]},
        {"events": [], "options": data},
    ):
        for separators in (None, (",", ":")):
            assert_same_outcome(json.dumps(body, separators=separators).encode())


@given(
    st.fixed_dictionaries(
        {"raw": JSON}, optional=dict.fromkeys(("sourcetype", "host", "time", "entity", "context", "b"), JSON)
    ),
    st.fixed_dictionaries({}, optional=dict.fromkeys(("top", "explain", "distinct", "c"), JSON)) | JSON,
)
def test_any_event_and_options_give_the_same_outcome(event, options):
    assert_same_outcome(json.dumps({"events": [event, event], "options": options}, separators=(",", ":")).encode())


@given(st.lists(PIECES, max_size=14))
@example(['"raw"', ":", '"a"', ",", '"raw"', ":", '"b"', ",", '"host"', " :", '"a"'])
@example(['"raw"', ":", '"a"', ",", '"ra\\u0077"', ":", '"b"'])
@example(['"raw"', ":", '"\\":"', ",", '"raw"', ":", '"b"'])
def test_no_repeated_key_is_accepted(pieces):
    inner = "".join(pieces)
    for text in (inner, '{"events":[{' + inner + "}]}", '{"events":[{"raw":"a",' + inner + '}],"options":{}}'):
        assert_same_outcome(text.encode())


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
def test_bodies_on_which_parsers_differ_give_the_same_outcome(body):
    assert_same_outcome(body)
