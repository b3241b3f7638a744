"""Trees of flows at work: numbers of flows in, logits and depths out, the same bits on any machine and in any batch.

Boosted trees tell malice and techniques. Isolation trees tell how familiar a flow is: the deeper it falls, the more
flows like it were among those that they were grown on (Liu, Ting and Zhou, "Isolation Forest", 2008).

Features, thresholds and leaves are whole numbers, and no sum of leaves reaches 2**24: float32 adds them exactly, in
whatever order a runtime takes the trees.
"""

from __future__ import annotations

import numpy as np

from loglm_bridge.contract.errors import ModelFailed, ModelRefused
from loglm_bridge.model.artefact import FLOW_TREES
from loglm_bridge.model.flow_features import FEATURES
from loglm_bridge.model.session import runtime

#: Whole numbers that make one logit: a leaf is told to four decimals.
UNIT = 8_192

#: What float32 adds exactly lies below it.
EXACT = 1 << 24

#: Flows of one run; bounds memory.
_MOST = 16_384


class FlowTrees:
    """Runs `sequence.onnx`, each call on `threads` threads. Thread-safe.

    Its outputs are `logits` logits and, last, the depth.
    """

    def __init__(self, model: bytes, logits: int, threads: int = 1) -> None:
        self._session = runtime(model, threads, FLOW_TREES)
        found = [(i.name, i.type, i.shape[1:]) for i in (*self._session.get_inputs(), *self._session.get_outputs())]
        wanted = [("features", "tensor(float)", [len(FEATURES)]), ("sums", "tensor(float)", [logits + 1])]
        if found != wanted:
            raise ModelRefused(f"{FLOW_TREES}: wrong inputs or outputs {found}")
        self._outputs = logits + 1

    def sums(self, features: np.ndarray) -> np.ndarray:
        """Return the whole numbers (flows, logits + 1) float32 that the trees make of features (flows, FEATURES).

        A flow's answer does not depend on the others.

        Raises:
            ModelFailed: the runtime failed, or a sum is no whole number that is exact.
        """
        parts = [self._run(features[i : i + _MOST]) for i in range(0, len(features), _MOST)]
        return np.concatenate(parts) if parts else np.empty((0, self._outputs), dtype=np.float32)

    def read(self, features: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the logits (flows, logits) and depths (flows,), float64: see `told`. Raises ModelFailed."""
        return told(self.sums(features))

    def _run(self, features: np.ndarray) -> np.ndarray:
        try:
            (found,) = self._session.run(None, {"features": features})
        except Exception as error:
            raise ModelFailed("the trees of flows failed") from error
        sums: np.ndarray = found
        if not ((np.rint(sums) == sums) & (np.abs(sums) < EXACT)).all():
            raise ModelFailed("the trees of flows returned numbers that are none of theirs")
        return sums


def told(sums: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return what sums (flows, logits + 1) tell: logits, and the sum of each flow's depths in all isolation trees."""
    units = sums.astype(np.float64) / UNIT
    return units[:, :-1], units[:, -1]
