"""Stage `heads`: nets for techniques and for malice over the frozen encoder's vector and the bag of grams.

Both nets have the same shape and separate embedding tables: the grams that separate techniques, given an attack, are
not those that separate an attack from an ordinary event, and a table trained for both serves neither.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from loglm_bridge.lab.train.features import Features
from loglm_bridge.lab.weak_labels.training_examples import Example

#: An event with a technique weight up to this is background.
MIN_TECHNIQUE_WEIGHT = 0.01

#: The loss of a net: (logits, rows of the batch) -> scalar.
Loss = Callable[[Tensor, np.ndarray], Tensor]


@dataclass(frozen=True)
class NetSettings:
    """Sizes and training of one net.

    `bag` and `hidden` are widths. `balance` lifts rare techniques: weight ~ frequency ** -balance. `background_weight`
    is the weight of background events on the technique net, with all techniques as equal targets: without them the
    techniques of background are arbitrary and may win in a recording; at most `background_events` are drawn. `parents`
    is the weight of the parent technique in the loss. `members` nets of different seeds are averaged; the last
    `grams_only` of them get no vector.
    """

    bag: int
    hidden: int
    epochs: int
    batch: int = 512
    learning_rate: float = 4e-3
    weight_decay: float = 0.02
    gram_dropout: float = 0.3
    part_dropout: float = 0.15
    hidden_dropout: float = 0.2
    balance: float = 0.5
    background_weight: float = 0.0
    background_events: int = 20_000
    parents: float = 0.0
    members: int = 1
    grams_only: int = 0
    seed: int = 1


def tensors(features: Features, rows: np.ndarray) -> tuple[Tensor, Tensor, Tensor]:
    """Return (vectors, flat grams, offsets) of the chosen events."""
    parts = [features.grams[i] for i in rows]
    offsets = np.cumsum([0, *(len(p) for p in parts[:-1])])
    flat = np.concatenate(parts).astype(np.int64)
    return torch.from_numpy(features.vectors[rows]), torch.from_numpy(flat), torch.from_numpy(offsets)


class HybridNet(nn.Module):
    """(vector, grams) -> logits, through one hidden layer.

    The bag is the sum of the gram embeddings over the square root of their number; `centre` and `spread` standardise
    the vector. In training each half is sometimes dropped, so that the net does not rely on one of them alone. Without
    `uses_vector` the net depends on the grams alone.
    """

    centre: Tensor
    spread: Tensor

    def __init__(self, features: Features, outputs: int, settings: NetSettings, uses_vector: bool = True) -> None:
        super().__init__()
        vectors = features.vectors
        self.settings, self.uses_vector = settings, uses_vector
        self.table = nn.EmbeddingBag(features.buckets, settings.bag, mode="sum")
        nn.init.normal_(self.table.weight, std=0.1)
        self.register_buffer("centre", torch.from_numpy(vectors.mean(0)))
        self.register_buffer("spread", torch.from_numpy(vectors.std(0) + 1e-6))
        self.hidden = nn.Linear(vectors.shape[1] + settings.bag, settings.hidden)
        self.out = nn.Linear(settings.hidden, outputs)

    def forward(self, vectors: Tensor, grams: Tensor, offsets: Tensor) -> Tensor:
        """Return logits (events, outputs)."""
        vector, bag = (vectors - self.centre) / self.spread * self.uses_vector, self._bag(grams, offsets)
        if self.training and self.uses_vector:
            draw, rate = torch.rand(len(vector), 1), self.settings.part_dropout
            vector, bag = vector * (draw >= rate), bag * (draw < 1 - rate / 2)
        hidden = F.relu(self.hidden(torch.cat([vector, bag], 1)))
        out: Tensor = self.out(F.dropout(hidden, self.settings.hidden_dropout, self.training))
        return out

    def _bag(self, grams: Tensor, offsets: Tensor) -> Tensor:
        counts = torch.diff(offsets, append=torch.tensor([len(grams)])).clamp(min=1)
        weights = torch.ones(len(grams))
        if self.training:
            rate = self.settings.gram_dropout
            weights = (torch.rand(len(grams)) >= rate).to(torch.float32) / (1 - rate)
        bag: Tensor = self.table(grams, offsets, per_sample_weights=weights) / counts.sqrt().unsqueeze(1)
        return bag


class Ensemble(nn.Module):
    """Nets of the same shape with different seeds; the logits are their mean."""

    def __init__(self, members: Sequence[HybridNet]) -> None:
        super().__init__()
        self.members = nn.ModuleList(members)

    def forward(self, vectors: Tensor, grams: Tensor, offsets: Tensor) -> Tensor:
        """Return logits (events, outputs)."""
        return torch.stack([member(vectors, grams, offsets) for member in self.members]).mean(0)


def fit_techniques(
    features: Features, examples: Sequence[Example], labels: Sequence[str], settings: NetSettings
) -> Ensemble:
    """Train the technique nets on the examples with techniques; the outputs are in the order of `labels`."""
    rows = _where([e.technique_weight > MIN_TECHNIQUE_WEIGHT for e in examples])
    index = {t: i for i, t in enumerate(labels)}
    shares = np.zeros((len(rows), len(labels)), dtype=np.float32)
    for i, row in enumerate(rows):
        for technique, share in examples[row].techniques.items():
            shares[i, index[technique]] = share
    weight = _balanced(shares, np.array([examples[r].technique_weight for r in rows]), settings.balance)
    background = _background(examples, settings)
    rows += background
    shares = np.concatenate([shares, np.full((len(background), len(labels)), 1.0 / len(labels), dtype=np.float32)])
    weight = np.concatenate([weight, np.full(len(background), settings.background_weight, dtype=np.float32)])
    parents = parent_matrix(labels)

    def loss(logits: Tensor, batch: np.ndarray) -> Tensor:
        target, weights = torch.from_numpy(shares[batch]), torch.from_numpy(weight[batch])
        log_likelihood = (target * torch.log_softmax(logits, 1)).sum(1)
        if settings.parents:
            of_parents = (torch.softmax(logits, 1) @ parents).clamp(min=1e-9).log()
            log_likelihood = log_likelihood + settings.parents * ((target @ parents) * of_parents).sum(1)
        return -(log_likelihood * weights).mean()

    return _fit(features.take(np.array(rows, dtype=np.int64)), len(labels), settings, loss)


def parent_matrix(labels: Sequence[str]) -> Tensor:
    """Return the 0/1 matrix (techniques, parents) of which technique belongs to which parent (T1003.001 -> T1003)."""
    parents = sorted({label.partition(".")[0] for label in labels})
    out = torch.zeros(len(labels), len(parents))
    for row, label in enumerate(labels):
        out[row, parents.index(label.partition(".")[0])] = 1.0
    return out


def _background(examples: Sequence[Example], settings: NetSettings) -> list[int]:
    """Draw the rows of background events, which many recordings share."""
    if not settings.background_weight:
        return []
    rows = _where([0.0 < e.technique_weight <= MIN_TECHNIQUE_WEIGHT for e in examples])
    return sorted(random.Random(settings.seed).sample(rows, min(len(rows), settings.background_events)))


def fit_malice(features: Features, examples: Sequence[Example], settings: NetSettings) -> Ensemble:
    """Train the malice nets on the examples of known malice; the one output is the logit of an attack."""
    rows = _where([e.malice is not None and e.malice_weight > 0 for e in examples])
    targets = np.array([examples[r].malice for r in rows], dtype=np.float32)
    weight = np.array([examples[r].malice_weight for r in rows], dtype=np.float32)

    def loss(logits: Tensor, batch: np.ndarray) -> Tensor:
        losses = F.binary_cross_entropy_with_logits(logits[:, 0], torch.from_numpy(targets[batch]), reduction="none")
        return (losses * torch.from_numpy(weight[batch])).mean()

    return _fit(features.take(np.array(rows, dtype=np.int64)), 1, settings, loss)


def predict(net: nn.Module, features: Features, batch: int = 2048) -> np.ndarray:
    """Return logits (events, outputs)."""
    net.eval()
    with torch.no_grad():
        starts = range(0, len(features), batch)
        parts = [net(*tensors(features, np.arange(s, min(s + batch, len(features))))).numpy() for s in starts]
    return np.concatenate(parts)


def _fit(features: Features, outputs: int, settings: NetSettings, loss: Loss) -> Ensemble:
    seeds = [replace(settings, seed=settings.seed * 100 + i) for i in range(settings.members)]
    with_vector = settings.members - settings.grams_only
    return Ensemble([_member(features, outputs, s, loss, i < with_vector) for i, s in enumerate(seeds)]).eval()


def _member(features: Features, outputs: int, settings: NetSettings, loss: Loss, uses_vector: bool) -> HybridNet:
    torch.manual_seed(settings.seed)
    net = HybridNet(features, outputs, settings, uses_vector)
    dense = [p for n, p in net.named_parameters() if not n.startswith("table.")]
    # no weight decay on the table: the row of a rare gram would decay between its occurrences
    optimiser = torch.optim.AdamW(
        [
            {"params": net.table.parameters(), "weight_decay": 0.0, "share": 1.0},
            {"params": dense, "weight_decay": settings.weight_decay, "share": 0.33},
        ]
    )
    batches = list(_batches(len(features), settings))
    for done, batch in enumerate(batches):
        for group in optimiser.param_groups:
            group["lr"] = settings.learning_rate * group["share"] * (1 - done / len(batches))
        value = loss(net(*tensors(features, batch)), batch)
        optimiser.zero_grad()
        value.backward()  # type: ignore[no-untyped-call]
        optimiser.step()
    return net.eval()


def _where(chosen: Sequence[bool]) -> list[int]:
    return [row for row, is_chosen in enumerate(chosen) if is_chosen]


def _batches(events: int, settings: NetSettings) -> Iterator[np.ndarray]:
    rng = np.random.default_rng(settings.seed)
    for _ in range(settings.epochs):
        order = rng.permutation(events)
        for start in range(0, events, settings.batch):
            yield order[start : start + settings.batch]


def _balanced(shares: np.ndarray, weight: np.ndarray, balance: float) -> np.ndarray:
    """Return the weights of examples (mean 1), those of rare techniques lifted."""
    mass = (shares * weight[:, None]).sum(0) + 1e-3
    lift = np.clip(shares @ (mass / mass.mean()) ** -balance, 0.2, 10.0)
    result: np.ndarray = (weight * lift / (weight * lift).mean()).astype(np.float32)
    return result
