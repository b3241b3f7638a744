"""Data files: the content of a line, and the line that an error names."""

import gzip
import json

import pytest

from loglm_bridge.contract.errors import ConfigError
from loglm_bridge.lab.data.sources import data_files, open_text, read_events, validation_groups

ROW = {"id": "a", "source": "s", "group": "g", "raw": "text"}


def test_a_line_is_read_with_its_labels(tmp_path):
    full = {
        **ROW,
        "sourcetype": "st",
        "host": "h",
        "file": "f",
        "time": "2024-01-01T00:00:00Z",
        "label": "malicious",
        "techniques": ["T1105"],
        "sigma": [["rule", "high", ["T1105", "T1059"]]],
    }
    path = tmp_path / "x.jsonl"
    path.write_text(json.dumps(full) + "\n\n" + json.dumps(ROW) + "\n")
    first, second = read_events(path)
    assert (first.event.sourcetype, first.event.source, first.event.host) == ("st", "f", "h")
    assert first.event.time == 1704067200.0
    assert (first.label, first.techniques, first.hits) == (
        "malicious",
        ("T1105",),
        (("rule", "high", ("T1105", "T1059")),),
    )
    assert (second.label, second.techniques, second.hits, second.event.time) == ("unknown", (), (), None)


@pytest.mark.parametrize(
    "line", ["{", "[]", "3", '{"id": "a"}', '{"id":"a","source":"s","group":"g","raw":"x","sigma":[3]}']
)
def test_an_invalid_line_is_named(tmp_path, line):
    path = tmp_path / "x.jsonl"
    path.write_text(json.dumps(ROW) + "\n" + line + "\n")
    with pytest.raises(ConfigError) as error:
        list(read_events(path))
    assert error.value.where == "x.jsonl:2"


def test_compressed_and_plain_text_are_read_alike_with_any_bytes(tmp_path):
    (tmp_path / "a.txt").write_bytes(b"\xff\xfe ok")
    (tmp_path / "a.gz").write_bytes(gzip.compress(b"\xff\xfe ok"))
    texts = []
    for name in ("a.txt", "a.gz"):
        with open_text(tmp_path / name) as file:
            texts.append(file.read())
    assert texts == ["\ufffd\ufffd ok"] * 2


def test_data_files_are_sorted_and_their_absence_is_an_error(tmp_path):
    with pytest.raises(ConfigError, match=r"no \*\.jsonl\.gz"):
        data_files(tmp_path)
    for name in ("b.jsonl.gz", "a.jsonl.gz", "c.txt"):
        (tmp_path / name).write_bytes(b"")
    assert [f.name for f in data_files(tmp_path)] == ["a.jsonl.gz", "b.jsonl.gz"]


def test_the_split_is_read_as_sets(tmp_path):
    (tmp_path / "v.json").write_text('{"s": ["a", "b", "a"]}')
    assert validation_groups(tmp_path / "v.json") == {"s": frozenset(("a", "b"))}
