"""Trees of flows at work: numbers of flows in, logits and depths out, the same bits on any machine and in any batch.

Boosted trees tell malice and techniques. Isolation trees tell how familiar a flow is: the deeper it falls, the more
flows like it were among those that they were grown on (Liu, Ting and Zhou, "Isolation Forest", 2008).

Features, thresholds and leaves are whole numbers, and no sum of leaves reaches 2**24: float32 adds them exactly, in
whatever order a runtime takes the trees.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from loglm_bridge.contract.errors import ModelFailed, ModelRefused
from loglm_bridge.model.classifier.encoder_session import runtime
from loglm_bridge.model.flow.flow_features import FEATURES
from loglm_bridge.model.folder.model_folder import FLOW_TREES
from loglm_bridge.model.gil_release import released

#: Whole numbers that make one logit: a leaf is told to four decimals.
UNIT = 8_192

#: What float32 adds exactly lies below it.
EXACT = 1 << 24

#: Flows of one run; bounds memory.
_MOST = 16_384

#: What flows are put in order by before the trees read them, each below `_WIDTH`, the most telling one first.
_TELLING = tuple(map(FEATURES.index, ("dest_port", "bwd_pkts", "fwd_bytes")))
_WIDTH = 1 << 16

#: No flows.
_NONE = np.empty((0, len(FEATURES)), dtype=np.float32)


class FlowTrees:
    """Runs `sequence.onnx`, each call on `threads` threads, which knows so many `techniques`. Thread-safe.

    A flow's answers do not depend on the others. All methods raise ModelFailed where the runtime fails, or where a sum
    of leaves is no whole number that is exact.
    """

    def __init__(self, model: bytes, techniques: int, threads: int = 1) -> None:
        self._session = runtime(model, threads, FLOW_TREES)
        found = [(i.name, i.type, i.shape[1:]) for i in (*self._session.get_inputs(), *self._session.get_outputs())]
        wide = {"features": len(FEATURES), "named": len(FEATURES), "malice": 1, "techniques": techniques, "depth": 1}
        if found != [(name, "tensor(float)", [width]) for name, width in wide.items()]:
            raise ModelRefused(f"{FLOW_TREES}: wrong inputs or outputs {found}")

    def predict_malice(self, features: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return of features (flows, FEATURES) the logits of malice and the depths, each (flows,) float64."""
        parts = [self._run(["malice", "depth"], features=part) for part in _parts(features)]
        malice, depths = (np.concatenate(columns)[:, 0] for columns in zip(*parts, strict=True))
        return malice, depths

    def technique_logits(self, features: np.ndarray) -> np.ndarray:
        """Return the logits of techniques of features (flows, FEATURES), (flows, techniques) float64."""
        return np.concatenate([self._run(["techniques"], named=part)[0] for part in _parts(features)])

    def predict(self, features: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return of features (flows, FEATURES) all logits (flows, 1 + techniques) and the depths (flows,), float64."""
        malice, depths = self.predict_malice(features)
        return np.column_stack([malice, self.technique_logits(features)]), depths

    def _run(self, wanted: Sequence[str], **features: np.ndarray) -> list[np.ndarray]:
        ((name, rows),) = features.items()
        order = _alike(rows)
        given = {"features": _NONE, "named": _NONE, name: rows.take(order, axis=0)}
        try:
            with released():
                found: list[np.ndarray] = self._session.run(wanted, given)
        except Exception as error:
            raise ModelFailed("the trees of flows failed") from error
        if not all(((np.rint(sums) == sums) & (np.abs(sums) < EXACT)).all() for sums in found):
            raise ModelFailed("the trees of flows returned numbers that are none of theirs")
        back = np.empty(len(order), dtype=order.dtype)
        back[order] = np.arange(len(order))
        return [sums.take(back, axis=0).astype(np.float64) / UNIT for sums in found]


def _alike(features: np.ndarray) -> np.ndarray:
    """Return the order in which alike flows follow each other.

    They take the same turns in most trees, which the processor foresees then: a third of the time of the trees.
    """
    key = np.zeros(len(features))
    for column in _TELLING:
        key = key * _WIDTH + features[:, column]
    return np.argsort(key)


def _parts(features: np.ndarray) -> list[np.ndarray]:
    """Cut into at least one part, of at most _MOST flows each."""
    return [features[i : i + _MOST] for i in range(0, max(1, len(features)), _MOST)]
