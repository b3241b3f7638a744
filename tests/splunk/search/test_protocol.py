"""Records of the chunked protocol: read to the last byte; other data are refused."""

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loglm_bridge.contract.errors import InputError
from loglm_bridge.splunk.search.protocol import SearchEnded, read_chunk, write_chunk
from tests.splunk.splunkd import decode_rows, encode_rows, frame


@given(st.binary(max_size=100))
def test_any_bytes_are_refused_or_end_the_search(data):
    # a header must be followed by two braces of metadata, which random bytes never are
    with pytest.raises((InputError, SearchEnded)):
        read_chunk(io.BytesIO(data))


@given(st.dictionaries(st.text(), st.text()), st.binary())
def test_chunk_is_read_to_its_last_byte(metadata, body):
    stream = io.BytesIO(frame(metadata, body) + b"next")
    assert read_chunk(stream) == (metadata, body)
    assert stream.read() == b"next"


def test_spaces_in_a_header_are_accepted():
    assert read_chunk(io.BytesIO(b"chunked  1.0 , 2 , 3 \n{}abc")) == ({}, b"abc")


@pytest.mark.parametrize("data", [b"", b"chunked 1.0,5,0\n{}", b"chunked 1.0,2,9\n{}abc"])
def test_end_of_stream_ends_the_search(data):
    with pytest.raises(SearchEnded):
        read_chunk(io.BytesIO(data))


@pytest.mark.parametrize(
    "data",
    [b"chunked 2.0,2,0\n{}", b"chunked 1.0,-2,0\n{}", b"chunked 1.0,2\n{}", b"x" * 9999, b"chunked 1.0,2,0\n[]",
     b"chunked 1.0,1,0\n{", b"chunked 1.0,100000,0\n" + b"[" * 100_000],
)  # fmt: skip
def test_invalid_record_is_refused(data):
    with pytest.raises(InputError):
        read_chunk(io.BytesIO(data))


@given(st.dictionaries(st.text(), st.text()), st.lists(st.binary()))
def test_chunk_reads_back_unchanged(metadata, pieces):
    stream = io.BytesIO()
    write_chunk(stream, metadata, pieces)
    stream.seek(0)
    assert read_chunk(stream) == (metadata, b"".join(pieces))
    assert stream.read() == b""


def test_rows_of_the_test_helpers_read_back_unchanged():
    rows = [{"a": "1", "b": ["$x", "y;"]}, {"a": 'q"\n', "b": ""}]
    assert decode_rows(encode_rows(rows)) == rows
