"""Rows from CSV and back: they stay unchanged, and are written like the csv module and splunklib write them."""

import csv
import io

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from splunklib.searchcommands.internals import RecordWriterV2

from loglm_bridge.contract.errors import InputError
from loglm_bridge.splunk.rows.table import MV_PREFIX, ROW_END, Table, cells_of, csv_row, csv_rows, mv_values
from tests.splunk.rows.strategies import ANY_TEXT, records
from tests.splunk.splunkd import decode_rows, encode_rows


def rows_of(body, **options):
    """Return the rows of a chunk as mappings."""
    return list(Table(body, **options).records())


def rewritten(body, excluded=()):
    """Return the CSV of a chunk whose rows are written as they were read."""
    table = Table(body, excluded)
    return "".join([csv_row(table.columns) + ROW_END, *(text + ROW_END for _, text in table.rows())]).encode()


def written_by_splunklib(rows):
    """Return the CSV that splunklib writes for the rows."""
    out = io.BytesIO()
    writer = RecordWriterV2(out)
    writer.write_records(rows)
    writer.write_chunk(finished=True)
    return out.getvalue().split(b"}", 1)[1]


@given(records())
def test_rows_read_back_unchanged(rows):
    assert rows_of(encode_rows(rows)) == rows


@given(records())
def test_rows_are_written_unchanged(rows):
    assert decode_rows(rewritten(encode_rows(rows))) == decode_rows(encode_rows(rows))


@given(records(st.one_of(ANY_TEXT, st.lists(ANY_TEXT, max_size=4))))
def test_records_are_written_like_splunklib(rows):
    ours = "".join(csv_rows(rows)).encode()
    assert list(csv.reader(io.StringIO(ours.decode(), newline=""))) == list(
        csv.reader(io.StringIO(written_by_splunklib(rows).decode(), newline=""))
    )


@given(st.lists(ANY_TEXT, min_size=2))
def test_row_is_written_like_the_csv_module(cells):
    assert next(csv.reader(io.StringIO(csv_row(cells) + ROW_END, newline=""))) == cells
    if "".join(cells).isascii():
        out = io.StringIO()
        csv.writer(out, lineterminator=ROW_END).writerow(cells)
        assert csv_row(cells) + ROW_END == out.getvalue()


@given(st.lists(ANY_TEXT, min_size=2))
def test_multivalue_cell_reads_back_unchanged(values):
    assert mv_values(cells_of(values)[1]) == values


@given(st.binary(max_size=200))
def test_any_body_gives_rows_of_equal_width_or_is_refused(body):
    try:
        table = Table(body)
        widths = {len(cells) for cells in table}
    except InputError:
        return
    assert widths <= {len(table.columns)}
    assert len(set(table.columns)) == len(table.columns)


@given(st.binary(max_size=200))
def test_any_body_is_written_with_equal_width_or_refused(body):
    try:
        written = rewritten(body)
    except InputError:
        return
    rows = list(csv.reader(io.StringIO(written.decode(), newline="")))
    assert len({len(row) for row in rows if row}) <= 1


@given(st.text('",\n\r$;ab', max_size=60), st.sampled_from(["a,b\n", "a,__mv_a\n", "b\n", "a,b\r\n", ""]))
@example('x,"y\n', "a,b\n")
@example('x,y"\r\r\n', "a,b\n")
@example('"x\ry",z\nx\rz,z\n', "a,b\n")
def test_cell_appended_to_any_row_stays_separate(text, header):
    try:
        rows = list(Table((header + text).encode()).rows())
    except InputError:
        return
    for cells, row in rows:
        added = f'{row}{"," if cells else ""}"1"{ROW_END}'
        assert list(csv.reader(io.StringIO(added, newline=""))) == [[*cells, "1"]]


@pytest.mark.parametrize("excluded", [[], ["b"], ["a", "b", "c"]])
def test_excluded_field_is_left_out_with_its_values(excluded):
    body = encode_rows([{"a": "1", "b": ["x", "y"], "c": "3"}])
    expected = {name: value for name, value in rows_of(body)[0].items() if name not in excluded}
    assert rows_of(body, excluded=excluded) == [expected]
    assert [name for name in Table(body, excluded).columns if not name.startswith(MV_PREFIX)] == list(expected)


def test_nul_and_bare_carriage_return_are_replaced_where_necessary():
    assert rows_of(b'a,b\n"x\rz",2\n') == [{"a": "x\rz", "b": "2"}]
    assert rows_of(b"a,b\nx\rz,2\n") == [{"a": "x\u240dz", "b": "2"}]
    assert rows_of(b"a,b\r\nx\0,2\r\n") == [{"a": "x\u2400", "b": "2"}]


def test_short_and_long_rows_keep_the_header():
    assert rows_of(b"a,b,__mv_c\n1\n1,2,$x$;$y$,4\n") == [
        {"a": "1", "b": "", "c": ""},
        {"a": "1", "b": "2", "c": ["x", "y"]},
    ]


@pytest.mark.parametrize("lines", [1, 3, 1_000])
def test_rows_of_many_lines_are_passed_on_unchanged(lines):
    rows = [f'"{i}' + "\n" * (lines - 1) + f'end","{i}"' for i in range(600)]
    result = list(Table("\n".join(["a,b", *rows, ""]).encode()).rows())
    assert [text for _, text in result] == rows
    assert [cells[1] for cells, _ in result] == [str(i) for i in range(600)]


def test_empty_line_is_a_row():
    assert rows_of(b"a\n\n1\n") == [{"a": ""}, {"a": "1"}]


def test_last_of_two_columns_of_the_same_name_counts():
    assert rewritten(b"a,b,a\n1,2,3\n") == b"a,b\r\n3,2\r\n"


def test_open_quote_at_the_end_is_closed():
    assert rewritten(b'a,b\n1,"2') == b"a,b\r\n1,2\r\n"


def test_cell_of_a_multivalue_field_contains_its_values_as_lines():
    assert rewritten(b"a,__mv_a\nother,$x$;$y$$$\nz,$one$\nw,junk\n") == (
        b'a,__mv_a\r\n"x\ny$",$x$;$y$$$\r\none,\r\n,\r\n'
    )


def test_unusual_multivalue_columns():
    table = Table(b"__mv___mv_x,__mv_\n$a$;$b$,\n")
    assert sorted(table.columns) == ["", "__mv_", "__mv___mv_x", "__mv_x", "x"]
    assert [len(cells) for cells in table] == [5]


def test_getter_of_an_absent_field_returns_empty_text():
    table = Table(b"b,a\n1,2\n")
    getters = [table.getter(name) for name in ("a", "c", "b")]
    assert [[getter(cells) for getter in getters] for cells in table] == [["2", "", "1"]]
