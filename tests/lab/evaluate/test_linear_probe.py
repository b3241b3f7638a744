"""The linear probe: clusters of techniques are found, and recordings of other authors alone are tested."""

import json

import numpy as np
import pytest

from loglm_bridge.lab.data import corpus
from loglm_bridge.lab.data.corpus import Corpus, CorpusEvent
from loglm_bridge.lab.evaluate import linear_probe
from loglm_bridge.telemetry import CanonicalEvent

OURS, THEIRS = "otrf_security_datasets", "open_xp_rules"


@pytest.fixture(scope="module")
def events():
    """Twenty-four training recordings and eight of another author, of two techniques in turn."""
    canonicals = [CanonicalEvent("f", "k", (("word", f"t{i % 2} n{i}"),)) for i in range(32)]
    corpus_events = [
        CorpusEvent(str(i), OURS if i < 24 else THEIRS, f"g{i:02}", i, "malicious", (f"T100{i % 2}.001",), (), i >= 24)
        for i in range(32)
    ]
    seen_lab = CorpusEvent("x", OURS, "held", 0, "malicious", ("T1000",), (), True)
    return Corpus(canonicals, [*corpus_events, seen_lab])


def test_only_recordings_of_other_authors_are_tested(events):
    task = linear_probe.task(events)
    assert (len(task.train), len(task.test)) == (24, 8)
    assert {task.labels[i] for i in task.test} == {frozenset({"T1000"}), frozenset({"T1001"})}


def test_clusters_are_found_and_noise_is_not(events):
    task = linear_probe.task(events)
    rng = np.random.default_rng(1)
    good = np.array([[i % 2, 1 - i % 2, 0.1] for i in range(32)]) + rng.normal(0, 0.01, (32, 3))
    for shots in (1, 5):
        assert linear_probe.few_shot(linear_probe.recordings(good, task), task, shots) == (1.0, 1.0)
    assert linear_probe.linear(linear_probe.recordings(good, task), task)[0] == 1.0
    noise = linear_probe.recordings(rng.normal(0, 1, (32, 3)), task)
    assert linear_probe.few_shot(noise, task, 1)[0] < 0.9


def test_a_recording_is_the_mean_of_its_events(events):
    task = linear_probe.Task([[0, 1], [2]], [frozenset("a"), frozenset("b")], np.array([0]), np.array([1]))
    x = linear_probe.recordings(np.array([[2.0, 0.0], [0.0, 5.0], [3.0, 4.0]]), task)
    np.testing.assert_allclose(x, [[2**-0.5, 2**-0.5], [0.6, 0.8]])


def test_the_table_accepts_vectors_of_other_encoders(events, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(linear_probe, "SHOTS", (1, 5))
    (tmp_path / "corpus").mkdir()
    corpus.save(events, tmp_path / "corpus")
    np.savez(tmp_path / "features.npz", vectors=np.eye(2)[np.arange(32) % 2])
    texts = tmp_path / "texts.jsonl"
    linear_probe.main(["--run", str(tmp_path), "--texts", str(texts)])
    lines = [json.loads(line) for line in texts.read_text().splitlines()]
    assert [i for i, _ in lines] == list(range(32))
    np.save(tmp_path / "other.npy", np.eye(2)[np.arange(32) % 2])
    linear_probe.main(["--run", str(tmp_path), "--vectors", f"other={tmp_path / 'other.npy'}"])
    rows = [line.split("|")[1:-1] for line in capsys.readouterr().out.splitlines() if line.startswith("| ")]
    assert [row[0].strip() for row in rows] == ["representation", "LogLM", "LogLM, standardised", "TF-IDF"] * 2 + [
        "other"
    ]
    assert all(cell.strip().startswith("1.000") for cell in rows[-1][1:])
