"""Matrix products whose result does not depend on the batch, the thread count or the machine.

Both sides are integers of at most 8 bits held as float32; with fewer than 1,040 terms every partial sum is below 2**24,
so float32 holds it exactly in whatever order a BLAS adds. What follows is elementwise.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

LEVELS = 127.0
MAX_TERMS = 1040


@dataclass(frozen=True)
class Linear:
    """y = x W + b with W as int8 `levels` (inputs, outputs) times `scales` (outputs,)."""

    levels: np.ndarray
    scales: np.ndarray
    bias: np.ndarray

    @classmethod
    def quantised(cls, weight: np.ndarray, bias: np.ndarray) -> Linear:
        """Quantise a float weight (inputs, outputs), one scale an output. Raises ValueError over MAX_TERMS inputs."""
        if weight.shape[0] > MAX_TERMS:
            raise ValueError(f"{weight.shape[0]} inputs, at most {MAX_TERMS} add up exactly")
        scales = np.maximum(np.abs(weight).max(axis=0), 1e-8) / LEVELS
        return cls(np.rint(weight / scales).astype(np.int8), scales.astype(np.float32), bias.astype(np.float32))

    def __post_init__(self) -> None:
        object.__setattr__(self, "_weight", self.levels.astype(np.float32))

    def __call__(self, x: np.ndarray) -> np.ndarray:
        """x: (events, inputs) float32 -> (events, outputs) float32."""
        rows, steps = quantise_rows(x)
        weight: np.ndarray = self._weight  # type: ignore[attr-defined]
        total: np.ndarray = (rows @ weight) * steps * self.scales + self.bias
        return total


def quantise_rows(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return (whole numbers in -127..127 as float32, step of each row (events, 1)) of x (events, inputs)."""
    steps = (np.maximum(np.abs(x).max(axis=1, keepdims=True), 1e-8) / LEVELS).astype(np.float32)
    return np.rint(x / steps).astype(np.float32), steps
