"""The self-test: verdicts on golden events must be the recorded ones."""

import json
from dataclasses import replace

import pytest

from loglm_bridge.contract.errors import ModelFailed, ModelRefused
from loglm_bridge.model.folder.model_folder import GOLDEN, HEADS_CONFIG
from loglm_bridge.model.labeller import Labeller
from tests.model.sealing import with_file


def test_a_sealed_model_passes(labeller):
    labeller.self_test()


@pytest.mark.parametrize("row", [0, 20, -1])
@pytest.mark.parametrize("change", [{"score": 0.02}, {"score": float("nan")}, {"technique": "T9999"}])
def test_a_verdict_other_than_the_recorded_one_fails(sealed, tmp_path, row, change):
    rows = json.loads((sealed / GOLDEN).read_text())
    recorded = rows[row]["base"]
    changes = {k: v + recorded["score"] if k == "score" else v for k, v in change.items()}
    rows[row] = {**rows[row], "base": {**recorded, **changes}}
    with pytest.raises(ModelFailed, match="differs from the recorded one"):
        Labeller.load(with_file(sealed, tmp_path, GOLDEN, json.dumps(rows))).self_test()


def test_other_heads_fail(sealed, tiny, tmp_path):
    scales = {f: replace(s, low=s.low - 9.0) for f, s in tiny.heads.config.scales.items()}
    _, text = tiny.heads.with_config(scales=scales).dump()
    folder = with_file(sealed, tmp_path, HEADS_CONFIG, text)
    with pytest.raises(ModelFailed):
        Labeller.load(folder).self_test()


@pytest.mark.parametrize(
    "golden",
    [
        "[]",
        "{}",
        "3",
        "[3]",
        '[{"id": "a"}]',
        '[{"id":"a","event":{"raw":"b"}}]',
        '[{"id":"a","event":{},"base":{"score":1,"technique":"x"}}]',
        '[{"id":"a","event":{"raw":"b"},"base":1}]',
    ],
)
def test_invalid_golden_events_are_refused(sealed, tmp_path, golden):
    with pytest.raises(ModelRefused, match="golden"):
        Labeller.load(with_file(sealed, tmp_path, GOLDEN, golden)).self_test()
