"""The JSON codec: untrusted JSON is parsed or refused with InvalidRequest, quickly, and with no other exception."""

import contextlib
import json
import math
import time

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from loglm_bridge.contract.errors import InvalidRequest, LogLMError
from loglm_bridge.contract.json_codec import parse, parse_reply
from loglm_bridge.contract.limits import MAX_BODY_BYTES, MAX_ECHO, MAX_JSON_DEPTH

SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
JSON = st.recursive(SCALARS, lambda t: st.lists(t) | st.dictionaries(st.text(), t), max_leaves=30)


def error_of(body: bytes) -> LogLMError | None:
    try:
        parse(body)
    except LogLMError as error:
        return error
    return None


def refused_with(body: bytes) -> InvalidRequest:
    with pytest.raises(InvalidRequest) as caught:
        parse(body)
    return caught.value


def depth(tree) -> int:
    if isinstance(tree, (dict, list)):
        return 1 + max((depth(t) for t in (tree.values() if isinstance(tree, dict) else tree)), default=0)
    return 0


@given(JSON)
def test_json_within_bounds_is_parsed_like_the_stdlib(tree):
    for ascii_only in (True, False):
        body = json.dumps(tree, ensure_ascii=ascii_only).encode("utf-8", "surrogatepass" if ascii_only else "replace")
        expected = json.loads(body)
        if depth(expected) <= MAX_JSON_DEPTH:
            assert parse(body) == expected


@given(st.binary(max_size=200))
@example(b"")
@example(b"\xff")
@example(b"\xef\xbb\xbf{}")
@example(b'"\\')
@example(b'{"a":1,"a":2}x')
def test_any_bytes_are_parsed_or_refused(body):
    error = error_of(body)
    if error is not None:
        assert error.status == 400
        assert len(str(error)) < 3 * MAX_ECHO
        json.dumps(error.to_dict()).encode("ascii")


@given(st.text(alphabet='{}[]",:\\/a1eE+-.nulltruefasNIy \n', max_size=60))
def test_parsed_text_equals_the_stdlib_result(text):
    try:
        data = parse(text.encode())
    except InvalidRequest:
        return
    assert data == json.loads(text)


@pytest.mark.parametrize(
    ("body", "where", "message"),
    [
        (b"NaN", "", "NaN"),
        (b'{"events":[{"raw":"a"},{"raw":"b","time":NaN}]}', "/events/1/time", "NaN"),
        (b'{"a":[-Infinity]}', "/a/0", "-Infinity"),
        (b'{"events":[{"time":1e999}]}', "/events/0/time", "out of range"),
        (b'{"events":[{"time":-1e999}]}', "/events/0/time", "out of range"),
        (b'{"a":1,"a":2}', "", "repeated key"),
        (b'{"events":[1,{"b":{"c":1,"c":2}}]}', "/events/1/b", "repeated key"),
        (b'{"\\u0061":1,"a":2}', "", "repeated key"),
        (b'{"a/b~c":[NaN]}', "/a~1b~0c/0", "NaN"),
        (b'{"n":' + b"1" * 5000 + b"}", "/n", "5000 characters"),
        (b'{"n":-' + b"1" * 5000 + b"}", "/n", "5001 characters"),
        (b'{"n":0.' + b"1" * 5000 + b"}", "/n", "5002 characters"),
        (b'{"a":NaN,', "", "NaN"),
    ],
)
def test_value_that_the_stdlib_accepts_is_refused_with_its_pointer(body, where, message):
    error = refused_with(body)
    assert (error.code, error.status, error.where) == ("invalid_request", 400, where)
    assert message in error.message


def test_pointer_is_cut():
    assert len(refused_with(json.dumps({"k" * 10_000: math.nan}).encode()).where) == MAX_ECHO


@pytest.mark.parametrize("opening", ["[", '{"a":', '[{"a":'])
def test_nesting_is_parsed_up_to_the_limit(opening):
    levels = sum(c in "[{" for c in opening)
    closing = "".join({"[": "]", "{": "}"}.get(c, "") for c in reversed(opening))
    rounds = MAX_JSON_DEPTH // levels
    assert parse((opening * rounds + "1" + closing * rounds).encode())
    error = refused_with((opening * (rounds + 1) + "1" + closing * (rounds + 1)).encode())
    assert f"deeper than {MAX_JSON_DEPTH}" in error.message


@given(st.lists(st.sampled_from(["[", "]", '"[[["', '"\\"[["', '"\\\\"', ","]), max_size=120))
def test_brackets_in_strings_do_not_count(pieces):
    text = "".join(pieces)
    try:
        expected = json.loads(text)
    except ValueError:
        return
    if depth(expected) <= MAX_JSON_DEPTH:
        assert parse(text.encode()) == expected
    else:
        refused_with(text.encode())


def test_brackets_in_a_long_string_do_not_count():
    body = json.dumps({"raw": '"[\\' * 700_000, "tail": "[" * 100}).encode()
    assert parse(body)["tail"] == "[" * 100


@pytest.mark.parametrize(
    "body",
    [
        b"[" * 100_000,
        b"[" * 100_000 + b"]" * 100_000,
        b'{"a":' * 100_000,
        b"[[]," * 100_000,
        b"]" * 40 + b"[" * 40,
        (b"[" * 32 + b"]" * 31 + b",") * 100,
    ],
    ids=["open", "balanced", "objects", "comb", "closed first", "sawtooth"],
)
def test_deep_nesting_is_refused(body):
    assert "deeper" in refused_with(body).message


def test_too_many_objects_are_refused():
    at_limit = b"[" + b"{}," * 262_142 + b"{}]"
    assert len(parse(at_limit)) == 262_143
    assert "objects and lists" in refused_with(b"[{}," + at_limit[1:]).message


@pytest.mark.parametrize(
    "body",
    [b"[" * MAX_BODY_BYTES, b"1" * MAX_BODY_BYTES, b"1." + b"1" * MAX_BODY_BYTES, b'"' + b"\\" * MAX_BODY_BYTES],
    ids=["nesting", "digits", "fraction", "backslashes"],
)
def test_malicious_body_of_full_size_is_refused_quickly(body):
    started = time.process_time()
    refused_with(body)
    assert time.process_time() - started < 2


def test_lone_surrogate_is_text():
    assert parse(b'"\\ud800"') == "\ud800"


@given(JSON)
def test_reply_is_parsed_like_the_stdlib(tree):
    body = json.dumps(tree).encode()
    assert parse_reply(body) == json.loads(body)


@given(st.binary(max_size=200))
def test_any_bytes_as_a_reply_are_parsed_or_refused(body):
    with contextlib.suppress(InvalidRequest):
        parse_reply(body)


@pytest.mark.parametrize(
    "body",
    [b"[" * 200_000, b'{"a":' * 200_000, b"1" * 5_000, b"NaN", b"[Infinity]", b"\xff", b"", b"[[],"
     + b",".join([b"{}"] * 300_000) + b"]"],
)  # fmt: skip
def test_costly_reply_is_refused_quickly(body):
    started = time.perf_counter()
    with pytest.raises(InvalidRequest):
        parse_reply(body)
    assert time.perf_counter() - started < 20


def test_brackets_in_strings_of_a_reply_do_not_count():
    body = json.dumps(["[{" * 200_000]).encode()
    assert parse_reply(body) == json.loads(body)
