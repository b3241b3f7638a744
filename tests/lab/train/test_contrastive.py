"""The supervised contrastive loss against its definition, and the batches of the pair sampler."""

import math

import pytest
import torch

from loglm_bridge.lab.train.contrastive import TECHNIQUE_TEMPERATURE, LabelledSample, PairSampler, technique_loss
from loglm_bridge.model.features.tokenizer import Encoded

NOTHING = Encoded((), (), False)


def test_the_loss_follows_its_definition():
    vectors = torch.tensor([[1.0, 0.0], [0.6, 0.8], [0.0, 2.0], [0.8, -0.6]])
    techniques = [("T1",), ("T1", "T2"), ("T2",), ("T3",)]
    cosine = [[1.0, 0.6, 0.0, 0.8], [0.6, 1.0, 0.8, 0.0], [0.0, 0.8, 1.0, -0.6], [0.8, 0.0, -0.6, 1.0]]
    positives = {0: [1], 1: [0, 2], 2: [1]}
    terms = []
    for i, own in positives.items():
        total = sum(math.exp(cosine[i][k] / TECHNIQUE_TEMPERATURE) for k in range(4) if k != i)
        terms.append(-sum(math.log(math.exp(cosine[i][j] / TECHNIQUE_TEMPERATURE) / total) for j in own) / len(own))
    assert float(technique_loss(vectors, techniques)) == pytest.approx(sum(terms) / 3, rel=1e-4)


def test_events_with_a_common_parent_alone_have_no_gradient():
    vectors = torch.tensor([[1.0, 0.0], [0.9, 0.1], [0.0, 1.0]], requires_grad=True)
    technique_loss(vectors, [("T1.001",), ("T1.001",), ("T1.002",)]).backward()
    assert torch.all(vectors.grad[2] == 0)


def test_a_batch_holds_two_samples_of_each_technique_with_different_origins():
    samples = [LabelledSample(NOTHING, (f"T{i % 4}",), f"rule{i % 12}") for i in range(48)]
    sampler = PairSampler([*samples, LabelledSample(NOTHING, ("T9",), "alone")], 1)
    rows = sampler.draw(7, 3)
    assert rows == sampler.draw(7, 3) != sampler.draw(8, 3)
    drawn = [samples[row] for row in rows]
    assert len(drawn) == 6
    for one, other in zip(drawn[::2], drawn[1::2], strict=True):
        assert one.techniques == other.techniques
        assert one.origin != other.origin
