"""What trees of flows make of windows of flows: scores, techniques and novelty."""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy
from dataclasses import asdict, dataclass, fields
from typing import Any

import numpy as np

from loglm_bridge.contract.attack_table import TECHNIQUES
from loglm_bridge.contract.errors import ModelRefused
from loglm_bridge.model.artefact import SEQUENCE_CONFIG
from loglm_bridge.model.flow_features import Flows, features
from loglm_bridge.model.flow_trees import FlowTrees, told
from loglm_bridge.model.head_config import Curve
from loglm_bridge.model.heads import DECIMALS, Outcome, ranked, sigmoid, softmax, verdict
from loglm_bridge.model.known import Known
from loglm_bridge.model.steps import Step

#: Flows have no vector unless one is asked for: trees do not need it.
NO_VECTOR = np.empty(0, dtype=np.float32)

#: Outcomes that are remembered, about 3 kB each with their verdicts; then all are forgotten.
MOST_KNOWN = 8_192


@dataclass(frozen=True)
class FlowConfig:
    """What `sequence.json` holds of flows.

    The trees' outputs are the logit of malice and those of `techniques`, calibrated by `curve`. Novelty is the share of
    familiar flows that lie deeper: `depths` are theirs at equal steps, the least first.
    """

    techniques: tuple[str, ...]
    curve: Curve
    depths: tuple[float, ...]

    @classmethod
    def from_dict(cls, data: Any) -> FlowConfig:
        """Read it.

        Raises:
            KeyError, TypeError, ValueError: it does not fit.
            ModelRefused: ATT&CK does not list one of the techniques.
        """
        curve = Curve(**{field.name: float(data["curve"][field.name]) for field in fields(Curve)})
        depths = tuple(map(float, data["depths"]))
        if not depths or not np.isfinite(depths).all() or list(depths) != sorted(depths):
            raise ValueError("depths that do not rise")
        techniques = tuple(map(str, data["techniques"]))
        foreign = [t for t in techniques if t not in TECHNIQUES]
        if foreign:
            raise ModelRefused(f"{SEQUENCE_CONFIG}: techniques that ATT&CK does not list {foreign[:5]}")
        return cls(techniques, curve, depths)

    def to_dict(self) -> dict[str, Any]:
        """Return what `sequence.json` holds."""
        return asdict(self)


class FlowReader:
    """Reads windows of flows with the trees of `sequence.onnx`; above the novelty `unknown` a quiet flow is unknown."""

    def __init__(self, model: bytes, config: FlowConfig, unknown: float, threads: int = 1) -> None:
        """Raises ModelRefused: the file is no such trees, or has other outputs than `config` names."""
        self._trees = FlowTrees(model, 1 + len(config.techniques), threads)
        self.config, self._unknown = config, unknown
        self._depths = np.array(config.depths)
        self._known: dict[bytes, Known] = {}
        self._recalled = self._judged = 0

    def afresh(self) -> FlowReader:
        """Return a reader with the same trees that remembers nothing."""
        twin = copy(self)
        twin.clear()
        return twin

    def read(self, windows: Sequence[Sequence[Step]], rows: Sequence[int]) -> list[Known]:
        """Return what is known of `rows` of the flows of windows, one after the other.

        An outcome depends on nothing but the flow and its window: on the sums of the trees, under which it is
        remembered. Raises ModelFailed.
        """
        sums = self._trees.sums(features(Flows.of(windows))[rows])
        keys: list[bytes] = sums.view(f"V{sums.itemsize * sums.shape[1]}").ravel().tolist()
        found = {key: known for key in keys if (known := self._known.get(key)) is not None}
        new = {key: row for row, key in enumerate(keys) if key not in found}
        self._recalled += len(keys) - len(new)
        self._judged += len(new)
        if new:
            made = dict(zip(new, map(Known, self._outcomes(sums[list(new.values())])), strict=True))
            found |= made
            if len(self._known) + len(made) > MOST_KNOWN:
                self._known = {}
            self._known |= made
        return [found[key] for key in keys]

    def caches(self) -> dict[str, int]:
        """Return figures of what is remembered: outcomes recalled, computed, held."""
        return {
            "flow_cache_hits": self._recalled,
            "flow_cache_misses": self._judged,
            "flow_cache_outcomes": len(self._known),
        }

    def clear(self) -> None:
        """Forget what was remembered."""
        self._known = {}

    def _outcomes(self, sums: np.ndarray) -> list[Outcome]:
        logits, depths = told(sums)
        curve = self.config.curve
        scores = sigmoid(curve.slope * logits[:, 0] + curve.offset).round(DECIMALS).tolist()
        shallower = np.searchsorted(self._depths, depths, side="left")
        novelties = (1.0 - shallower / len(self._depths)).round(DECIMALS).tolist()
        named = ranked(self.config.techniques, softmax(logits[:, 1:] / curve.temperature).round(DECIMALS))
        return [
            Outcome(score, verdict(score, novelty, curve, self._unknown), techniques, novelty, NO_VECTOR, logit)
            for score, techniques, novelty, logit in zip(scores, named, novelties, logits[:, 0].tolist(), strict=True)
        ]
