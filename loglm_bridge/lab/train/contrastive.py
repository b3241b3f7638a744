"""Contrastive losses: an event's two forms belong together, and so do different tellings of one technique."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from loglm_bridge.model.features.tokenizer import Encoded

#: Temperature of the losses (van den Oord et al., 2018; Khosla et al., 2020).
TEMPERATURE = 0.07
PARENT_TEMPERATURE = 0.1


@dataclass(frozen=True)
class LabelledSample:
    """A made event: its tokens, the techniques it tells and who tells them (a rule, a catalogue's entry)."""

    event: Encoded
    techniques: tuple[str, ...]
    origin: str


def own_form(one: Tensor, other: Tensor) -> Tensor:
    """Cross-entropy of finding row i of `one` (events, width) by row i of `other`, and back (InfoNCE)."""
    cosine = F.normalize(one.float()) @ F.normalize(other.float()).T
    own = torch.arange(len(cosine))
    return (F.cross_entropy(cosine / TEMPERATURE, own) + F.cross_entropy(cosine.T / TEMPERATURE, own)) / 2


def same_technique(vectors: Tensor, techniques: Sequence[tuple[str, ...]]) -> Tensor:
    """Return the supervised contrastive loss of vectors (events, width); Khosla et al., 2020, L_out.

    Events that share a technique attract each other. Those that share the parent technique only are neither friend nor
    foe: they are left out of each other's sum.
    """
    unit = F.normalize(vectors.float())
    friends = _shared([set(told) for told in techniques])
    related = _shared([{t.partition(".")[0] for t in told} for told in techniques])
    logits = (unit @ unit.T / PARENT_TEMPERATURE).masked_fill(related & ~friends, -1e9)
    logits = logits.masked_fill(torch.eye(len(unit), dtype=torch.bool), -1e9)
    friends.fill_diagonal_(False)
    told = (torch.log_softmax(logits, 1) * friends).sum(1) / friends.sum(1).clamp(min=1)
    return -told[friends.any(1)].mean()


class Kin:
    """Draws batches of tellings: of each drawn technique two, by different origins where there are."""

    def __init__(self, tellings: Sequence[LabelledSample], seed: int) -> None:
        self.tellings, self.seed = tellings, seed
        by: dict[str, dict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
        for row, telling in enumerate(tellings):
            for technique in telling.techniques:
                by[technique][telling.origin].append(row)
        self._rows = [by[t] for t in sorted(by) if sum(map(len, by[t].values())) > 1]

    def draw(self, step: int, techniques: int) -> list[int]:
        """Return rows of tellings, two for each of up to `techniques` techniques; the same for the same step."""
        rng = np.random.default_rng((self.seed, step))
        chosen = rng.choice(len(self._rows), min(techniques, len(self._rows)), replace=False)
        return [row for place in chosen for row in _pair(self._rows[place], rng)]


def _pair(origins: dict[str, list[int]], rng: np.random.Generator) -> list[int]:
    names = sorted(origins)
    drawn = rng.choice(len(names), 2, replace=len(names) < 2)
    return [int(rng.choice(origins[names[i]])) for i in drawn]


def _shared(sets: Sequence[set[str]]) -> Tensor:
    return torch.tensor([[not one.isdisjoint(other) for other in sets] for one in sets])
