"""Field-aware masking: which tokens of an event are masked, and what the encoder has to predict."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from loglm_bridge.lab.train.token_batches import TokenBatch


@dataclass(frozen=True)
class Masked:
    """A batch with masked tokens: `where` is (masked, 2) of (event, position), `targets` (masked,) their true ids."""

    ids: Tensor
    where: Tensor
    targets: Tensor


class FieldMasker:
    """Masks whole values and single pieces, never a field name.

    Two thirds of the masked tokens come from whole values, which the rest of the event must explain; one third are
    single pieces. Of the masked tokens 85 % become the mask token, 10 % stay, 5 % become a random piece (after BERT).
    """

    def __init__(self, mask: int, pad: int, control: frozenset[int], size: int, rate: float, seed: int) -> None:
        self.mask, self.pad, self.rate = mask, pad, rate
        self.control = np.zeros(size, dtype=bool)
        self.control[list(control)] = True
        self.first_piece = int(np.flatnonzero(~self.control)[0])
        self.size = size
        self.random = np.random.default_rng(seed)

    def __call__(self, batch: TokenBatch) -> Masked:
        """Draw a new mask for a batch."""
        ids = batch.ids.numpy()
        maskable = ~self.control[ids]
        masked = maskable & (self._whole_values(ids) | (self.random.random(ids.shape) < self.rate / 3))
        if not masked.any():
            masked[np.unravel_index(int(np.argmax(maskable)), ids.shape)] = True
        where = np.argwhere(masked)
        targets = ids[masked]
        inputs = ids.copy()
        draw = self.random.random(len(targets))
        random_pieces = self.random.integers(self.first_piece, self.size, len(targets))
        inputs[masked] = np.where(draw >= 0.95, random_pieces, np.where(draw >= 0.85, targets, self.mask))
        return Masked(torch.from_numpy(inputs), torch.from_numpy(where), torch.from_numpy(targets))

    def without_fields(self, batch: TokenBatch) -> Tensor:
        """Return the ids of the batch with some fields, names and values, turned into padding: a view of each event."""
        ids = batch.ids.numpy()
        field = np.cumsum(self.control[ids], axis=1)
        removed = self.random.random((ids.shape[0], int(field.max()) + 1)) < self.rate
        removed[:, :2] = False  # the kind and the first field stay
        return torch.from_numpy(np.where(np.take_along_axis(removed, field, axis=1), self.pad, ids))

    def _whole_values(self, ids: np.ndarray) -> np.ndarray:
        # the tokens of a field begin with its control token
        field = np.cumsum(self.control[ids], axis=1)
        masked = self.random.random((ids.shape[0], int(field.max()) + 1)) < self.rate * 2 / 3
        return np.take_along_axis(masked, field, axis=1)
