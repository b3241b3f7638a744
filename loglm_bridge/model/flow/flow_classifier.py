"""Verdicts on flows in windows, from the outputs of the flow trees."""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from loglm_bridge.contract import attack
from loglm_bridge.contract.attack_table import TECHNIQUES
from loglm_bridge.contract.errors import ModelRefused
from loglm_bridge.contract.limits import MAX_TOP
from loglm_bridge.contract.verdict import FLAGGED_VERDICTS, Verdict
from loglm_bridge.model.adaptive_cache import AdaptiveCache
from loglm_bridge.model.classifier.heads import DECIMALS, softmax, top_techniques
from loglm_bridge.model.classifier.score_scale import ScoreScale, verdict_name
from loglm_bridge.model.flow.flow_features import FEATURES
from loglm_bridge.model.flow.flow_trees import FlowTrees
from loglm_bridge.model.folder.model_folder import SEQUENCE_CONFIG

#: Maximum verdicts that are cached, half a kilobyte each.
_MAX_CACHED = 8_192

#: The feature that counts the flows of a window.
_FLOWS = FEATURES.index("flows")

#: The fields of a verdict on a flow behind its novelty.
_DEFAULTS_AFTER_NOVELTY = Verdict("ok")[5:]

#: Techniques with their confidences, the most likely first.
_Ranking = tuple[tuple[str, float], ...]

#: Score, novelty and techniques of a verdict.
_Key = tuple[float, float, _Ranking]


@dataclass(frozen=True)
class FlowConfig:
    """The part of `sequence.json` on flows.

    The trees output a maliciousness logit and one for each of `techniques`, scored on `scale`. A flow that is alone in
    its window is scored on `lone`: one flow says little. Novelty is the share of familiar flows that lie deeper:
    `depths` are those of familiar flows at equal steps, ascending.
    """

    techniques: tuple[str, ...]
    scale: ScoreScale
    lone: ScoreScale
    depths: tuple[float, ...]

    @classmethod
    def from_dict(cls, data: Any) -> FlowConfig:
        """Read the configuration.

        Raises:
            KeyError, TypeError, ValueError: it is malformed.
            ModelRefused: ATT&CK does not list one of the techniques.
        """
        scale, lone = ScoreScale.of(data["scale"]), ScoreScale.of(data["lone"])
        depths = tuple(map(float, data["depths"]))
        if not depths or not np.isfinite(depths).all() or list(depths) != sorted(depths):
            raise ValueError("depths are not ascending")
        techniques = tuple(map(str, data["techniques"]))
        unknown = [t for t in techniques if t not in TECHNIQUES]
        if unknown:
            raise ModelRefused(f"{SEQUENCE_CONFIG}: techniques that ATT&CK does not list {unknown[:5]}")
        return cls(techniques, scale, lone, depths)

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON object of `sequence.json`."""
        return asdict(self)


class FlowClassifier:
    """Classifies flows with the trees of `sequence.onnx`; above the novelty `unknown` an unflagged flow is unknown."""

    def __init__(self, model: bytes, config: FlowConfig, unknown: float, threads: int = 1) -> None:
        """Load the trees. Raises ModelRefused where the file is invalid or its outputs do not fit `config`."""
        self._trees = FlowTrees(model, len(config.techniques), threads)
        self.config, self._unknown = config, unknown
        self._depths = np.array(config.depths)
        self.clear()
        self._cache_hits = self._cache_misses = 0

    def without_cache(self) -> FlowClassifier:
        """Return a classifier with the same trees and an empty cache of its own."""
        twin = copy(self)
        twin.clear()
        return twin

    def classify(self, features: np.ndarray, top: int = MAX_TOP, brief: bool = False) -> list[Verdict]:
        """Return the verdicts on flows, with `top` techniques each, of their features (flows, FEATURES).

        If `brief`, only flagged verdicts get techniques. Equal verdicts are mostly one object. Raises ModelFailed.
        """
        logits, depths = self._trees.predict_malice(features)
        scores = self._calibrated(logits, features)
        shallower = np.searchsorted(self._depths, depths, side="left")
        novelties = (1.0 - shallower / len(self._depths)).round(DECIMALS).tolist()
        pairs = zip(scores, novelties, strict=True)
        names = [verdict_name(score, novelty, self._unknown) for score, novelty in pairs]
        rows = [row for row, name in enumerate(names) if not brief or name in FLAGGED_VERDICTS]
        rankings: list[_Ranking] = [()] * len(names)
        for row, ranking in zip(rows, self._rankings(features[rows], top) if rows else (), strict=True):
            rankings[row] = ranking
        return self._cached_verdicts(list(zip(scores, novelties, rankings, strict=True)), names)

    def scores(self, features: np.ndarray) -> list[float]:
        """Return only the scores of `classify`. Raises ModelFailed."""
        return self._calibrated(self._trees.predict_malice(features)[0], features)

    def caches(self) -> dict[str, int]:
        """Return the figures of the cache: hits, misses, entries."""
        return {
            "flow_cache_hits": self._cache_hits,
            "flow_cache_misses": self._cache_misses,
            "flow_cache_outcomes": len(self._cache),
        }

    def clear(self) -> None:
        """Clear the cache."""
        self._cache = AdaptiveCache[_Key, Verdict](_MAX_CACHED)

    def _calibrated(self, logits: np.ndarray, features: np.ndarray) -> list[float]:
        scores = self.config.scale.scores(logits)
        alone = features[:, _FLOWS] == 1
        if alone.any():
            scores[alone] = self.config.lone.scores(logits[alone])
        rounded: list[float] = scores.round(DECIMALS).tolist()
        return rounded

    def _rankings(self, features: np.ndarray, top: int) -> list[_Ranking]:
        logits = self._trees.technique_logits(features)
        confidences = softmax(logits / self.config.scale.temperature).round(DECIMALS)
        return top_techniques(self.config.techniques, confidences, top)

    def _cached_verdicts(self, keys: Sequence[_Key], names: Sequence[str]) -> list[Verdict]:
        """Return the verdicts of keys and verdict names, one object for equal ones."""
        verdicts, cache, new = [], self._cache, dict[_Key, Verdict]()
        for key, name in zip(keys, names, strict=True):
            verdict = cache.get(key) or new.get(key)
            if verdict is None:
                score, novelty, ranking = key
                techniques = tuple([attack.technique(*one) for one in ranking]) if ranking else ()
                # half the time of Verdict(...)
                fields_of_verdict = ("ok", score, name, techniques, novelty, *_DEFAULTS_AFTER_NOVELTY)
                verdict = new[key] = tuple.__new__(Verdict, fields_of_verdict)
            verdicts.append(verdict)
        hits = len(verdicts) - len(new)
        cache.store(new, hits)
        self._cache_misses += len(new)
        self._cache_hits += hits
        return verdicts
