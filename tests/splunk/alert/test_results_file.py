"""Results files: multivalue cells, large cells, stray bytes, damaged files. Equal to csv where csv is right."""

import csv
import gzip
import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loglm_bridge.contract.errors import InputError
from loglm_bridge.splunk.alert.results_file import MAX_CELL, MAX_ROW, read_records, read_rows
from loglm_bridge.splunk.rows.table import mv_values
from tests.contract.interpreters import interpreters
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


def test_rows_of_other_width_and_invalid_utf8(rows_of):
    assert rows_of(gzip.compress(b"\xef\xbb\xbfa,b\n1\n\n1,2,3\n\xff,2\n")) == [
        {"a": ["1"]},
        {"a": ["1"], "b": ["2"]},
        {"a": ["\ufffd"], "b": ["2"]},
    ]


@given(st.lists(st.lists(st.text('a",\n\r;é', max_size=6), min_size=2, max_size=4), max_size=6), st.integers(1, 9))
def test_records_read_back_unchanged(records, size):
    """What csv writes is read the same, wherever the stream is cut into chunks."""
    out = io.StringIO()
    csv.writer(out, lineterminator="\n", quoting=csv.QUOTE_ALL).writerows(records)
    data = out.getvalue().encode()
    assert list(read_records(data[i : i + size] for i in range(0, len(data), size))) == records


@pytest.mark.parametrize("python", [sys.executable, *interpreters()])
@pytest.mark.parametrize("stray", ["a\0b", "a\rb", "\r", '"a\rb"', '"a\0\rb"', "a\r\r\nb"[:3]])
def test_stray_bytes_change_no_row(python, stray, tmp_path, root):
    cells = [f"{i}{stray if i % 3 == 0 else ''}" if not stray.startswith('"') else stray for i in range(10)]
    body = "_raw,n\n" + "".join(f"{cell},{i}\n" for i, cell in enumerate(cells))
    (tmp_path / "r.csv.gz").write_bytes(gzip.compress(body.encode()))
    code = (
        "import sys, json; from pathlib import Path; from loglm_bridge.splunk.alert.results_file import read_rows; "
        f"print(json.dumps(list(read_rows(Path({str(tmp_path / 'r.csv.gz')!r})))))"
    )
    out = subprocess.run([python, "-c", code], capture_output=True, check=True, env={"PYTHONPATH": str(root)})
    rows = json.loads(out.stdout)
    assert [row["n"] for row in rows] == [[str(i)] for i in range(10)]
    assert rows[0]["_raw"] == [cells[0].strip('"').replace("\0", "\u2400")]


def test_windows_line_ends(rows_of):
    assert rows_of(gzip.compress(b'a,b\r\n1,2\r\n"3\r","4"\r\n')) == [
        {"a": ["1"], "b": ["2"]},
        {"a": ["3\r"], "b": ["4"]},
    ]


def test_large_cell_is_cut_above_what_the_model_reads(rows_of):
    (row,) = rows_of(gzip.compress(encode_rows([{"_raw": "x" * 11_000_000, "b": "1"}])))
    assert row == {"_raw": ["x" * MAX_CELL], "b": ["1"]}


def test_wide_row_is_bounded(rows_of):
    rows = rows_of(gzip.compress(encode_rows([{f"c{i}": "x" * MAX_CELL for i in range(40)}, {"c0": "y"}], None)))
    assert sum(len(value) for (value,) in rows[0].values()) == MAX_ROW
    assert rows[1]["c0"] == ["y"]


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="reads the peak of memory from /proc")
def test_memory_stays_flat_over_a_huge_cell(tmp_path, root):
    with gzip.open(tmp_path / "r.csv.gz", "wb", compresslevel=1) as file:
        file.write(b"_raw,n\n")
        for _ in range(300):
            file.write(b"x" * 1_000_000)
        file.write(b",1\nmimikatz,2\n")
    code = (
        "from pathlib import Path; from loglm_bridge.splunk.alert.results_file import read_rows; "
        f"rows = list(read_rows(Path({str(tmp_path / 'r.csv.gz')!r}))); "
        "print(len(rows), Path('/proc/self/status').read_text().partition('VmHWM:')[2].split()[0])"
    )
    env = {**os.environ, "PYTHONPATH": str(root)}
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, env=env).stdout.split()
    assert int(out[0]) == 2
    assert int(out[1]) < 100_000


@pytest.mark.parametrize("damage", [lambda d: d[:-1], lambda d: d[: len(d) // 2], lambda d: d[:-8] + bytes(8)])
def test_damaged_file_is_refused(rows_of, damage):
    with pytest.raises(InputError, match="cannot be read beyond row") as refused:
        rows_of(damage(gzip.compress(encode_rows([{"a": str(i)} for i in range(1000)]))))
    assert "run the alert again" in refused.value.user_message()
