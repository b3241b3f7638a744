"""Contrastive losses: between two views of the same event, and between events of the same technique."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from loglm_bridge.model.features.tokenizer import Encoded

#: Temperature of the loss of views (InfoNCE; van den Oord et al., 2018).
TEMPERATURE = 0.07

#: Temperature of the supervised loss of techniques (Khosla et al., 2020).
TECHNIQUE_TEMPERATURE = 0.1


@dataclass(frozen=True)
class LabelledSample:
    """The tokens of a weak example, its techniques, and its origin: a rule or a catalogue entry."""

    event: Encoded
    techniques: tuple[str, ...]
    origin: str


def view_loss(one: Tensor, other: Tensor) -> Tensor:
    """Return the InfoNCE loss of two views (events, width) of the same events, averaged over both directions."""
    cosine = F.normalize(one.float()) @ F.normalize(other.float()).T
    own = torch.arange(len(cosine))
    return (F.cross_entropy(cosine / TEMPERATURE, own) + F.cross_entropy(cosine.T / TEMPERATURE, own)) / 2


def technique_loss(vectors: Tensor, techniques: Sequence[tuple[str, ...]]) -> Tensor:
    """Return the supervised contrastive loss of vectors (events, width); Khosla et al., 2020, L_out.

    Events with a common technique are positives of each other. Events with a common parent technique alone are neither
    positives nor negatives.
    """
    unit = F.normalize(vectors.float())
    positives = _overlaps([set(own) for own in techniques])
    related = _overlaps([{t.partition(".")[0] for t in own} for own in techniques])
    logits = (unit @ unit.T / TECHNIQUE_TEMPERATURE).masked_fill(related & ~positives, -1e9)
    logits = logits.masked_fill(torch.eye(len(unit), dtype=torch.bool), -1e9)
    positives.fill_diagonal_(False)
    log_likelihood = (torch.log_softmax(logits, 1) * positives).sum(1) / positives.sum(1).clamp(min=1)
    return -log_likelihood[positives.any(1)].mean()


class PairSampler:
    """Draws batches of samples: two of each drawn technique, of different origins if possible."""

    def __init__(self, samples: Sequence[LabelledSample], seed: int) -> None:
        self.samples, self.seed = samples, seed
        by: dict[str, dict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
        for row, sample in enumerate(samples):
            for technique in sample.techniques:
                by[technique][sample.origin].append(row)
        self._rows = [by[t] for t in sorted(by) if sum(map(len, by[t].values())) > 1]

    def draw(self, step: int, techniques: int) -> list[int]:
        """Return rows of samples, two for each of up to `techniques` techniques; the same for the same step."""
        rng = np.random.default_rng((self.seed, step))
        chosen = rng.choice(len(self._rows), min(techniques, len(self._rows)), replace=False)
        return [row for technique in chosen for row in _pair(self._rows[technique], rng)]


def _pair(origins: dict[str, list[int]], rng: np.random.Generator) -> list[int]:
    """Return two rows, of two origins if there are two."""
    names = sorted(origins)
    drawn = rng.choice(len(names), 2, replace=len(names) < 2)
    return [int(rng.choice(origins[names[i]])) for i in drawn]


def _overlaps(sets: Sequence[set[str]]) -> Tensor:
    """Return the matrix of which sets have a common element."""
    return torch.tensor([[not one.isdisjoint(other) for other in sets] for one in sets])
