"""What trees of flows make of flows in windows: scores, techniques and novelty."""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy
from dataclasses import asdict, dataclass, fields
from typing import Any

import numpy as np

from loglm_bridge.contract import attack
from loglm_bridge.contract.attack_table import TECHNIQUES
from loglm_bridge.contract.errors import ModelRefused
from loglm_bridge.contract.limits import MAX_TOP
from loglm_bridge.contract.verdict import FLAGGED_VERDICTS, Verdict
from loglm_bridge.model.adaptive_cache import AdaptiveCache
from loglm_bridge.model.classifier.head_config import Curve
from loglm_bridge.model.classifier.heads import DECIMALS, ranked, sigmoid, softmax, verdict
from loglm_bridge.model.flow.flow_trees import FlowTrees
from loglm_bridge.model.folder.model_folder import SEQUENCE_CONFIG

#: Verdicts that are remembered, half a kilobyte each.
_MOST_KNOWN = 8_192

#: What a verdict on a flow holds behind its novelty.
_NO_MORE = Verdict("ok")[5:]

#: Techniques with their confidences, the most likely first.
_Ranked = tuple[tuple[str, float], ...]

_Key = tuple[float, float, _Ranked]


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


class FlowClassifier:
    """Reads flows with the trees of `sequence.onnx`; above the novelty `unknown` a quiet flow is unknown."""

    def __init__(self, model: bytes, config: FlowConfig, unknown: float, threads: int = 1) -> None:
        """Raises ModelRefused: the file is no such trees, or has other outputs than `config` names."""
        self._trees = FlowTrees(model, len(config.techniques), threads)
        self.config, self._unknown = config, unknown
        self._depths = np.array(config.depths)
        self.clear()
        self._recalled = self._judged = 0

    def afresh(self) -> FlowClassifier:
        """Return a reader with the same trees that remembers nothing."""
        twin = copy(self)
        twin.clear()
        return twin

    def read(self, features: np.ndarray, top: int = MAX_TOP, brief: bool = False) -> list[Verdict]:
        """Return the verdicts on flows by their features (flows, FEATURES), with `top` techniques each.

        If `brief`, techniques of alarms only. Equal verdicts are mostly one object. Raises ModelFailed.
        """
        logits, depths = self._trees.predict_malice(features)
        scores = self._scores(logits)
        shallower = np.searchsorted(self._depths, depths, side="left")
        novelties = (1.0 - shallower / len(self._depths)).round(DECIMALS).tolist()
        words = [verdict(*told, self.config.curve, self._unknown) for told in zip(scores, novelties, strict=True)]
        named = [row for row, word in enumerate(words) if not brief or word in FLAGGED_VERDICTS]
        techniques: list[_Ranked] = [()] * len(words)
        for row, found in zip(named, self._named(features[named], top) if named else (), strict=True):
            techniques[row] = found
        return self._remembered(list(zip(scores, novelties, techniques, strict=True)), words)

    def scores(self, features: np.ndarray) -> list[float]:
        """Return the scores of the verdicts on flows alone. Raises ModelFailed."""
        return self._scores(self._trees.predict_malice(features)[0])

    def caches(self) -> dict[str, int]:
        """Return figures of what is remembered: verdicts recalled, made, held."""
        return {
            "flow_cache_hits": self._recalled,
            "flow_cache_misses": self._judged,
            "flow_cache_outcomes": len(self._known),
        }

    def clear(self) -> None:
        """Forget what was remembered."""
        self._known = AdaptiveCache[_Key, Verdict](_MOST_KNOWN)

    def _scores(self, logits: np.ndarray) -> list[float]:
        curve = self.config.curve
        scores: list[float] = sigmoid(curve.slope * logits + curve.offset).round(DECIMALS).tolist()
        return scores

    def _named(self, features: np.ndarray, top: int) -> list[_Ranked]:
        logits = self._trees.technique_logits(features)
        confidences = softmax(logits / self.config.curve.temperature).round(DECIMALS)
        return ranked(self.config.techniques, confidences, top)

    def _remembered(self, keys: Sequence[_Key], words: Sequence[str]) -> list[Verdict]:
        """Return the verdicts that are called `words`, one object for equal ones."""
        out, known, fresh = [], self._known, dict[_Key, Verdict]()
        for key, word in zip(keys, words, strict=True):
            found = known.get(key) or fresh.get(key)
            if found is None:
                score, novelty, techniques = key
                named = tuple([attack.technique(*one) for one in techniques]) if techniques else ()
                # half the time of Verdict(...)
                found = fresh[key] = tuple.__new__(Verdict, ("ok", score, word, named, novelty, *_NO_MORE))
            out.append(found)
        recalled = len(out) - len(fresh)
        known.store(fresh, recalled)
        self._judged += len(fresh)
        self._recalled += recalled
        return out
