"""The encoder at work: an event's vector is the same in any batch, order and thread count."""

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


def a_batch_of(count, tiny, seed=3):
    """Events of every length there is, drawn from the samples and cut at random."""
    rng = random.Random(seed)
    events = []
    for _ in range(count):
        event = rng.choice(tiny.encoded)
        length = rng.randint(2, len(event.ids))
        events.append(Encoded(event.ids[:length], event.fields[:length], False))
    return events


@pytest.mark.parametrize("threads", [1, 2])
def test_alone_in_a_batch_and_shuffled_the_bytes_are_equal(tiny, session, threads):
    events = a_batch_of(500, tiny)
    other = EventSession(tiny.onnx, tiny.tokenizer.pad, threads)
    whole = other.encode(events)
    alone = np.concatenate([session.encode([event]) for event in events])
    assert whole.tobytes() == alone.tobytes()
    order = np.random.default_rng(1).permutation(len(events))
    assert other.encode([events[i] for i in order]).tobytes() == whole[order].tobytes()


def test_batches_are_cut_at_the_token_budget(tiny, session):
    short = Encoded(tiny.encoded[0].ids[:3], tiny.encoded[0].fields[:3], False)
    many = TOKEN_BUDGET // LENGTH_STEP * 2 + 1
    vectors = session.encode([short] * many)
    assert vectors.shape == (many, 32)
    assert len({row.tobytes() for row in vectors}) == 1


def test_an_event_is_padded_by_its_own_length_alone(tiny, session, monkeypatch):
    """In a batch as alone: the padded length decides in which order a kernel adds."""
    seen, run = set(), session._run

    def spied(ids, fields):
        seen.update((row.tobytes().rstrip(b"\0"), len(row)) for row in ids)
        return run(ids, fields)

    monkeypatch.setattr(session, "_run", spied)
    events = a_batch_of(60, tiny)
    session.encode(events)
    together, seen = seen, set()
    for event in events:
        session.encode([event])
    assert together == seen
    assert {length % LENGTH_STEP for _, length in seen} == {0}
    assert len({length for _, length in seen}) > 3


def test_no_events_give_no_vectors(session):
    assert session.encode([]).shape == (0, 32)
    assert session.width == 32


def test_bytes_the_runtime_cannot_load_are_refused():
    with pytest.raises(ModelRefused, match="cannot load"):
        EventSession(b"\x08\x0a", 0)


def test_a_graph_with_other_outputs_is_refused(tiny):
    renamed = tiny.onnx.replace(b"\x12\x06vector", b"\x12\x06vectos").replace(b"\x0a\x06vector", b"\x0a\x06vectos")
    assert renamed != tiny.onnx
    with pytest.raises(ModelRefused, match=r"event\.onnx"):
        EventSession(renamed, tiny.tokenizer.pad)


def test_ids_outside_the_vocabulary_are_a_failure_and_not_a_vector(tiny, session):
    stray = Encoded(np.array([10**6], np.int32), np.array([1], np.int32), False)
    with pytest.raises(ModelFailed, match="failed"):
        session.encode([stray])


def test_numbers_that_are_not_finite_are_a_failure(tiny):
    weights = {n: v.detach().numpy().copy() for n, v in tiny.encoder.state_dict().items()}
    weights["norm.weight"][0] = np.nan
    data = model_export.encoder_graph(tiny.encoder.shape, tiny.encoder.pad, weights)
    with pytest.raises(ModelFailed, match="not finite"):
        EventSession(data, tiny.tokenizer.pad).encode(tiny.encoded[:1])
