"""The JSON of large bodies: what orjson writes and the contract reads, and the other way round."""

import json

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from loglm_bridge.sidecar import json_codec
from tests.contract.strategies import TEXT

LONE_SURROGATE = {"\ud800": "1:"}


@given(st.dictionaries(TEXT, TEXT, max_size=5))
def test_texts_are_read_as_they_were_written(data):
    assert json.loads(json_codec.encode(data)) == data


def test_a_lone_surrogate_is_escaped():
    assert json.loads(json_codec.encode(LONE_SURROGATE)) == LONE_SURROGATE


@given(st.lists(st.dictionaries(TEXT, TEXT, max_size=2) | st.lists(st.floats(0, 1)), max_size=5))
def test_values_are_encoded_each_as_they_are_alone(values):
    assert json_codec.encode_each(values) == [json_codec.encode(value) for value in values]


@pytest.mark.parametrize(
    ("body", "keys"),
    [
        (b'{"a":1,"b":{"c":2}}', 3),
        (b'{"a":1,"a":2}', 2),
        (b'{"a":"\\":1","b":2}', 2),
        (b'{"a":"x\\" :1"}', 1),
        (b'{"a" :1}', -1),
        (b"[]", 0),
    ],
)
def test_keys_are_counted_in_the_bytes(body, keys):
    assert json_codec.count_keys(body) == keys


def test_a_body_is_reproducible_unless_parsing_lost_something():
    for body, reproducible in ((b'{"a":1}', True), (b'{"a": 1}', False), (b'{"a":1,"a":1}', False)):
        assert json_codec.is_reproducible(body, orjson.loads(body)) == reproducible
