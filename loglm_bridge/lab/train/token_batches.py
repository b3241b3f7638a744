"""Encoded events as padded batches of similar length, within a token budget."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from loglm_bridge.model.features.tokenizer import Encoded


@dataclass(frozen=True)
class TokenBatch:
    """Padded events: `ids` and `fields` are (events, tokens) int64, `rows` the indices of the events in their list."""

    ids: Tensor
    fields: Tensor
    rows: np.ndarray


def pad(events: Sequence[Encoded], rows: Sequence[int], filler: int) -> TokenBatch:
    """Stack the events at `rows`, padded to the longest with `filler`."""
    longest = max(len(events[r].ids) for r in rows)
    ids = np.full((len(rows), longest), filler, dtype=np.int64)
    fields = np.full((len(rows), longest), filler, dtype=np.int64)
    for i, row in enumerate(rows):
        length = len(events[row].ids)
        ids[i, :length], fields[i, :length] = events[row].ids, events[row].fields
    return TokenBatch(torch.from_numpy(ids), torch.from_numpy(fields), np.asarray(rows))


def by_length(
    events: Sequence[Encoded], budget: int, filler: int, rng: random.Random | None = None
) -> Iterator[TokenBatch]:
    """Yield every event once, in batches of at most `budget` padded tokens.

    Events of similar length share a batch, so there is little padding. With `rng` the order of batches and of events of
    equal length is random; without it is fixed.
    """
    order = list(range(len(events)))
    if rng:
        rng.shuffle(order)
    order.sort(key=lambda r: len(events[r].ids))
    groups: list[list[int]] = [[]]
    for row in order:
        if groups[-1] and (len(groups[-1]) + 1) * len(events[row].ids) > budget:
            groups.append([])
        groups[-1].append(row)
    if rng:
        rng.shuffle(groups)
    for group in groups:
        if group:
            yield pad(events, group, filler)
