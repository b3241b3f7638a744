"""Lines to events: JSON objects with "raw", plain text, and lines that are neither."""

import gzip
import io
import json
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loglm_bridge import event_files
from loglm_bridge.contract.errors import InputError
from loglm_bridge.contract.event import Event
from loglm_bridge.event_files import Item, read_items, read_json_events


@pytest.fixture
def items(tmp_path):
    """A function that reads the items of a file with the given bytes."""

    def read(body, by=()):
        path = tmp_path / "events"
        path.write_bytes(body)
        return list(read_items([str(path)], by))

    return read


def test_a_json_line_gives_an_event_with_its_hints(items):
    line = {"id": "a-1", "raw": "x=1", "sourcetype": "st", "source": "s", "host": "h", "time": "2026-03-02T08:15:00Z"}
    assert items(json.dumps(line).encode()) == [Item("a-1", Event("x=1", "st", "s", "h", 1772439300.0))]


@pytest.mark.parametrize(
    ("time", "seconds"),
    [(1700000000, 1700000000.0), ("1700000000.25", 1700000000.25), ("2026-03-02 08:15:00", 1772439300.0)]
    + [(value, None) for value in ("", "yesterday", None, [], {}, True, 1e400, "nan")],
)
def test_time_is_a_number_or_iso_8601_and_otherwise_no_hint(items, time, seconds):
    [item] = items(json.dumps({"raw": "x", "time": time}).encode())
    assert item.event == Event("x", time=seconds)


@pytest.mark.parametrize(("host", "text"), [(None, ""), (7, "7"), (1.5, "1.5"), (["a"], ""), ({}, ""), (True, "")])
def test_a_hint_of_the_wrong_type_never_costs_the_event(items, host, text):
    [item] = items(json.dumps({"raw": "x", "host": host}).encode())
    assert item.event == Event("x", host=text)


@pytest.mark.parametrize(
    "line",
    [
        "Mar  2 09:02:11 web1 sshd[1]: hello",
        '{"eventName":"StopLogging","eventSource":"cloudtrail.amazonaws.com"}',
        '{"raw": "cut off',
        "{}",
        "{",
        "[1, 2]",
        '"raw"',
        "raw",
        " ",
        "",
        '{"raw": ' + "1" * 5000 + "}",
        "{" + '"a":{' * 100_000,
    ],
)
def test_any_other_line_is_the_raw_text_of_an_event(items, line):
    [item] = items(line.encode() + b"\n")
    assert item.event == Event(line)
    assert item.id.endswith("events:1")


@pytest.mark.parametrize("raw", [5, None, ["x"], {"a": 1}, True])
def test_raw_that_is_not_text_gives_a_problem(items, raw):
    [item] = items(json.dumps({"id": 7, "raw": raw}).encode())
    assert (item.id, item.event) == (7, None)
    assert item.problem == f'"raw" must be text, got {type(raw).__name__}'


@pytest.mark.parametrize("own", ["x", 3, 2.5, False, ["a", 1], {"k": None}])
def test_an_id_of_any_type_is_kept(items, own):
    [item] = items(json.dumps({"id": own, "raw": "x"}).encode())
    assert item.id == own


def test_lines_are_numbered_and_line_ends_removed(items):
    found = items(b"\xef\xbb\xbfone\r\n\ntwo\rand\n{}")
    assert [(item.event.raw, item.id.rpartition(":")[2]) for item in found] == [
        ("one", "1"),
        ("", "2"),
        ("two\rand", "3"),
        ("{}", "4"),
    ]


def test_bytes_that_are_not_utf_8_are_escaped_as_in_splunk(items):
    [item] = items(b"a\xff\x00b")
    assert item.event.raw == "a\\xff\x00b"


def test_gzip_is_recognised_by_its_content(items):
    assert [item.event.raw for item in items(gzip.compress(b"one\ntwo\n"))] == ["one", "two"]


def test_damaged_gzip_yields_the_readable_lines_then_raises(tmp_path):
    path = tmp_path / "events.gz"
    path.write_bytes(gzip.compress(b"one\n" * 100_000)[:-20])
    found = []
    with pytest.raises(InputError, match="read to its end"):
        found.extend(read_items([str(path)]))
    assert found
    assert {item.event.raw for item in found} <= {"one", "on", "o"}


