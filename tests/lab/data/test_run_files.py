"""Files of a run: what was written is read again, and an interrupted write leaves no file."""

import pytest

from loglm_bridge.lab.data.run_files import (
    canonical_event,
    canonical_row,
    read_heads,
    read_rows,
    write_heads,
    write_rows,
)
from loglm_bridge.telemetry.record import CanonicalEvent


def test_rows_are_read_as_they_were_written(tmp_path):
    write_rows(tmp_path / "rows.jsonl.gz", [{"a": 1}, ["é", "\ud800"], None])
    assert list(read_rows(tmp_path / "rows.jsonl.gz")) == [{"a": 1}, ["é", "\ud800"], None]


def test_an_interrupted_write_leaves_no_file_under_the_name(tmp_path):
    def rows():
        yield 1
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_rows(tmp_path / "rows.jsonl.gz", rows())
    assert not (tmp_path / "rows.jsonl.gz").exists()


def test_a_canonical_event_survives_a_round_trip(tmp_path):
    event = CanonicalEvent("windows", "sysmon:1", (("image", "a.exe"), ("image", "b.exe")), (3, 7))
    write_rows(tmp_path / "rows.jsonl.gz", [canonical_row(event)])
    assert [canonical_event(*row) for row in read_rows(tmp_path / "rows.jsonl.gz")] == [event]


def test_heads_are_read_as_they_were_written(tiny, tmp_path):
    write_heads(tmp_path, tiny.heads)
    assert read_heads(tmp_path).dump() == tiny.heads.dump()
