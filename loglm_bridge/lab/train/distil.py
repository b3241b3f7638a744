"""Stage `distil`: a smaller encoder that gives nearly the vectors of the pretrained one, for the profile `fast`.

The heads were fitted to the pretrained encoder's vectors and read the small one's as they are, so what is learned is
the vector itself, number by number, in the units that the heads see (Hinton et al., 2015, with vectors for classes).
"""

from __future__ import annotations

import random
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch

from loglm_bridge.lab.train.encoder import EncoderShape, EventEncoder
from loglm_bridge.lab.train.token_batches import by_length
from loglm_bridge.model.features.tokenizer import Encoded


@dataclass(frozen=True)
class DistilSettings:
    """Sizes of the small encoder and how it learns; `minutes` bounds the time, `budget` the padded tokens of a step."""

    layers: int = 2
    width: int = 64
    heads: int = 2
    inner: int = 128
    epochs: int = 8
    minutes: float = 15.0
    budget: int = 8192
    learning_rate: float = 2e-3
    seed: int = 1


def distil(
    shape: EncoderShape, pad: int, events: Sequence[Encoded], vectors: np.ndarray, told: DistilSettings
) -> tuple[EventEncoder, list[float]]:
    """Return the small encoder, and the mean squared error of each epoch in spreads of the `vectors`' numbers.

    `shape` is the pretrained encoder's, `vectors` (events, width) float32 are what it says of `events`.
    """
    torch.manual_seed(told.seed)
    small = replace(
        shape, layers=told.layers, width=told.width, heads=told.heads, inner=told.inner, outputs=vectors.shape[1]
    )
    encoder = EventEncoder(small, pad, dropout=0.0)
    centre, spread = vectors.mean(0), vectors.std(0) + 1e-6
    wanted = torch.from_numpy(((vectors - centre) / spread).astype(np.float32))
    optimiser = torch.optim.AdamW(encoder.parameters(), lr=told.learning_rate, weight_decay=0.01)
    began, errors = time.monotonic(), []
    for epoch in range(told.epochs):
        losses = []
        batches = list(by_length(events, told.budget, pad, random.Random(told.seed * 1000 + epoch)))
        for done, batch in enumerate(batches):
            spent = (time.monotonic() - began) / (told.minutes * 60)
            progress = max((epoch + done / len(batches)) / told.epochs, spent)
            if progress >= 1.0:
                break
            warm = min(1.0, (epoch * len(batches) + done + 1) / 200)
            for group in optimiser.param_groups:
                group["lr"] = told.learning_rate * warm * (1.0 - progress)
            loss = ((encoder.pool(batch.ids, encoder(batch.ids, batch.fields)) - wanted[batch.rows]) ** 2).mean()
            optimiser.zero_grad(set_to_none=True)
            loss.backward()  # type: ignore[no-untyped-call]
            torch.nn.utils.clip_grad_norm_(encoder.parameters(), 1.0)
            optimiser.step()
            losses.append(float(loss.detach()))
        if losses:
            errors.append(sum(losses) / len(losses))
    return _in_units(encoder, centre, spread), errors


def _in_units(encoder: EventEncoder, centre: np.ndarray, spread: np.ndarray) -> EventEncoder:
    """Return the encoder with an outlet that gives vectors in their own units again."""
    assert encoder.outlet is not None  # noqa: S101 - for the type checker: `distil` made it with one
    with torch.no_grad():
        scale = torch.from_numpy(spread.astype(np.float32))
        encoder.outlet.weight.mul_(scale[:, None])
        encoder.outlet.bias.mul_(scale).add_(torch.from_numpy(centre.astype(np.float32)))
    return encoder.eval()
