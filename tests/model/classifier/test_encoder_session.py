"""Inference of the encoder: a vector is the same in any batch, order and number of threads."""

import random

import numpy as np
import pytest

from loglm_bridge.contract.errors import ModelFailed, ModelRefused
from loglm_bridge.lab.export import model_export
from loglm_bridge.model.classifier.encoder_session import LENGTH_STEP, TOKEN_BUDGET, EventSession
from loglm_bridge.model.features.tokenizer import Encoded


@pytest.fixture(scope="module")
def session(tiny):
    return EventSession(tiny.onnx, tiny.tokenizer.pad)


def random_batch(count, tiny, seed=3):
    """Return sample events, truncated at random to every length."""
    rng = random.Random(seed)
    events = []
    for _ in range(count):
        event = rng.choice(tiny.encoded)
        length = rng.randint(2, len(event.ids))
        events.append(Encoded(event.ids[:length], event.fields[:length], False))
    return events


@pytest.mark.parametrize("threads", [1, 2])
def test_vectors_have_the_same_bytes_alone_in_a_batch_and_shuffled(tiny, session, threads):
    events = random_batch(500, tiny)
    other = EventSession(tiny.onnx, tiny.tokenizer.pad, threads)
    batch = other.encode(events)
    alone = np.concatenate([session.encode([event]) for event in events])
    assert batch.tobytes() == alone.tobytes()
    order = np.random.default_rng(1).permutation(len(events))
    assert other.encode([events[i] for i in order]).tobytes() == batch[order].tobytes()


def test_runs_are_split_at_the_token_budget(tiny, session):
    short = Encoded(tiny.encoded[0].ids[:3], tiny.encoded[0].fields[:3], False)
    count = TOKEN_BUDGET // LENGTH_STEP * 2 + 1
    vectors = session.encode([short] * count)
    assert vectors.shape == (count, 32)
    assert len({row.tobytes() for row in vectors}) == 1


def test_padding_depends_on_the_event_alone(tiny, session, monkeypatch):
    """The padded length decides in which order a kernel adds."""
    padded, run = set(), session._run

    def recording(ids, fields):
        padded.update((row.tobytes().rstrip(b"\0"), len(row)) for row in ids)
        return run(ids, fields)

    monkeypatch.setattr(session, "_run", recording)
    events = random_batch(60, tiny)
    session.encode(events)
    together, padded = padded, set()
    for event in events:
        session.encode([event])
    assert together == padded
    assert {length % LENGTH_STEP for _, length in padded} == {0}
    assert len({length for _, length in padded}) > 3


def test_no_events_give_no_vectors(session):
    assert session.encode([]).shape == (0, 32)
    assert session.width == 32


def test_an_unloadable_file_is_refused():
    with pytest.raises(ModelRefused, match="cannot load"):
        EventSession(b"\x08\x0a", 0)


def test_a_graph_with_other_outputs_is_refused(tiny):
    renamed = tiny.onnx.replace(b"\x12\x06vector", b"\x12\x06vectos").replace(b"\x0a\x06vector", b"\x0a\x06vectos")
    assert renamed != tiny.onnx
    with pytest.raises(ModelRefused, match=r"event\.onnx"):
        EventSession(renamed, tiny.tokenizer.pad)


def test_ids_outside_the_vocabulary_are_a_failure(tiny, session):
    out_of_vocabulary = Encoded(np.array([10**6], np.int32), np.array([1], np.int32), False)
    with pytest.raises(ModelFailed, match="failed"):
        session.encode([out_of_vocabulary])


def test_numbers_that_are_not_finite_are_a_failure(tiny):
    weights = {n: v.detach().numpy().copy() for n, v in tiny.encoder.state_dict().items()}
    weights["norm.weight"][0] = np.nan
    data = model_export.encoder_graph(tiny.encoder.shape, tiny.encoder.pad, weights)
    with pytest.raises(ModelFailed, match="not finite"):
        EventSession(data, tiny.tokenizer.pad).encode(tiny.encoded[:1])
