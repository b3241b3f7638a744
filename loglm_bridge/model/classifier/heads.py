"""The heads: from an event's vector and gram buckets to technique confidences, a maliciousness score and a novelty."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
from safetensors.numpy import load, save

from loglm_bridge.contract.errors import ModelRefused
from loglm_bridge.contract.limits import MAX_TOP
from loglm_bridge.model.classifier.exact_matmul import quantise_rows
from loglm_bridge.model.classifier.head_config import HeadConfig
from loglm_bridge.model.classifier.head_net import Net
from loglm_bridge.model.classifier.rule_techniques import NO_RULE_TECHNIQUES, RuleTechniques
from loglm_bridge.model.classifier.score_scale import ScoreScale, verdict_name

#: Decimals of every number that the model returns: far finer than its calibration, but coarser than the last bits, in
#: which the exponential function differs between machines.
DECIMALS = 6

_NETS = ("technique", "malice")


class Outcome(NamedTuple):
    """The classification of one canonical event.

    `techniques` are the MAX_TOP most likely ones as (id, confidence), `vector` (width,) is the encoder's output,
    `logit` the maliciousness logit behind `score`.
    """

    score: float
    verdict: str
    techniques: tuple[tuple[str, float], ...]
    novelty: float
    vector: np.ndarray
    logit: float


@dataclass(frozen=True)
class Heads:
    """The trained heads.

    `technique` gives a logit per technique, `malice` the maliciousness logit. `prototypes` (n, width) represent the
    vectors of the training events. `level_bias` (buckets,) is added to the maliciousness logit for every gram bucket
    of an event: it stands for the levels of its rules. `rule_techniques` are the techniques that the project's own
    rules name.
    """

    config: HeadConfig
    technique: Net
    malice: Net
    prototypes: np.ndarray
    level_bias: np.ndarray
    rule_techniques: RuleTechniques = NO_RULE_TECHNIQUES

    @classmethod
    def load(cls, tensors: bytes, config: Mapping[str, Any]) -> Heads:
        """Read `heads.safetensors` and `heads.json`. Raises ModelRefused where they do not fit together."""
        settings = HeadConfig.from_dict(config)
        try:
            arrays = load(tensors)
            technique, malice = (Net.from_arrays(arrays, n) for n in _NETS)
            rules = RuleTechniques.load(arrays, len(settings.techniques), technique.table.shape[0])
            heads = cls(settings, technique, malice, arrays["prototypes"], arrays["say"], rules)
            if not heads._fits():
                raise ValueError("the arrays do not fit together")
            if not all(np.isfinite(array).all() for array in arrays.values()):
                raise ValueError("a number is not finite")
        except Exception as error:
            raise ModelRefused(f"heads.safetensors: {error!r}") from error
        if heads.technique.out.scales.shape != (len(settings.techniques),):
            raise ModelRefused("heads.json: another number of techniques than heads.safetensors")
        return heads

    def _fits(self) -> bool:
        outputs, buckets = len(self.technique.out.scales), self.technique.table.shape[0]
        return (
            self.technique.fits(self.width, outputs)
            and self.malice.fits(self.width, 1)
            and outputs > 0
            and self.malice.table.shape[0] == buckets
            and self.level_bias.shape == (buckets,)
        )

    @property
    def width(self) -> int:
        """Length of an event's vector."""
        return int(self.prototypes.shape[1])

    @property
    def buckets(self) -> int:
        """Number of gram buckets: those of token n-grams, then those of rules."""
        return int(self.technique.table.shape[0])

    def dump(self) -> tuple[bytes, str]:
        """Return the content of `heads.safetensors` and of `heads.json`."""
        arrays = {
            "prototypes": self.prototypes,
            "say": self.level_bias,
            **self.rule_techniques.arrays(),
            **self.technique.to_arrays("technique"),
            **self.malice.to_arrays("malice"),
        }
        text = json.dumps(self.config.to_dict(), indent=1, allow_nan=False)
        return save({n: np.ascontiguousarray(a) for n, a in arrays.items()}), text + "\n"

    def with_config(self, **changes: Any) -> Heads:
        """Return the same heads with changed calibration."""
        return replace(self, config=replace(self.config, **changes))

    def distances(self, vectors: np.ndarray) -> np.ndarray:
        """Return 1 - cosine of each vector to its nearest prototype, (events,) float32 in 0..2."""
        rows, _ = quantise_rows(vectors)
        prototypes, _ = quantise_rows(self.prototypes)
        cosine = rows @ prototypes.T / _lengths(rows)[:, None] / _lengths(prototypes)
        distances: np.ndarray = (1.0 - cosine.max(axis=1)).astype(np.float32)
        return distances

    def technique_logits(self, vectors: np.ndarray, grams: Sequence[np.ndarray]) -> np.ndarray:
        """Return technique logits, (events, techniques) float64: the net's, plus what matching rules name."""
        return self.rule_techniques.add(self.technique.logits(vectors, grams), grams)

    def malice_logits(self, vectors: np.ndarray, grams: Sequence[np.ndarray]) -> np.ndarray:
        """Return maliciousness logits, (events,) float64: the net's, bounded, plus the bias of the rules' levels."""
        bias = np.array([self.level_bias[buckets].sum() for buckets in grams], dtype=np.float32)
        net = self.malice.logits(vectors, grams)[:, 0].astype(np.float64) / (2.0 * self.config.bound)
        logits: np.ndarray = self.config.bound * np.tanh(net) + bias
        return logits

    def outcomes(self, vectors: np.ndarray, grams: Sequence[np.ndarray], families: Sequence[str]) -> list[Outcome]:
        """Return one outcome per event, given its log family; an outcome does not depend on the other events."""
        technique, malice = self.technique_logits(vectors, grams), self.malice_logits(vectors, grams)
        scales = [self.config.scale(family) for family in families]
        scores = _scores(scales, malice)
        confidences = softmax(technique / np.array([scale.temperature for scale in scales])[:, None])
        confidences *= scores[:, None] ** self.config.gate
        novelties = self._novelty(self.distances(vectors), families)
        rankings = top_techniques(self.config.techniques, confidences.round(DECIMALS))
        rows = zip(scores.round(DECIMALS), rankings, novelties, vectors, malice, strict=True)
        return [self._outcome(*row) for row in rows]

    def _novelty(self, distances: np.ndarray, families: Sequence[str]) -> np.ndarray:
        quantiles = np.asarray(self.config.novelty_quantiles)
        known = np.isin(np.array(families, dtype=object), self.config.families)
        return np.where(known, np.searchsorted(quantiles, distances) / len(quantiles), 1.0).round(DECIMALS)

    def _outcome(
        self,
        score: float,
        techniques: tuple[tuple[str, float], ...],
        novelty: float,
        vector: np.ndarray,
        logit: float,
    ) -> Outcome:
        name = verdict_name(score, novelty, self.config.unknown)
        return Outcome(float(score), name, techniques, float(novelty), vector, float(logit))


