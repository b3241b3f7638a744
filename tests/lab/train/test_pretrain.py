"""Pretraining: the loss falls, the same seed gives the same weights, also if a run is killed and resumed."""

import json
from dataclasses import replace

import pytest
import torch

from loglm_bridge.lab.train.contrastive import LabelledSample, technique_loss, view_loss
from loglm_bridge.lab.train.pretrain import Pretraining, PretrainSettings
from loglm_bridge.lab.train.token_batches import pad
from tests.lab.tiny import shape_of

SETTINGS = PretrainSettings(epochs=2, minutes=1e6, budget=1024, warmup=5, seed=3)


class Killed(Pretraining):
    """Saves after a few steps and is killed two steps later, between two checkpoints."""

    def _step(self, *args):
        if self.step == 3:
            self._save()
        if self.step == 5:
            raise KeyboardInterrupt
        return super()._step(*args)


def pretraining(tiny, folder, settings=SETTINGS, kind=Pretraining):
    folder.mkdir(exist_ok=True)
    return kind(tiny.tokenizer, shape_of(tiny.tokenizer), settings, folder)


def weights(run):
    return {name: value.clone() for name, value in run.model.state_dict().items()}


def equal(one, other):
    return all(torch.equal(one[name], other[name]) for name in one)


@pytest.fixture(scope="module")
def uninterrupted(tiny, tmp_path_factory):
    run = pretraining(tiny, tmp_path_factory.mktemp("uninterrupted"))
    run.run(tiny.encoded)
    return run


def test_the_loss_falls(tiny, tmp_path):
    settings = replace(SETTINGS, epochs=40, learning_rate=5e-3)
    run = pretraining(tiny, tmp_path, settings)
    run.run(tiny.encoded)
    losses = [json.loads(line)["loss"] for line in (tmp_path / "pretrain.log").read_text().splitlines()]
    assert len(losses) == run.step // 100 >= 2
    assert losses[-1] < losses[0] - 0.3


def test_the_same_seed_gives_the_same_weights(tiny, uninterrupted, tmp_path):
    again = pretraining(tiny, tmp_path / "again")
    again.run(tiny.encoded)
    assert equal(weights(again), weights(uninterrupted))
    other = pretraining(tiny, tmp_path / "other", replace(SETTINGS, seed=4))
    other.run(tiny.encoded)
    assert not equal(weights(other), weights(uninterrupted))


def test_a_killed_run_resumes_and_ends_with_the_weights_of_an_uninterrupted_one(tiny, uninterrupted, tmp_path):
    with pytest.raises(KeyboardInterrupt):
        pretraining(tiny, tmp_path, kind=Killed).run(tiny.encoded)
    torch.manual_seed(999)
    resumed = pretraining(tiny, tmp_path)
    assert resumed.step == 3
    resumed.run(tiny.encoded)
    assert resumed.step == uninterrupted.step
    assert equal(weights(resumed), weights(uninterrupted))


def test_a_finished_run_is_not_trained_further(tiny, tmp_path):
    run = pretraining(tiny, tmp_path)
    run.run(tiny.encoded)
    again = pretraining(tiny, tmp_path)
    again.run(tiny.encoded)
    assert again.step == run.step
    assert equal(weights(again), weights(run))


def test_the_time_limit_ends_a_run(tiny, tmp_path):
    run = pretraining(tiny, tmp_path, replace(SETTINGS, minutes=1e-9))
    run.run(tiny.encoded)
    assert (run.step, run.epoch) == (1, 0)
    assert (tmp_path / "pretrain.pt").exists()


def test_a_checkpoint_holds_no_code(tiny, uninterrupted):
    state = torch.load(uninterrupted.folder / "pretrain.pt", weights_only=True)
    assert state["progress"][:2] == [2, uninterrupted.step]
    assert state["settings"]["seed"] == 3


def test_the_learning_rate_warms_up_and_falls(tiny, tmp_path):
    run = pretraining(tiny, tmp_path)
    rates = []
    for run.step in range(100):
        rates.append(run._schedule(100, 1e9))
    assert rates[0] == pytest.approx(0.2, abs=0.01)
    assert max(rates) == rates[4]
    assert rates[5:] == sorted(rates[5:], reverse=True)
    assert 0.05 <= rates[-1] < 0.06
    run.seconds = 1e9
    assert run._schedule(100, 1e9) == pytest.approx(0.05)


def test_the_loss_of_views_brings_the_views_of_an_event_together(tiny, tmp_path):
    settings = replace(SETTINGS, epochs=1, learning_rate=3e-3)
    gaps = []
    for contrast in (0.0, 1.0):
        run = pretraining(tiny, tmp_path / str(contrast), replace(settings, view_contrast=contrast))
        run.run(tiny.encoded * 10)
        batch = pad(tiny.encoded, range(32), tiny.tokenizer.pad)
        run.model.eval()
        with torch.no_grad():
            pooled = run.model.encoder.pool(batch.ids, run.model.encoder(batch.ids, batch.fields))
            gaps.append(float(view_loss(pooled, run._without_fields(batch))))
    assert gaps[1] < gaps[0] * 0.9


def test_the_loss_of_techniques_brings_events_of_a_technique_together(tiny, tmp_path):
    samples = [LabelledSample(event, (f"T{i % 5}",), str(i)) for i, event in enumerate(tiny.encoded[:20])]
    settings = replace(SETTINGS, epochs=1, learning_rate=3e-3)
    gaps = []
    for contrast in (0.0, 3.0):
        folder = tmp_path / str(contrast)
        folder.mkdir()
        contrastive = replace(settings, technique_contrast=contrast)
        run = Pretraining(tiny.tokenizer, shape_of(tiny.tokenizer), contrastive, folder, samples)
        run.run(tiny.encoded * 40)
        batch = pad(tiny.encoded, range(20), tiny.tokenizer.pad)
        run.model.eval()
        with torch.no_grad():
            pooled = run.model.encoder.pool(batch.ids, run.model.encoder(batch.ids, batch.fields))
            gaps.append(float(technique_loss(pooled, [sample.techniques for sample in samples])))
    assert gaps[1] < gaps[0] * 0.9
