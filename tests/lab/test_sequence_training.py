"""Training on windows: the hidden event is learned, and so is what only order and company tell."""

import random
from dataclasses import replace

import numpy as np
import pytest
import torch

from loglm_bridge.lab import sequence_training as stage
from loglm_bridge.lab.sequence_encoder import shape
from loglm_bridge.model.steps import ROWS, Step, marks

SETTINGS = stage.SequenceSettings(
    pretrain_epochs=3, epochs=300, minutes=1e6, learning_rate=3e-3, dropout=0.0, alone=0.0, seed=2
)


@pytest.fixture(scope="module")
def reading():
    """Half of the windows beat evenly, half do not; their events alone are alike."""
    rng = random.Random(1)
    steps, malice, windows = [], [], []
    for bad in [True, False] * 60:
        time, window = 1000.0, []
        for _ in range(8):
            time += 60.0 if bad else rng.choice([3.0, 20.0, 90.0, 400.0])
            window.append(len(steps))
            steps.append(Step(time, "10.0.0.1", 50_000, "203.0.113.9", 443, (20, 22, 6, 6, 30)))
            malice.append(float(bad))
        windows.append(window)
    n = len(steps)
    technique = np.where(np.array(malice) == 1, 1, -1)
    vectors = np.random.default_rng(0).normal(size=(4, 16)).astype(np.float32)
    canonical = np.arange(n) % 4
    return stage.Reading(steps, canonical, vectors, np.array(malice), technique, ("T1", "T2")), windows


def fresh(reading, settings=SETTINGS):
    return stage.encoder(shape(reading.vectors.shape[1], layers=1, heads=2, inner=32), 3, settings)


def test_a_beat_is_learned_that_no_event_alone_shows(reading):
    told, windows = reading
    model = fresh(told)
    stage.fit(model, told, windows[:80], SETTINGS)
    rest = [event for window in windows[80:] for event in window[3:]]
    found = stage.logits(model, told, windows[80:])
    assert np.isnan(found[windows[0][0]]).all()
    right = (found[rest, 0] > 0) == (told.malice[rest] == 1)
    assert right.mean() > 0.9
    bad = [event for event in rest if told.malice[event] == 1]
    assert (found[bad, 1:].argmax(1) == 1).all()


def test_pretraining_learns_what_hidden_events_were(reading):
    told, windows = reading
    losses = stage.pretrain(fresh(told), told, windows, replace(SETTINGS, pretrain_epochs=150))
    assert len(losses) == 150
    assert sum(losses[-10:]) < 0.7 * sum(losses[:10])


def test_the_seed_decides_the_weights(reading):
    told, windows = reading
    made = []
    for seed in (2, 2, 3):
        settings = replace(SETTINGS, epochs=1, seed=seed, dropout=0.1, alone=0.3, vectors=0.5, mark_dropout=0.2)
        model = fresh(told, settings)
        stage.fit(model, told, windows, settings)
        made.append(torch.cat([p.flatten() for p in model.parameters()]))
    assert torch.equal(made[0], made[1])
    assert not torch.equal(made[0], made[2])


def test_a_drawn_window_holds_its_events_once():
    rng = random.Random(0)
    for _ in range(50):
        parts = list(stage._drawn(range(9), rng, 0.4))
        assert sorted(event for part in parts for event in part) == list(range(9))


def test_marks_of_padding_are_zero(reading):
    told, windows = reading
    _, rows, events = stage._padded(told, [windows[0], windows[1][:2]])
    assert (rows[1, 2:] == 0).all()
    assert (events[1, 2:] == -1).all()
    keys = [int(told.canonical[e]).to_bytes(4, "big") for e in windows[0]]
    assert rows[0].numpy().tolist() == marks([told.steps[e] for e in windows[0]], keys).tolist()
    assert int(rows.max()) < ROWS
