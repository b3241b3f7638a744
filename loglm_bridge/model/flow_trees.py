"""Trees of flows at work: numbers of flows in, logits out, the same bits on every machine and in every batch.

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
    """Runs `sequence.onnx`, each call on `threads` threads. Thread-safe."""

    def __init__(self, model: bytes, outputs: int, threads: int = 1) -> None:
        self._session = runtime(model, threads, FLOW_TREES)
        found = [(i.name, i.type, i.shape[1:]) for i in (*self._session.get_inputs(), *self._session.get_outputs())]
        wanted = [("features", "tensor(float)", [len(FEATURES)]), ("sums", "tensor(float)", [outputs])]
        if found != wanted:
            raise ModelRefused(f"{FLOW_TREES}: wrong inputs or outputs {found}")
        self._outputs = outputs

    def logits(self, features: np.ndarray) -> np.ndarray:
        """Return the logits (flows, outputs) float64 of features (flows, FEATURES) float32.

        A flow's answer does not depend on the others.

        Raises:
            ModelFailed: the runtime failed, or a sum is no whole number that is exact.
        """
        parts = [self._run(features[i : i + _MOST]) for i in range(0, len(features), _MOST)]
        sums = np.concatenate(parts) if parts else np.empty((0, self._outputs), dtype=np.float32)
        return sums.astype(np.float64) / UNIT

    def _run(self, features: np.ndarray) -> np.ndarray:
        try:
            (found,) = self._session.run(None, {"features": features})
        except Exception as error:
            raise ModelFailed("the trees of flows failed") from error
        sums: np.ndarray = found
        if not ((np.rint(sums) == sums) & (np.abs(sums) < EXACT)).all():
            raise ModelFailed("the trees of flows returned numbers that are none of theirs")
        return sums
