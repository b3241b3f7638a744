"""Matrix products whose result does not depend on the batch, the number of threads or the machine.

Both factors are integers of at most 8 bits, stored as float32. With at most MAX_TERMS terms every partial sum is below
2**24, so float32 represents it exactly in whatever order a BLAS adds. All other operations are elementwise.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

#: Largest absolute value of a quantised number.
LEVELS = 127.0

#: Maximum terms of an exact sum: 1,040 * 127 * 127 < 2**24.
MAX_TERMS = 1040

#: Smallest range that is quantised; avoids a division by zero.
_MIN_RANGE = 1e-8


@dataclass(frozen=True)
class Linear:
    """y = x W + b, with W as int8 `levels` (inputs, outputs) times `scales` (outputs,)."""

    levels: np.ndarray
    scales: np.ndarray
    bias: np.ndarray

    @classmethod
    def quantised(cls, weight: np.ndarray, bias: np.ndarray) -> Linear:
        """Quantise weights (inputs, outputs), one scale per output. Raises ValueError over MAX_TERMS inputs."""
        if weight.shape[0] > MAX_TERMS:
            raise ValueError(f"{weight.shape[0]} inputs, but at most {MAX_TERMS} can be added exactly")
        scales = np.maximum(np.abs(weight).max(axis=0), _MIN_RANGE) / LEVELS
        return cls(np.rint(weight / scales).astype(np.int8), scales.astype(np.float32), bias.astype(np.float32))

    def __post_init__(self) -> None:
        object.__setattr__(self, "_weight", self.levels.astype(np.float32))

    def __call__(self, x: np.ndarray) -> np.ndarray:
        """Return (events, outputs) float32 of x (events, inputs) float32."""
        rows, steps = quantise_rows(x)
        weight: np.ndarray = self._weight  # type: ignore[attr-defined]
        total: np.ndarray = (rows @ weight) * steps * self.scales + self.bias
        return total


def quantise_rows(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return x (events, inputs) as integers in -127..127, stored as float32, and the step of each row (events, 1)."""
    steps = (np.maximum(np.abs(x).max(axis=1, keepdims=True), _MIN_RANGE) / LEVELS).astype(np.float32)
    return np.rint(x / steps).astype(np.float32), steps