def test_files_are_read_in_order(tmp_path):
    for name in ("a", "b"):
        (tmp_path / name).write_text(f"{name}1\n{name}2\n")
    assert [i.event.raw for i in read_items([str(tmp_path / "a"), str(tmp_path / "b")])] == ["a1", "a2", "b1", "b2"]


@pytest.mark.parametrize(("name", "message"), [("absent", "no such file"), (".", "cannot be read")])
def test_a_file_that_cannot_be_opened_is_named(tmp_path, name, message):
    with pytest.raises(InputError, match=message) as error:
        list(read_items([str(tmp_path / name)]))
    assert str(tmp_path) in str(error.value)


def test_a_line_over_the_limit_is_cut_or_refused_and_the_next_is_complete(items, monkeypatch):
    monkeypatch.setattr(event_files, "MAX_LINE_BYTES", 20)
    found = items(b"x" * 20 + b"\r\n" + b"y" * 21 + b"\n" + b"z" * 100 + b"\n" + b'{"raw":"0123456789abcdef"}\nend')
    assert [item.event and item.event.raw for item in found] == ["x" * 20, "y" * 20, "z" * 20, None, "end"]
    assert found[3].problem == "the line is longer than 20 bytes"


def test_the_entity_comes_from_the_line_or_the_fields_of_the_event(items):
    line = {"raw": '{"user":"erin","src":"10.1.2.3","host":"inner"}', "host": "outer", "n": 4}
    body = json.dumps(line).encode()
    assert [items(body, by)[0].event.entity for by in (("host",), ("user",), ("n", "src"), ("absent",), ())] == [
        "outer",
        "erin",
        "4\x1f10.1.2.3",
        "",
        "",
    ]


@given(st.lists(st.binary().filter(lambda b: b"\n" not in b)))
def test_every_line_of_any_bytes_is_one_item(lines):
    stream = io.BytesIO(b"\n".join(lines) + b"\n")
    found = [event_files._item(line, complete, "f:1", ()) for line, complete in event_files._lines(stream)]
    assert len(found) == max(1, len(lines))
    assert all((item.event is None) == bool(item.problem) for item in found)


@given(st.text())
def test_any_text_survives_a_json_line(raw):
    [item] = [event_files._item(json.dumps({"raw": raw}).encode(), True, "f:1", ())]
    assert item.event.raw == raw


def test_standard_input_is_read_and_named_stdin():
    code = "from loglm_bridge.event_files import read_items\nfor i in read_items(['-']): print(i.id, i.event.raw)"
    for body in (b"one\ntwo\n", gzip.compress(b"one\ntwo\n")):
        out = subprocess.run([sys.executable, "-c", code], input=body, capture_output=True, check=True).stdout
        assert out.split(b"\n")[:2] == [b"stdin:1 one", b"stdin:2 two"]


def test_json_events_are_read_from_plain_and_gzip_files(tmp_path):
    lines = b'{"raw": "one", "time": 5}\n\n{"raw": "two", "host": "h"}\n'
    (tmp_path / "plain").write_bytes(lines)
    (tmp_path / "packed").write_bytes(gzip.compress(lines))
    expected = [Event("one", time=5.0), Event("two", host="h")]
    for name in ("plain", "packed"):
        assert list(read_json_events([str(tmp_path / name)])) == expected


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("_time,_raw\n5,one\n", 1, "not a JSON object of one event"),
        ('{"raw": "one"}\nplain text\n', 2, "not a JSON object of one event"),
        ('{"text": "one"}\n', 1, "not a JSON object of one event"),
        ('["raw"]\n', 1, "not a JSON object of one event"),
        ('{"raw": 5}\n', 1, '"raw" must be text, got int'),
        ('{"raw": "one", "time": "yesterday"}\n', 1, '"time" must be a number'),
    ],
)
def test_a_file_that_is_not_json_events_is_refused_with_file_and_line(tmp_path, text, line, message):
    path = tmp_path / "events"
    path.write_text(text)
    with pytest.raises(InputError, match=message) as error:
        list(read_json_events([str(path)]))
    assert error.value.where.startswith(f"{path}:{line}")
