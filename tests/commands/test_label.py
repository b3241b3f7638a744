"""`loglm label`: one row a line, in order, whatever the lines are."""

import gzip
import json
import subprocess
import sys
import threading
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loglm_bridge.commands import label
from loglm_bridge.commands.label import label_items
from loglm_bridge.contract.attack import technique
from loglm_bridge.contract.errors import InputError, ModelFailed
from loglm_bridge.contract.event import Event
from loglm_bridge.contract.verdict import Verdict
from loglm_bridge.contract.wire import Options
from loglm_bridge.event_files import Item
from loglm_bridge.model import default_folder
from tests.conftest import ROOT


def by_length(events, options):
    """Verdicts that the text alone decides; slower for some batches, so that they end out of order."""
    time.sleep(0.002 * (len(events[0].raw) % 3))
    return [Verdict("ok", score=len(e.raw) / 1e4, verdict="benign", novelty=0.5) for e in events]


def items_of(lengths):
    return [Item(i, Event("x" * n)) for i, n in enumerate(lengths)]


@given(st.lists(st.one_of(st.none(), st.integers(0, 50)), max_size=60), st.integers(1, 4), st.integers(1, 7))
def test_rows_keep_order_and_number(lengths, threads, batch):
    items = [Item(i, None, "bad") if n is None else Item(i, Event("x" * n)) for i, n in enumerate(lengths)]
    label.BATCH_ITEMS, before = batch, label.BATCH_ITEMS
    try:
        rows = list(label_items(iter(items), by_length, Options(), threads))
    finally:
        label.BATCH_ITEMS = before
    assert [row["id"] for row in rows] == list(range(len(lengths)))
    assert [row["score"] for row in rows] == [None if n is None else n / 1e4 for n in lengths]


def test_a_row_has_the_documented_keys():
    verdict = Verdict(
        "ok",
        score=0.97,
        verdict="malicious",
        techniques=(technique("T1003.001", 0.91), technique("T1059", 0.2)),
        novelty=0.12,
    )
    [row] = label_items([Item("a", Event("x"))], lambda *_: [verdict], Options(), 1)
    assert row == {
        "id": "a",
        "status": "ok",
        "score": 0.97,
        "malicious": True,
        "verdict": "malicious",
        "techniques": [["T1003.001", 0.91], ["T1059", 0.2]],
        "novelty": 0.12,
    }


@pytest.mark.parametrize("verdict", ["suspicious", "benign", "unknown"])
def test_only_the_verdict_malicious_is_malicious(verdict):
    found = Verdict("ok", score=0.99, verdict=verdict, novelty=0.0)
    [row] = label_items([Item("a", Event("x"))], lambda *_: [found], Options(), 1)
    assert (row["malicious"], row["verdict"]) == (False, verdict)


def test_an_event_without_label_says_why_and_a_line_without_event_too():
    items = [Item(1, Event("")), Item(2, None, '"raw" must be text, got int')]
    rows = list(label_items(items, lambda *_: [Verdict("empty", detail="nothing to read")], Options(), 1))
    assert [(r["id"], r["status"], r["detail"], r["score"], r["malicious"], r["techniques"]) for r in rows] == [
        (1, "empty", "nothing to read", None, False, []),
        (2, "error", '"raw" must be text, got int', None, False, []),
    ]


def test_a_batch_that_the_model_fails_on_is_marked_and_the_others_are_labelled(monkeypatch):
    monkeypatch.setattr(label, "BATCH_ITEMS", 2)

    def fail_on_long(events, options):
        if any(len(e.raw) > 5 for e in events):
            raise ModelFailed("numbers that are not finite", where="event.onnx")
        return by_length(events, options)

    rows = list(label_items(items_of([1, 2, 9, 3, 4]), fail_on_long, Options(), 2))
    assert [row["status"] for row in rows] == ["ok", "ok", "error", "error", "ok"]
    assert rows[2]["detail"] == "numbers that are not finite [event.onnx]"


def test_an_input_that_breaks_off_loses_no_row_that_was_read():
    def broken():
        yield from items_of(range(700))
        raise InputError("cannot be read to its end")

    rows = []
    with pytest.raises(InputError):  # noqa: PT012 - extend would drop the rows before the error
        for row in label_items(broken(), by_length, Options(), 2):
            rows.append(row)  # noqa: PERF402
    assert [row["id"] for row in rows] == list(range(700))


def test_few_events_are_held_at_a_time():
    read, lock, held = 0, threading.Lock(), 0

    def endless():
        nonlocal read
        for i in range(40 * label.BATCH_ITEMS):
            with lock:
                read += 1
            yield Item(i, Event("x"))

    for done, _ in enumerate(label_items(endless(), by_length, Options(), 2)):
        with lock:
            held = max(held, read - done)
    assert held <= (2 * 2 + 2) * label.BATCH_ITEMS


def test_a_batch_of_long_events_holds_few_of_them(monkeypatch):
    monkeypatch.setattr(label, "BATCH_CHARACTERS", 1000)
    sizes = []

    def count(events, options):
        sizes.append(len(events))
        return by_length(events, options)

    assert len(list(label_items(items_of([400] * 7 + [5000]), count, Options(), 1))) == 8
    assert sizes == [3, 3, 2]


