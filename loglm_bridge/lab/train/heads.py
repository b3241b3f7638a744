"""Stage `heads`: which technique, and is it an attack, learned over the frozen encoder's vector and the bag of grams.

Two nets of one shape with separate tables: what tells techniques apart (given an attack) is not what tells an attack
from an ordinary event, and a table trained for both serves neither.
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

#: What a net is trained on: (logits, rows of the batch) -> scalar.
Loss = Callable[[Tensor, np.ndarray], Tensor]


@dataclass(frozen=True)
class NetSettings:
    """Sizes and schedule of one net. `balance` lifts rare techniques: weight ~ frequency ** -balance.

    `calm` is the weight of laboratory background on the technique net, whose target is "every technique alike": without
    it the answers there are arbitrary, and a recording's best technique is that of its loudest background. `members`
    nets of different seeds are averaged; the last `blind` of them do without the vector. `parents` is the weight of
    naming the parent technique right, beside the technique itself.
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
    calm: float = 0.0
    calm_events: int = 20_000
    parents: float = 0.0
    members: int = 1
    blind: int = 0
    seed: int = 1


def tensors(features: Features, rows: np.ndarray) -> tuple[Tensor, Tensor, Tensor]:
    """Return (vectors, flat grams, offsets) of the chosen events."""
    parts = [features.grams[i] for i in rows]
    offsets = np.cumsum([0, *(len(p) for p in parts[:-1])])
    flat = np.concatenate(parts).astype(np.int64)
    return torch.from_numpy(features.vectors[rows]), torch.from_numpy(flat), torch.from_numpy(offsets)


class HybridNet(nn.Module):
    """(vector, grams) -> logits, through one hidden layer.

    The bag is the sum of gram embeddings over the square root of their number; `centre` and `spread` standardise the
    vector. Each half is sometimes withheld in training, so that neither is leaned on alone.
    """

    centre: Tensor
    spread: Tensor

    def __init__(self, features: Features, outputs: int, settings: NetSettings, sees: bool = True) -> None:
        super().__init__()
        vectors = features.vectors
        self.settings, self.sees = settings, sees
        self.table = nn.EmbeddingBag(features.buckets, settings.bag, mode="sum")
        nn.init.normal_(self.table.weight, std=0.1)
        self.register_buffer("centre", torch.from_numpy(vectors.mean(0)))
        self.register_buffer("spread", torch.from_numpy(vectors.std(0) + 1e-6))
        self.hidden = nn.Linear(vectors.shape[1] + settings.bag, settings.hidden)
        self.out = nn.Linear(settings.hidden, outputs)

    def forward(self, vectors: Tensor, grams: Tensor, offsets: Tensor) -> Tensor:
        """Return logits (events, outputs)."""
        vector, bag = (vectors - self.centre) / self.spread * self.sees, self._bag(grams, offsets)
        if self.training and self.sees:
            dice, rate = torch.rand(len(vector), 1), self.settings.part_dropout
            vector, bag = vector * (dice >= rate), bag * (dice < 1 - rate / 2)
        hidden = F.relu(self.hidden(torch.cat([vector, bag], 1)))
        out: Tensor = self.out(F.dropout(hidden, self.settings.hidden_dropout, self.training))
        return out

    def _bag(self, grams: Tensor, offsets: Tensor) -> Tensor:
        counts = torch.diff(offsets, append=torch.tensor([len(grams)])).clamp(min=1)
        kept = torch.ones(len(grams))
        if self.training:
            rate = self.settings.gram_dropout
            kept = (torch.rand(len(grams)) >= rate).to(torch.float32) / (1 - rate)
        bag: Tensor = self.table(grams, offsets, per_sample_weights=kept) / counts.sqrt().unsqueeze(1)
        return bag


class Ensemble(nn.Module):
    """Nets of one shape and different seeds; its logits are their mean."""

    def __init__(self, members: Sequence[HybridNet]) -> None:
        super().__init__()
        self.members = nn.ModuleList(members)

    def forward(self, vectors: Tensor, grams: Tensor, offsets: Tensor) -> Tensor:
        """Return logits (events, outputs)."""
        return torch.stack([member(vectors, grams, offsets) for member in self.members]).mean(0)


