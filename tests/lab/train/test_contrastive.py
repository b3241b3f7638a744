"""The supervised contrastive loss against its definition, and what a batch of tellings holds."""

import math

import pytest
import torch

from loglm_bridge.lab.train.contrastive import PARENT_TEMPERATURE, Kin, LabelledSample, same_technique
from loglm_bridge.model.features.tokenizer import Encoded

NOTHING = Encoded((), (), False)


def test_the_loss_is_that_of_its_definition():
    vectors = torch.tensor([[1.0, 0.0], [0.6, 0.8], [0.0, 2.0], [0.8, -0.6]])
    told = [("T1",), ("T1", "T2"), ("T2",), ("T3",)]
    cosine = [[1.0, 0.6, 0.0, 0.8], [0.6, 1.0, 0.8, 0.0], [0.0, 0.8, 1.0, -0.6], [0.8, 0.0, -0.6, 1.0]]
    friends = {0: [1], 1: [0, 2], 2: [1]}
    terms = []
    for i, own in friends.items():
        total = sum(math.exp(cosine[i][k] / PARENT_TEMPERATURE) for k in range(4) if k != i)
        terms.append(-sum(math.log(math.exp(cosine[i][j] / PARENT_TEMPERATURE) / total) for j in own) / len(own))
    assert float(same_technique(vectors, told)) == pytest.approx(sum(terms) / 3, rel=1e-4)


def test_what_shares_the_parent_alone_neither_attracts_nor_repels():
    vectors = torch.tensor([[1.0, 0.0], [0.9, 0.1], [0.0, 1.0]], requires_grad=True)
    same_technique(vectors, [("T1.001",), ("T1.001",), ("T1.002",)]).backward()
    assert torch.all(vectors.grad[2] == 0)


def test_a_batch_holds_two_tellings_of_each_technique_by_different_origins():
    tellings = [LabelledSample(NOTHING, (f"T{i % 4}",), f"rule{i % 12}") for i in range(48)]
    kin = Kin([*tellings, LabelledSample(NOTHING, ("T9",), "alone")], 1)
    rows = kin.draw(7, 3)
    assert rows == kin.draw(7, 3) != kin.draw(8, 3)
    drawn = [tellings[row] for row in rows]
    assert len(drawn) == 6
    for one, other in zip(drawn[::2], drawn[1::2], strict=True):
        assert one.techniques == other.techniques
        assert one.origin != other.origin
