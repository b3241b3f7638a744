"""Stage `distil`: a small encoder with nearly the vectors of the pretrained one, for the profile `fast`.

The heads were fitted to the vectors of the pretrained encoder and get those of the small one unchanged. So the small
encoder learns the vector itself, number by number, in units of its spread (Hinton et al., 2015, with vectors in place
of class probabilities).
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
    """Sizes and training of the small encoder. `minutes` limits the time, `budget` the padded tokens of a step."""

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
    shape: EncoderShape, pad: int, events: Sequence[Encoded], vectors: np.ndarray, settings: DistilSettings
) -> tuple[EventEncoder, list[float]]:
    """Return the small encoder, and the mean squared error of each epoch, in units of the spread of `vectors`.

    `shape` is that of the pretrained encoder, `vectors` (events, width) float32 are its vectors of `events`.
    """
    torch.manual_seed(settings.seed)
    sizes = {name: getattr(settings, name) for name in ("layers", "width", "heads", "inner")}
    small = replace(shape, **sizes, outputs=vectors.shape[1])
    encoder = EventEncoder(small, pad, dropout=0.0)
    centre, spread = vectors.mean(0), vectors.std(0) + 1e-6
    targets = torch.from_numpy(((vectors - centre) / spread).astype(np.float32))
    optimiser = torch.optim.AdamW(encoder.parameters(), lr=settings.learning_rate, weight_decay=0.01)
    began, errors = time.monotonic(), []
    for epoch in range(settings.epochs):
        losses = []
        batches = list(by_length(events, settings.budget, pad, random.Random(settings.seed * 1000 + epoch)))
        for done, batch in enumerate(batches):
            elapsed = (time.monotonic() - began) / (settings.minutes * 60)
            progress = max((epoch + done / len(batches)) / settings.epochs, elapsed)
            if progress >= 1.0:
                break
            warmup = min(1.0, (epoch * len(batches) + done + 1) / 200)
            for group in optimiser.param_groups:
                group["lr"] = settings.learning_rate * warmup * (1.0 - progress)
            loss = ((encoder.pool(batch.ids, encoder(batch.ids, batch.fields)) - targets[batch.rows]) ** 2).mean()
            optimiser.zero_grad(set_to_none=True)
            loss.backward()  # type: ignore[no-untyped-call]
            torch.nn.utils.clip_grad_norm_(encoder.parameters(), 1.0)
            optimiser.step()
            losses.append(float(loss.detach()))
        if losses:
            errors.append(sum(losses) / len(losses))
    return _with_output_scale(encoder, centre, spread), errors


def _with_output_scale(encoder: EventEncoder, centre: np.ndarray, spread: np.ndarray) -> EventEncoder:
    """Return the encoder with an output layer that scales its vectors back to their own units."""
    assert encoder.outlet is not None  # noqa: S101 - for the type checker: its shape has `outputs`
    with torch.no_grad():
        scale = torch.from_numpy(spread.astype(np.float32))
        encoder.outlet.weight.mul_(scale[:, None])
        encoder.outlet.bias.mul_(scale).add_(torch.from_numpy(centre.astype(np.float32)))
    return encoder.eval()