def fit_techniques(
    features: Features, examples: Sequence[Example], labels: Sequence[str], settings: NetSettings
) -> Ensemble:
    """Train the technique nets on the examples that name one; `labels` orders its outputs."""
    rows = _where([e.technique_weight > LEAST_SAY for e in examples])
    place = {t: i for i, t in enumerate(labels)}
    shares = np.zeros((len(rows), len(labels)), dtype=np.float32)
    for i, row in enumerate(rows):
        for technique, share in examples[row].techniques.items():
            shares[i, place[technique]] = share
    weight = _balanced(shares, np.array([examples[r].technique_weight for r in rows]), settings.balance)
    calm = _calm(examples, settings)
    rows += calm
    shares = np.concatenate([shares, np.full((len(calm), len(labels)), 1.0 / len(labels), dtype=np.float32)])
    weight = np.concatenate([weight, np.full(len(calm), settings.calm, dtype=np.float32)])

    family = families(labels)

    def loss(logits: Tensor, batch: np.ndarray) -> Tensor:
        wanted, say = torch.from_numpy(shares[batch]), torch.from_numpy(weight[batch])
        told = (wanted * torch.log_softmax(logits, 1)).sum(1)
        if settings.parents:
            sums = (torch.softmax(logits, 1) @ family).clamp(min=1e-9).log()
            told = told + settings.parents * ((wanted @ family) * sums).sum(1)
        return -(told * say).mean()

    return _fit(features.take(np.array(rows, dtype=np.int64)), len(labels), settings, loss)


def families(labels: Sequence[str]) -> Tensor:
    """Return the 0/1 matrix (techniques, parents) of which technique belongs to which parent (T1003.001 -> T1003)."""
    parents = sorted({label.partition(".")[0] for label in labels})
    out = torch.zeros(len(labels), len(parents))
    for row, label in enumerate(labels):
        out[row, parents.index(label.partition(".")[0])] = 1.0
    return out


#: Say on technique below which an event is background.
LEAST_SAY = 0.01


def _calm(examples: Sequence[Example], settings: NetSettings) -> list[int]:
    """Draw background of recordings (common to many of them) for the technique net."""
    if not settings.calm:
        return []
    rows = _where([0.0 < e.technique_weight <= LEAST_SAY for e in examples])
    return sorted(random.Random(settings.seed).sample(rows, min(len(rows), settings.calm_events)))


def fit_malice(features: Features, examples: Sequence[Example], settings: NetSettings) -> Ensemble:
    """Train the detectors on the examples of known malice; its one output is the logit of an attack."""
    rows = _where([e.malice is not None and e.malice_weight > 0 for e in examples])
    wanted = np.array([examples[r].malice for r in rows], dtype=np.float32)
    weight = np.array([examples[r].malice_weight for r in rows], dtype=np.float32)

    def loss(logits: Tensor, batch: np.ndarray) -> Tensor:
        losses = F.binary_cross_entropy_with_logits(logits[:, 0], torch.from_numpy(wanted[batch]), reduction="none")
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
    seeing = settings.members - settings.blind
    return Ensemble([_member(features, outputs, s, loss, i < seeing) for i, s in enumerate(seeds)]).eval()


def _member(features: Features, outputs: int, settings: NetSettings, loss: Loss, sees: bool) -> HybridNet:
    torch.manual_seed(settings.seed)
    net = HybridNet(features, outputs, settings, sees)
    dense = [p for n, p in net.named_parameters() if not n.startswith("table.")]
    # No decay on the table: a rare gram's row would fade between its occurrences.
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
    mass = (shares * weight[:, None]).sum(0) + 1e-3
    lift = np.clip(shares @ (mass / mass.mean()) ** -balance, 0.2, 10.0)
    result: np.ndarray = (weight * lift / (weight * lift).mean()).astype(np.float32)
    return result
