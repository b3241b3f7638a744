"""Stage `sequence`: hidden events of all telemetry first, no labels; then which flows are attacks, and of what kind."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from loglm_bridge.lab.contrast import own_form
from loglm_bridge.lab.encoder import EncoderShape
from loglm_bridge.lab.sequence_encoder import HiddenStep, SequenceEncoder, mark_losses
from loglm_bridge.model.steps import MARKS, OFFSETS, Step, marks

#: What is trained on: (vectors, marks, events) of a batch -> scalar.
Loss = Callable[[Tensor, Tensor, np.ndarray], Tensor]

#: Padded steps of one batch.
BUDGET = 4_096


@dataclass(frozen=True)
class SequenceSettings:
    """How the sequence encoder is trained; `minutes` bounds each of the two phases.

    `alone` is the share of windows that are read as events without context, `rate` that of hidden steps, `vectors` that
    of windows whose event vectors are shown, `mark_dropout` that of marks withheld: numbers, vectors and company each
    have to do without the others at times.
    """

    layers: int = 2
    pretrain_epochs: int = 2
    epochs: int = 12
    minutes: float = 6.0
    rate: float = 0.3
    alone: float = 0.3
    learning_rate: float = 1e-3
    weight_decay: float = 0.02
    dropout: float = 0.1
    mark_dropout: float = 0.0
    vectors: float = 1.0
    seed: int = 1


@dataclass(frozen=True)
class Reading:
    """What windows are read from: event i has the canonical event `canonical[i]` with `vectors[canonical[i]]`.

    `malice[i]` is 1, 0 or NaN (not known); `technique[i]` a place among the techniques or -1.
    """

    steps: Sequence[Step]
    canonical: np.ndarray
    vectors: np.ndarray
    malice: np.ndarray
    technique: np.ndarray
    techniques: tuple[str, ...] = ()


def pretrain(
    model: SequenceEncoder, reading: Reading, windows: Sequence[Sequence[int]], told: SequenceSettings
) -> list[float]:
    """Teach the encoder to say what hidden events of a window were, vector and marks; return the loss of each step."""
    teller = HiddenStep(model.shape.width)
    generator = torch.Generator().manual_seed(told.seed)

    def loss(vectors: Tensor, rows: Tensor, _: np.ndarray) -> Tensor:
        real = rows[..., 0] != 0
        hidden = real & (torch.rand(real.shape, generator=generator) < told.rate)
        if not hidden.any():
            hidden = real
        shown, said = teller(model(vectors, rows, hidden)[hidden])
        return own_form(shown, vectors[hidden]) + mark_losses(said, rows[hidden])

    several = [window for window in windows if len(window) > 1]
    return _fit([model, teller], loss, reading, lambda _: several, told.pretrain_epochs, told)


def fit(model: SequenceEncoder, reading: Reading, windows: Sequence[Sequence[int]], told: SequenceSettings) -> None:
    """Teach malice and technique of the labelled events in `windows`, in context and alone."""
    generator = torch.Generator().manual_seed(told.seed)

    def loss(vectors: Tensor, rows: Tensor, events: np.ndarray) -> Tensor:
        shown, marks_shown = _withheld(vectors, rows, told, generator)
        logits = model.logits(model(shown, marks_shown))
        bad = torch.from_numpy(np.where(events >= 0, reading.malice[events], np.nan)).float()
        technique = torch.from_numpy(np.where(events >= 0, reading.technique[events], -1))
        known, named = ~bad.isnan(), technique >= 0
        total = F.binary_cross_entropy_with_logits(logits[..., 0][known], bad[known])
        if named.any():
            total = total + 0.3 * F.cross_entropy(logits[..., 1:][named], technique[named])
        return total

    def drawn(rng: random.Random) -> list[Sequence[int]]:
        return [part for window in windows for part in _drawn(window, rng, told.alone)]

    _fit([model], loss, reading, drawn, told.epochs, told)


def logits(model: SequenceEncoder, reading: Reading, windows: Sequence[Sequence[int]]) -> np.ndarray:
    """Return the logits (events, outputs) of every event in `windows`; NaN rows for the others."""
    out = np.full((len(reading.canonical), model.out.out_features), np.nan, dtype=np.float32)
    model.eval()
    with torch.no_grad():
        for batch in _batches(windows, None):
            vectors, rows, events = _padded(reading, batch)
            found = model.logits(model(vectors, rows)).numpy()
            out[events[events >= 0]] = found[events >= 0]
    return out


def encoder(sizes: EncoderShape, outputs: int, told: SequenceSettings) -> SequenceEncoder:
    """Return an untrained encoder; the seed decides its weights."""
    torch.manual_seed(told.seed)
    return SequenceEncoder(sizes, outputs, dropout=told.dropout)


def _fit(
    parts: Sequence[nn.Module],
    loss: Loss,
    reading: Reading,
    windows: Callable[[random.Random], Sequence[Sequence[int]]],
    epochs: int,
    told: SequenceSettings,
) -> list[float]:
    losses: list[float] = []
    parameters = [p for part in parts for p in part.parameters()]
    optimiser = torch.optim.AdamW(parameters, lr=told.learning_rate, weight_decay=told.weight_decay)
    began = time.monotonic()
    for epoch in range(epochs):
        rng = random.Random(told.seed * 1000 + epoch)
        batches = list(_batches(windows(rng), rng))
        for done, batch in enumerate(batches):
            spent = (time.monotonic() - began) / (told.minutes * 60)
            progress = max(spent, (epoch + done / len(batches)) / epochs)
            if progress >= 1:
                return losses
            for group in optimiser.param_groups:
                group["lr"] = told.learning_rate * min(1.0, (epoch * len(batches) + done + 1) / 100) * (1 - progress)
            for part in parts:
                part.train()
            value = loss(*_padded(reading, batch))
            optimiser.zero_grad(set_to_none=True)
            value.backward()  # type: ignore[no-untyped-call]
            torch.nn.utils.clip_grad_norm_(parameters, 1.0)
            optimiser.step()
            losses.append(float(value.detach()))
    return losses


def _withheld(
    vectors: Tensor, rows: Tensor, told: SequenceSettings, generator: torch.Generator
) -> tuple[Tensor, Tensor]:
    """Withhold the vectors of some windows, and of some steps some marks but the first, so that none is leaned on."""
    kept = torch.rand(len(vectors), 1, 1, generator=generator) < told.vectors
    dropped = torch.rand(rows.shape, generator=generator) < told.mark_dropout
    dropped[..., 0] = False
    return vectors * kept, torch.where(dropped, torch.from_numpy(OFFSETS), rows)


def _drawn(window: Sequence[int], rng: random.Random, alone: float) -> Iterator[Sequence[int]]:
    """Yield the window, or its events alone, or two parts of it."""
    dice = rng.random()
    if dice < alone:
        yield from ([event] for event in window)
    elif dice < 2 * alone and len(window) > 2:
        cut = rng.randrange(1, len(window))
        yield from (window[:cut], window[cut:])
    else:
        yield window


def _batches(windows: Sequence[Sequence[int]], rng: random.Random | None) -> Iterator[list[Sequence[int]]]:
    """Yield the windows in batches of similar length, at most BUDGET padded steps each."""
    order = list(windows)
    if rng:
        rng.shuffle(order)
    order.sort(key=len)
    groups: list[list[Sequence[int]]] = [[]]
    for window in order:
        if groups[-1] and (len(groups[-1]) + 1) * len(window) > BUDGET:
            groups.append([])
        groups[-1].append(window)
    if rng:
        rng.shuffle(groups)
    yield from (group for group in groups if group)


def _padded(reading: Reading, batch: Sequence[Sequence[int]]) -> tuple[Tensor, Tensor, np.ndarray]:
    """Return (vectors, marks, events) of a batch; where a window has no step, marks are 0 and the event is -1."""
    longest = max(map(len, batch))
    events = np.full((len(batch), longest), -1, dtype=np.int64)
    rows = np.zeros((len(batch), longest, len(MARKS)), dtype=np.int64)
    for i, window in enumerate(batch):
        events[i, : len(window)] = window
        keys = [int(reading.canonical[event]).to_bytes(4, "big") for event in window]
        rows[i, : len(window)] = marks([reading.steps[event] for event in window], keys)
    vectors = reading.vectors[reading.canonical[events]] * (events >= 0)[..., None]
    return torch.from_numpy(vectors.astype(np.float32)), torch.from_numpy(rows), events
