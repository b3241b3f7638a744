"""Results files: multivalue cells, large cells, damaged files."""

import gzip

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loglm_bridge.contract.errors import InputError
from loglm_bridge.splunk.alert.results_file import read_rows
from loglm_bridge.splunk.rows.table import mv_values
from tests.splunk.splunkd import encode_multivalue as as_splunkd_writes
from tests.splunk.splunkd import encode_rows


@pytest.fixture
def rows_of(tmp_path):
    """Return a function that reads the rows of a file with the given bytes."""

    def read(data):
        (tmp_path / "results.csv.gz").write_bytes(data)
        return list(read_rows(tmp_path / "results.csv.gz"))

    return read


@given(st.lists(st.text("a$;\n\"'", min_size=1, max_size=6), min_size=2, max_size=5))
def test_multivalue_cells_read_back_unchanged(values):
    assert mv_values(as_splunkd_writes(values)) == values


def test_rows_are_read(rows_of):
    rows = [{"a": ["x", "y$;$z"], "b": 'say "hi",\nthere'}, {"a": "one", "b": ""}]
    assert rows_of(gzip.compress(encode_rows(rows))) == [
        {"a": ["x", "y$;$z"], "b": ['say "hi",\nthere']},
        {"a": ["one"], "b": [""]},
    ]


def test_cell_above_the_limit_of_the_csv_module(rows_of):
    assert rows_of(gzip.compress(encode_rows([{"_raw": "x" * 11_000_000}])))[0]["_raw"] == ["x" * 11_000_000]


def test_rows_of_other_width_and_invalid_utf8(rows_of):
    assert rows_of(gzip.compress(b"a,b\n1\n1,2,3\n\xff,2\n")) == [
        {"a": ["1"]},
        {"a": ["1"], "b": ["2"]},
        {"a": ["\ufffd"], "b": ["2"]},
    ]


@pytest.mark.parametrize("damage", [lambda d: d[:-1], lambda d: d[: len(d) // 2], lambda d: d[:-8] + bytes(8)])
def test_damaged_file_is_refused(rows_of, damage):
    with pytest.raises(InputError, match="cannot be read beyond row"):
        rows_of(damage(gzip.compress(encode_rows([{"a": str(i)} for i in range(1000)]))))
