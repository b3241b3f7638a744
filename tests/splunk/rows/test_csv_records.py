"""Records are those that the csv module reads one after the other, wherever the lines are cut into blocks."""

import csv
import io
from itertools import chain

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from loglm_bridge.contract.errors import InputError
from loglm_bridge.splunk.rows import csv_records

BODIES = st.text('",\n\r;ab\u00e9', max_size=60)
BLOCKS = st.sampled_from([1, 2, 3, 256])


def read(body, lines):
    """The cells and texts of a body that is read so many lines at a time."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(csv_records, "_BLOCK_LINES", lines)
        return list(chain.from_iterable(zip(*block, strict=True) for block in csv_records.read_blocks(body.encode())))


@given(BODIES, BLOCKS)
@example('a,"b\nc"\nd,e\n"f', 1)
@example('"a\n\n\nb"\nc\n', 2)
def test_records_equal_those_of_the_csv_module(body, lines):
    try:
        expected = list(csv.reader(io.StringIO(body, newline="\n")))
    except csv.Error:
        return
    assert [cells for cells, _ in read(body, lines)] == expected


@given(BODIES, BLOCKS)
def test_text_parses_to_its_cells(body, lines):
    try:
        records = read(body, lines)
    except InputError:
        return
    for cells, text in records:
        assert not text or list(csv.reader(io.StringIO(text, newline=""))) == [cells]


@given(BODIES)
@example('"x\ry",z\nx\rz,z\n')
@example("a\n\rb\n")
def test_block_size_does_not_change_the_records(body):
    records = []
    for lines in (1, 2, 256):
        try:
            records.append(read(body, lines))
        except InputError as error:
            records.append(str(error))
    assert records[0] == records[1] == records[2]


def test_record_longer_than_a_block():
    long = '"' + "x\n" * 600 + '",1'
    assert [text for _, text in read(f"a,b\n{long}\n2,3\n", 256)] == ["a,b", long, "2,3"]
