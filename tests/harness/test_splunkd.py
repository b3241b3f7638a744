"""The double of splunkd: rows have the recorded layout and survive a round trip; a broken answer is an error."""

import json
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loglm_bridge.harness import splunkd
from loglm_bridge.harness.splunkd import SearchError, SearchProcess, decode_rows, encode_rows

#: Python's csv module leaves a lone carriage return without quotes, so none is drawn.
CELLS = st.text(st.characters(exclude_characters="\0\r", exclude_categories=["Cs"]))
#: A single value, or several; splunkd writes a field without a value as an empty text.
VALUES = CELLS | st.lists(CELLS, min_size=1, max_size=3)


def test_a_chunk_has_the_layout_that_splunkd_writes():
    rows = [{"a": "1", "b": ["$x", "y;"], "_chunked_idx": "0"}, {"a": 'q"\n', "b": "", "_chunked_idx": "1"}]
    assert encode_rows(rows).decode() == (
        "a,b,_chunked_idx,__mv_a,__mv_b,__mv__chunked_idx\n"
        '1,"$x\ny;",0,,$$$x$;$y;$,\n'
        '"q""\n",,1,,,\n'
    )  # fmt: skip


def test_a_chunk_without_rows_still_has_its_header():
    assert encode_rows([], ["a"]) == b"a,__mv_a\n"


@given(st.lists(st.fixed_dictionaries({"a": VALUES, "b": VALUES}), max_size=4))
def test_rows_that_are_encoded_are_decoded_to_the_same(rows):
    assert decode_rows(encode_rows(rows, ["a", "b"])) == rows


@pytest.mark.parametrize("body", [b"a,b\n1,2,3\n", b"a,b\n1\n"])
def test_a_row_with_another_number_of_cells_than_columns_is_an_error(body):
    with pytest.raises(SearchError, match="row 0 of an answer"):
        decode_rows(body)


def test_getinfo_carries_the_arguments_and_whatever_else_is_given():
    info = splunkd.getinfo(["top=3"], sid="5", session_key="k")["searchinfo"]
    assert (info["args"], info["raw_args"], info["sid"], info["session_key"]) == (["top=3"], ["top=3"], "5", "k")


def test_only_an_error_in_the_metadata_is_raised():
    splunkd.raise_error(json.dumps({"finished": True}).encode())
    splunkd.raise_error(json.dumps({"error": ""}).encode())
    with pytest.raises(SearchError, match="no licence"):
        splunkd.raise_error(json.dumps({"error": "no licence"}).encode())


def run(code: str) -> SearchProcess:
    return SearchProcess([sys.executable, "-c", f"import sys\n{code}"], {})


def test_an_answer_is_read_to_its_last_byte():
    with run("sys.stdin.buffer.readline(); sys.stdout.write('chunked 1.0,2,3\\n{}abc')") as search:
        assert search.ask({"action": "execute"}, b"a\n") == (b"{}", b"abc")


@pytest.mark.parametrize("code", ["", "print('hello')", "print('chunked 1.0,x,2')"])
def test_a_command_that_writes_no_record_is_an_error(code):
    with run(code) as search, pytest.raises(SearchError, match="no answer to execute"):
        search.ask({"action": "execute"})


def test_output_after_the_last_answer_is_an_error():
    with run("print('more')") as search, pytest.raises(SearchError, match="more than its answers"):
        search.close_input()


def test_a_process_ends_with_its_block():
    with run("sys.stdin.read()") as search:
        assert search.process.poll() is None
    assert search.process.poll() is not None
