"""Reading the chunked protocol: any rows survive, any noise is refused."""

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loglm_bridge.contract.errors import InputError
from loglm_bridge.splunk.protocol import SearchEnded, read_chunk, read_records
from tests.splunk.splunkd import decode_rows, encode_rows, frame

# what the writer of these tests can write and a Splunk row can hold: text, or a list of two or more
TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0\r"))
CELL = st.one_of(TEXT, st.lists(TEXT, min_size=2, max_size=4))
NAMES = st.lists(TEXT.filter(lambda name: not name.startswith("__mv_")), min_size=1, max_size=5, unique=True)


@given(st.data())
def test_rows_are_read_as_they_were_written(data):
    names = data.draw(NAMES)
    rows = data.draw(st.lists(st.fixed_dictionaries(dict.fromkeys(names, CELL)), min_size=1, max_size=5))
    assert list(read_records(encode_rows(rows))) == rows


@given(st.binary(max_size=200))
def test_any_body_gives_rows_of_one_width_or_an_input_error(body):
    try:
        rows = list(read_records(body))
    except InputError:
        return
    assert len({tuple(row) for row in rows}) <= 1


@given(st.binary(max_size=100))
def test_any_bytes_are_an_end_or_an_input_error(data):
    # a header needs two braces of metadata behind it, which random bytes never are
    with pytest.raises((InputError, SearchEnded)):
        read_chunk(io.BytesIO(data))


@given(st.dictionaries(st.text(), st.text()), st.binary())
def test_a_chunk_is_read_to_its_last_byte(metadata, body):
    stream = io.BytesIO(frame(metadata, body) + b"next")
    assert read_chunk(stream) == (metadata, body)
    assert stream.read() == b"next"


def test_blanks_in_a_header_are_accepted():
    assert read_chunk(io.BytesIO(b"chunked  1.0 , 2 , 3 \n{}abc")) == ({}, b"abc")


@pytest.mark.parametrize("data", [b"", b"chunked 1.0,5,0\n{}", b"chunked 1.0,2,9\n{}abc"])
def test_a_stream_that_ends_is_an_end(data):
    with pytest.raises(SearchEnded):
        read_chunk(io.BytesIO(data))


@pytest.mark.parametrize(
    "data",
    [b"chunked 2.0,2,0\n{}", b"chunked 1.0,-2,0\n{}", b"chunked 1.0,2\n{}", b"x" * 9999, b"chunked 1.0,2,0\n[]",
     b"chunked 1.0,1,0\n{", b"chunked 1.0,100000,0\n" + b"[" * 100_000],
)  # fmt: skip
def test_noise_is_refused(data):
    with pytest.raises(InputError):
        read_chunk(io.BytesIO(data))


def test_nul_and_a_bare_carriage_return_become_visible_only_where_they_must():
    assert list(read_records(b'a,b\n"x\rz",2\n')) == [{"a": "x\rz", "b": "2"}]
    assert list(read_records(b"a,b\nx\rz,2\n")) == [{"a": "x\u240dz", "b": "2"}]
    assert list(read_records(b"a,b\r\nx\0,2\r\n")) == [{"a": "x\u2400", "b": "2"}]


def test_short_and_long_rows_keep_the_header():
    assert list(read_records(b"a,b,__mv_c\n1\n1,2,$x$;$y$,4\n")) == [
        {"a": "1", "b": "", "c": ""},
        {"a": "1", "b": "2", "c": ["x", "y"]},
    ]


def test_the_tests_own_writer_is_read_by_the_tests_own_reader():
    rows = [{"a": "1", "b": ["$x", "y;"]}, {"a": 'q"\n', "b": ""}]
    assert decode_rows(encode_rows(rows)) == rows