# --- the command, with the shipped model -----------------------------------------------------------------------------

LINES = [
    json.dumps({"id": "k", "raw": "rundll32.exe comsvcs.dll, MiniDump 716 m.bin full", "host": "h"}),
    "Mar  2 09:02:11 web1 sshd[1]: Failed password for root from 203.0.113.99 port 41990 ssh2",
    "",
    '{"raw": 5}',
    "\ud800 lone",
    '{"eventName":"StopLogging","eventSource":"cloudtrail.amazonaws.com"}',
]
BODY = "\n".join(LINES).encode("utf-8", "surrogatepass") + b"\n"


def run(*args, body=BODY, **options):
    """The finished process of `loglm label`."""
    command = [sys.executable, "-m", "loglm_bridge.cli", "label", *map(str, args)]
    return subprocess.run(command, input=body, capture_output=True, check=False, timeout=100, **options)


class TestCommand:
    def test_every_line_is_a_row(self):
        done = run("--top", 2)
        rows = [json.loads(line) for line in done.stdout.splitlines()]
        assert (done.returncode, done.stderr) == (0, b"")
        assert [r["id"] for r in rows] == ["k", "stdin:2", "stdin:3", "stdin:4", "stdin:5", "stdin:6"]
        assert [r["status"] for r in rows][:4] == ["ok", "ok", "empty", "error"]
        assert all(len(r["techniques"]) <= 2 for r in rows)
        assert "embedding" not in rows[0]

    def test_batches_order_and_threads_change_nothing(self, tmp_path):
        alone = [run(body=line.encode("utf-8", "surrogatepass")).stdout for line in LINES[:2]]
        many = run("--threads", 3, body="\n".join(LINES[:2] * 300).encode()).stdout.splitlines(keepends=True)
        assert {json.dumps({**json.loads(line), "id": 0}) for line in alone} == {
            json.dumps({**json.loads(line), "id": 0}) for line in many
        }

    def test_files_gzip_and_out(self, tmp_path):
        (tmp_path / "a.gz").write_bytes(gzip.compress(BODY))
        (tmp_path / "b").write_bytes(BODY)
        out = tmp_path / "out.jsonl"
        done = run("--out", out, "--embedding", "a.gz", "b", cwd=tmp_path, env={"PYTHONPATH": str(ROOT)})
        assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
        rows = [json.loads(line) for line in out.read_text().splitlines()]
        assert [r["id"] for r in rows][:3] == ["k", "a.gz:2", "a.gz:3"]
        assert len(rows) == 2 * len(LINES)
        first, second = rows[: len(LINES)], rows[len(LINES) :]
        assert [r.get("embedding") for r in first] == [r.get("embedding") for r in second]
        assert sum(x * x for x in rows[0]["embedding"]) == pytest.approx(1, abs=1e-3)

    def test_by_reads_a_sequence_and_answers_every_line(self):
        assert len(run("--by", "host,user").stdout.splitlines()) == len(LINES)

    def test_a_reader_that_goes_away_is_a_normal_end(self, tmp_path):
        (tmp_path / "many").write_bytes(BODY * 500)
        command = f'"{sys.executable}" -m loglm_bridge.cli label "{tmp_path}/many"; echo "code $?" >&2'
        done = subprocess.run(
            ["sh", "-c", f"({command}) | head -1"], capture_output=True, check=True, timeout=100, cwd=ROOT
        )
        assert done.stdout.count(b"\n") == 1
        assert done.stderr == b"code 0\n"

    def test_the_answers_are_those_of_the_sidecar(self):
        from loglm_bridge.model.labeller import Labeller

        events = [Event("x=1", host="h"), Event(LINES[1])]
        direct = Labeller.load(default_folder())
        expected = [
            label.row_of(Item(i, e), v)
            for i, (e, v) in enumerate(zip(events, direct.label(events, Options()), strict=True))
        ]
        body = "\n".join(json.dumps({"id": i, **e.to_dict()}) for i, e in enumerate(events)).encode()
        assert [json.loads(line) for line in run(body=body).stdout.splitlines()] == json.loads(json.dumps(expected))


@pytest.mark.parametrize(
    ("args", "code", "said"),
    [
        (("--top", "0"), 2, "a whole number from 1 to 10"),
        (("--top", "1e1"), 2, "a whole number from 1 to 10"),
        (("--threads", "x"), 2, "a whole number from 1 to 256"),
        (("--model", "/nonexistent"), 78, "[/nonexistent]"),
        (("--out", "same", "same"), 2, "--out is one of the files to label"),
    ],
)
def test_what_cannot_be_done_is_one_sentence(tmp_path, args, code, said):
    (tmp_path / "same").write_text("x\n")
    done = run(*args, cwd=tmp_path, env={"PYTHONPATH": str(ROOT)})
    assert done.returncode == code
    assert said in done.stderr.decode()
    assert b"Traceback" not in done.stderr
    assert (tmp_path / "same").read_text() == "x\n"
