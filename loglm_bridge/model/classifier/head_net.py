"""One trained net of the heads: an event's vector and gram buckets to logits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from loglm_bridge.model.classifier.exact_matmul import Linear
from loglm_bridge.model.features.ngrams import GRAM_BITS

_NET_ARRAYS = ("table", "table_scales", "centre", "spread")
_LINEAR_ARRAYS = ("levels", "scales", "bias")


@dataclass(frozen=True)
class Net:
    """One trained net: (vector, gram buckets) -> logits, with one hidden layer; its arithmetic is exact in any batch.

    `table` is the int8 embedding bag (buckets, bag) with `table_scales` (bag,). `centre` and `spread` (width,)
    standardise the vector.
    """

    table: np.ndarray
    table_scales: np.ndarray
    centre: np.ndarray
    spread: np.ndarray
    hidden: Linear
    out: Linear

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, np.ndarray], name: str) -> Net:
        """Read the arrays `name.*`. Raises KeyError where one is absent."""
        table, table_scales, centre, spread = (arrays[f"{name}.{n}"] for n in _NET_ARRAYS)
        hidden, out = (Linear(*(arrays[f"{name}.{n}.{p}"] for p in _LINEAR_ARRAYS)) for n in ("hidden", "out"))
        return cls(table, table_scales, centre, spread, hidden, out)

    def to_arrays(self, name: str) -> dict[str, np.ndarray]:
        """Return the arrays `name.*`."""
        arrays = {f"{name}.{n}": getattr(self, n) for n in _NET_ARRAYS}
        for layer in ("hidden", "out"):
            arrays |= {f"{name}.{layer}.{p}": getattr(getattr(self, layer), p) for p in _LINEAR_ARRAYS}
        return arrays

    def fits(self, width: int, outputs: int) -> bool:
        """Return whether all arrays have the shapes of a net from vectors of `width` to `outputs` logits."""
        buckets, bag = self.table.shape
        inner = len(self.hidden.bias)
        return (
            buckets >= 1 << GRAM_BITS
            and self.table_scales.shape == (bag,)
            and self.centre.shape == self.spread.shape == (width,)
            and (self.hidden.levels.shape, self.hidden.scales.shape) == ((width + bag, inner), (inner,))
            and (self.out.levels.shape, self.out.scales.shape) == ((inner, outputs), (outputs,))
            and self.out.bias.shape == (outputs,)
        )

    def logits(self, vectors: np.ndarray, grams: Sequence[np.ndarray]) -> np.ndarray:
        """Return logits (events, outputs) float32 of vectors (events, width) and each event's gram buckets."""
        x = np.concatenate([(vectors - self.centre) / self.spread, self._bag(grams)], axis=1)
        return self.out(np.maximum(self.hidden(x), 0.0))

    def _bag(self, grams: Sequence[np.ndarray]) -> np.ndarray:
        out = np.empty((len(grams), self.table.shape[1]), dtype=np.float32)
        for row, buckets in enumerate(grams):
            total = self.table[buckets].sum(axis=0, dtype=np.int32)
            out[row] = total * self.table_scales / np.sqrt(np.float32(max(1, len(buckets))))
        return out
