"""Inference of the flow trees: features in, logits and depths out, the same bits on any machine and in any batch.

Boosted trees give the logits of maliciousness and techniques. Isolation trees measure how familiar a flow is: the
deeper it falls, the more of the flows that the trees were grown on are like it (Liu, Ting and Zhou, "Isolation
Forest", 2008).

Features, thresholds and leaves are integers, and no sum of leaves reaches 2**24: float32 adds them exactly in any
order.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from loglm_bridge.contract.errors import ModelFailed, ModelRefused
from loglm_bridge.model.classifier.encoder_session import load_session
from loglm_bridge.model.flow.flow_features import FEATURES
from loglm_bridge.model.folder.model_folder import FLOW_TREES

#: Integer that stands for a logit of 1: leaves are exact to about four decimals.
UNIT = 8_192

#: float32 adds integers exactly below this.
EXACT = 1 << 24

#: Maximum flows of one run; bounds memory.
_MAX_FLOWS = 16_384

#: Features by which flows are sorted before a run, each below `_SORT_RANGE`, the most decisive one first.
_SORT_FEATURES = tuple(map(FEATURES.index, ("dest_port", "bwd_pkts", "fwd_bytes")))
_SORT_RANGE = 1 << 16

_NO_FLOWS = np.empty((0, len(FEATURES)), dtype=np.float32)


class FlowTrees:
    """Runs `sequence.onnx` with its number of `techniques`, each call on `threads` threads. Thread-safe.

    A flow's numbers do not depend on the other flows. All methods raise ModelFailed where the runtime fails, or where a
    sum of leaves is not an exact integer.
    """

    def __init__(self, model: bytes, techniques: int, threads: int = 1) -> None:
        self._session = load_session(model, threads, FLOW_TREES)
        ports = [(i.name, i.type, i.shape[1:]) for i in (*self._session.get_inputs(), *self._session.get_outputs())]
        widths = {"features": len(FEATURES), "named": len(FEATURES), "malice": 1, "techniques": techniques, "depth": 1}
        if ports != [(name, "tensor(float)", [width]) for name, width in widths.items()]:
            raise ModelRefused(f"{FLOW_TREES}: wrong inputs or outputs {ports}")

    def predict_malice(self, features: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return maliciousness logits and depths, each (flows,) float64, of features (flows, FEATURES)."""
        parts = [self._run(["malice", "depth"], features=part) for part in _split(features)]
        malice, depths = (np.concatenate(columns)[:, 0] for columns in zip(*parts, strict=True))
        return malice, depths

    def technique_logits(self, features: np.ndarray) -> np.ndarray:
        """Return technique logits (flows, techniques) float64 of features (flows, FEATURES)."""
        return np.concatenate([self._run(["techniques"], named=part)[0] for part in _split(features)])

    def predict(self, features: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return all logits (flows, 1 + techniques) and depths (flows,), float64, of features (flows, FEATURES)."""
        malice, depths = self.predict_malice(features)
        return np.column_stack([malice, self.technique_logits(features)]), depths

    def _run(self, outputs: Sequence[str], **features: np.ndarray) -> list[np.ndarray]:
        ((name, rows),) = features.items()
        order = _similar_adjacent(rows)
        inputs = {"features": _NO_FLOWS, "named": _NO_FLOWS, name: rows.take(order, axis=0)}
        try:
            results: list[np.ndarray] = self._session.run(outputs, inputs)
        except Exception as error:
            raise ModelFailed("the flow trees failed") from error
        if not all(((np.rint(sums) == sums) & (np.abs(sums) < EXACT)).all() for sums in results):
            raise ModelFailed("the flow trees returned invalid numbers")
        inverse = np.empty(len(order), dtype=order.dtype)
        inverse[order] = np.arange(len(order))
        return [sums.take(inverse, axis=0).astype(np.float64) / UNIT for sums in results]


def _similar_adjacent(features: np.ndarray) -> np.ndarray:
    """Return an order of flows in which similar ones are adjacent.

    They take the same branches in most trees, which the processor then predicts: this saves a third of the time.
    """
    key = np.zeros(len(features))
    for column in _SORT_FEATURES:
        key = key * _SORT_RANGE + features[:, column]
    return np.argsort(key)


def _split(features: np.ndarray) -> list[np.ndarray]:
    """Return at least one part, each of at most _MAX_FLOWS flows."""
    return [features[i : i + _MAX_FLOWS] for i in range(0, max(1, len(features)), _MAX_FLOWS)]
