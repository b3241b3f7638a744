"""Probe: recordings of one technique that lie together are found, and only other authors' are asked."""

import json

import numpy as np
import pytest

from loglm_bridge.lab.data import corpus
from loglm_bridge.lab.data.corpus import Corpus, CorpusEvent
from loglm_bridge.lab.evaluate import linear_probe
from loglm_bridge.telemetry import CanonicalEvent

OURS, THEIRS = "otrf_security_datasets", "open_xp_rules"


@pytest.fixture(scope="module")
def made():
    """Twenty-four training recordings and eight of another author, of two techniques in turn."""
    forms = [CanonicalEvent("f", "k", (("word", f"t{i % 2} n{i}"),)) for i in range(32)]
    events = [
        CorpusEvent(str(i), OURS if i < 24 else THEIRS, f"g{i:02}", i, "malicious", (f"T100{i % 2}.001",), (), i >= 24)
        for i in range(32)
    ]
    seen_lab = CorpusEvent("x", OURS, "held", 0, "malicious", ("T1000",), (), True)
    return Corpus(forms, [*events, seen_lab])


def test_only_recordings_of_other_authors_are_asked(made):
    asked = linear_probe.task(made)
    assert (len(asked.train), len(asked.test)) == (24, 8)
    assert {asked.labels[i] for i in asked.test} == {frozenset({"T1000"}), frozenset({"T1001"})}


def test_what_lies_together_is_found_and_noise_is_not(made):
    asked = linear_probe.task(made)
    rng = np.random.default_rng(1)
    good = np.array([[i % 2, 1 - i % 2, 0.1] for i in range(32)]) + rng.normal(0, 0.01, (32, 3))
    for shots in (1, 5):
        assert linear_probe.few_shot(linear_probe.recordings(good, asked), asked, shots) == (1.0, 1.0)
    assert linear_probe.linear(linear_probe.recordings(good, asked), asked)[0] == 1.0
    noise = linear_probe.recordings(rng.normal(0, 1, (32, 3)), asked)
    assert linear_probe.few_shot(noise, asked, 1)[0] < 0.9


def test_a_recording_is_the_mean_of_its_events(made):
    asked = linear_probe.Task([[0, 1], [2]], [frozenset("a"), frozenset("b")], np.array([0]), np.array([1]))
    x = linear_probe.recordings(np.array([[2.0, 0.0], [0.0, 5.0], [3.0, 4.0]]), asked)
    np.testing.assert_allclose(x, [[2**-0.5, 2**-0.5], [0.6, 0.8]])


def test_the_table_takes_other_encoders_vectors(made, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(linear_probe, "SHOTS", (1, 5))
    corpus._save(made, _folder(tmp_path / "corpus"))
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


def _folder(path):
    path.mkdir()
    return path
