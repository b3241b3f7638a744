"""Alerts on ordinary events are counted by log family and score."""

import gzip
import json

from loglm_bridge.lab.evaluate import ordinary


class Scorer:
    """Stands for a labeller: an event's score is in its text."""

    def label(self, events, options):
        return [Answer(float(event.raw.rpartition(" ")[2])) for event in events]


class Answer:
    def __init__(self, score):
        self.score = score


def write(folder, name, rows):
    with gzip.open(folder / f"{name}.jsonl.gz", "wt") as file:
        for group, label, raw in rows:
            row = {"id": "i", "source": name, "group": group, "raw": raw, "label": label}
            file.write(json.dumps(row) + "\n")


def test_events_are_counted_by_family_and_score(tmp_path):
    write(tmp_path, "evtx_baseline", [("a", "benign", "plain words 0.95"), ("b", "benign", "plain words 0.99")])
    write(tmp_path, "beats_apache", [("c", "unknown", f"plain words {score}") for score in (0.1, 0.5, 0.9, 0.999)])
    write(tmp_path, "loghub_2k", [("d", "unknown", "plain words 1.0")])
    held_out = {"evtx_baseline": frozenset({"a"})}
    counts = ordinary.measure(Scorer(), tmp_path, held_out, ["beats_apache"])
    expected = {"events": 5, "sources": ["beats_apache", "evtx_baseline"], "0.5": 4, "0.9": 3, "0.99": 1}
    assert counts == {"text": expected}


def test_attacks_do_not_count(tmp_path):
    write(tmp_path, "mpsd_powershell", [("a", "malicious", "plain words 1.0"), ("b", "benign", "plain words 0.0")])
    counts = ordinary.measure(Scorer(), tmp_path, {}, ["mpsd_powershell"])
    assert counts["text"]["events"] == 1