def top_techniques(
    techniques: Sequence[str], confidences: np.ndarray, count: int = MAX_TOP
) -> list[tuple[tuple[str, float], ...]]:
    """Return for each row of confidences (events, techniques) the `count` highest and their techniques, stable."""
    order = np.argsort(-confidences, axis=1, kind="stable")[:, :count]
    rows = zip(order.tolist(), np.take_along_axis(confidences, order, axis=1).tolist(), strict=True)
    return [tuple([(techniques[i], value) for i, value in zip(*row, strict=True)]) for row in rows]


def _scores(scales: Sequence[ScoreScale], logits: np.ndarray) -> np.ndarray:
    """Return the score of each logit on its own scale."""
    out = np.zeros(len(logits))
    for scale in set(scales):
        rows = [row for row, own in enumerate(scales) if own == scale]
        out[rows] = scale.scores(logits[rows])
    return out


def softmax(x: np.ndarray) -> np.ndarray:
    """Return the softmax of each row of x."""
    shifted = np.exp(x - x.max(axis=1, keepdims=True))
    out: np.ndarray = shifted / shifted.sum(axis=1, keepdims=True)
    return out


def _lengths(rows: np.ndarray) -> np.ndarray:
    out: np.ndarray = np.maximum(np.sqrt((rows * rows).sum(axis=1, dtype=np.float64)), 1e-8)
    return out
