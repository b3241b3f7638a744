"""Field-aware masking: what a masked event hides, and what is asked back."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from loglm_bridge.lab.train.token_batches import Batch


@dataclass(frozen=True)
class Masked:
    """A batch with hidden tokens: `where` is (masked, 2) of (event, position), `targets` (masked,) the hidden ids."""

    ids: Tensor
    where: Tensor
    targets: Tensor


class FieldMasker:
    """Hides whole values and single pieces, never a field name.

    Two thirds of the hidden tokens come from whole values (so the rest of the event must explain them), one third are
    single pieces. Of the hidden tokens 85 % become the mask, 10 % stay, 5 % become a random piece: BERT's scheme.
    """

    def __init__(self, mask: int, pad: int, control: frozenset[int], size: int, rate: float, seed: int) -> None:
        self.mask, self.pad, self.rate = mask, pad, rate
        self.control = np.zeros(size, dtype=bool)
        self.control[list(control)] = True
        self.first_piece = int(np.flatnonzero(~self.control)[0])
        self.size = size
        self.random = np.random.default_rng(seed)

    def __call__(self, batch: Batch) -> Masked:
        """Draw a new mask for a batch."""
        ids = batch.ids.numpy()
        free = ~self.control[ids]
        hidden = free & (self._whole_values(ids) | (self.random.random(ids.shape) < self.rate / 3))
        if not hidden.any():
            hidden[np.unravel_index(int(np.argmax(free)), ids.shape)] = True
        where = np.argwhere(hidden)
        targets = ids[hidden]
        shown = ids.copy()
        dice = self.random.random(len(targets))
        replaced = np.where(dice < 0.85, self.mask, targets)
        draws = self.random.integers(self.first_piece, self.size, len(targets))
        shown[hidden] = np.where(dice >= 0.95, draws, np.where(dice >= 0.85, targets, replaced))
        return Masked(torch.from_numpy(shown), torch.from_numpy(where), torch.from_numpy(targets))

    def without_fields(self, batch: Batch) -> Tensor:
        """Return the batch's ids with whole fields, names and values, turned into padding; never all of an event."""
        ids = batch.ids.numpy()
        run = np.cumsum(self.control[ids], axis=1)
        drawn = self.random.random((ids.shape[0], int(run.max()) + 1)) < self.rate
        drawn[:, :2] = False  # the kind and the first field stay
        return torch.from_numpy(np.where(np.take_along_axis(drawn, run, axis=1), self.pad, ids))

    def _whole_values(self, ids: np.ndarray) -> np.ndarray:
        # A value is a run of one field; runs start at the field's control token.
        starts = self.control[ids]
        run = np.cumsum(starts, axis=1)
        drawn = self.random.random((ids.shape[0], int(run.max()) + 1)) < self.rate * 2 / 3
        return np.take_along_axis(drawn, run, axis=1)
