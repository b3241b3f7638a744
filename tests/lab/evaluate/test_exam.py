"""The exam: events labelled alone and by entity, scored by the examiner's script."""

import json

import pytest

from loglm_bridge.contract.errors import LogLMError
from loglm_bridge.contract.verdict import Verdict
from loglm_bridge.lab.evaluate import exam

EXAMINER = """
import argparse, json
a = argparse.ArgumentParser()
for name in ("--exam", "--alone", "--together"): a.add_argument(name)
a = a.parse_args()
rows = lambda path: [json.loads(line) for line in open(path)]
print("a table")
print(json.dumps({"event/all": {"alone": rows(a.alone), "together": rows(a.together)}}))
"""


class Benign:
    """Stands for a labeller."""

    def label(self, events, options):
        return [Verdict("ok", 0.5 if options.sequence else 0.25, "benign", ()) for _ in events]


@pytest.fixture
def cases(tmp_path):
    path = tmp_path / "exam.jsonl"
    rows = [
        {"id": f"e{i}", "raw": f"sshd: Failed password for root {i}", "entity": "h", "time": 10 + i} for i in (0, 1)
    ]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def test_the_examiner_reads_both_answers(cases, tmp_path):
    script = tmp_path / "exam.py"
    script.write_text(EXAMINER)
    figures = exam.measure(Benign(), cases, script, tmp_path)["event/all"]
    assert [row["id"] for row in figures["alone"]] == [row["id"] for row in figures["together"]] == ["e0", "e1"]
    assert (figures["alone"][0]["score"], figures["together"][0]["score"]) == (0.25, 0.5)
    assert set(figures["alone"][0]) == {"id", "score", "malicious", "techniques"}


def test_a_failing_examiner_is_named(cases, tmp_path):
    script = tmp_path / "exam.py"
    script.write_text("raise SystemExit('no such case')")
    with pytest.raises(LogLMError, match="no such case"):
        exam.measure(Benign(), cases, script, tmp_path)
