"""Verdicts in context of the windows of a batch.

Flows are always read as a window, a single one as a window of one: the flow trees (sequence.onnx) compare the numbers
of a flow with those of its window (flow/flow_classifier.py). Other events keep their own verdict; among other events of
their entity, distinct evidence boosts the strongest one (evidence.py).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from loglm_bridge.contract.errors import ModelRefused
from loglm_bridge.contract.verdict import Verdict
from loglm_bridge.contract.wire import Options
from loglm_bridge.model.classifier.head_config import HeadConfig
from loglm_bridge.model.classifier.heads import DECIMALS, Outcome
from loglm_bridge.model.classifier.outcome_cache import CachedOutcome
from loglm_bridge.model.classifier.score_scale import verdict_name
from loglm_bridge.model.context.entity_state import ContextEvent
from loglm_bridge.model.context.evidence import ContextScoring
from loglm_bridge.model.context.windowed_batch import FROM_STATE, WindowedBatch
from loglm_bridge.model.flow.flow_classifier import FlowClassifier, FlowConfig
from loglm_bridge.model.flow.flow_features import features
from loglm_bridge.model.folder.model_folder import FLOW_TREES, SEQUENCE_CONFIG, ModelFolder

#: Events of a window that are not flows, each with its batch index or FROM_STATE.
_Window = Sequence[tuple[int, ContextEvent]]


@dataclass(frozen=True)
class SequenceConfig:
    """The content of `sequence.json`: how flows are classified, and by log family how other events count as context.

    The scoring of "" applies to families that are not named.
    """

    flows: FlowConfig
    scoring: Mapping[str, ContextScoring]

    @classmethod
    def from_dict(cls, data: Any) -> SequenceConfig:
        """Read `sequence.json`. Raises ModelRefused where a key is absent or of the wrong type."""
        try:
            scoring = {str(family): ContextScoring.from_dict(one) for family, one in data["company"].items()}
            if not np.isfinite([(one.share, one.floor, one.bound) for one in scoring.values()]).all():
                raise ValueError("a number that is not finite")
            return cls(FlowConfig.from_dict(data["flows"]), scoring)
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise ModelRefused(f"{SEQUENCE_CONFIG}: {error!r}") from error

    def to_dict(self) -> dict[str, Any]:
        """Return the content of `sequence.json`."""
        return {
            "flows": self.flows.to_dict(),
            "company": {family: scoring.to_dict() for family, scoring in self.scoring.items()},
        }


class ContextModel:
    """Classifies events in context. `head_config` calibrates the scores of events other than flows."""

    def __init__(self, flows: FlowClassifier, scoring: Mapping[str, ContextScoring], head_config: HeadConfig) -> None:
        self.flows, self._scoring, self._head_config = flows, scoring, head_config

    def without_cache(self) -> ContextModel:
        """Return the same model with an empty cache of its own."""
        return ContextModel(self.flows.without_cache(), self._scoring, self._head_config)

    def boosted(self, windowed: WindowedBatch, outcomes: Mapping[int, CachedOutcome]) -> dict[int, CachedOutcome]:
        """Return by batch index the outcomes that context changes, of events other than flows.

        `outcomes` are those of the events by themselves.
        """
        boosted: dict[int, CachedOutcome] = {}
        if len(windowed.state.others) > 1:
            for window in _windows_of_others(windowed):
                boosted |= self._boost_window(window, outcomes)
        return boosted

    def classify_flows(self, windowed: WindowedBatch, options: Options) -> dict[int, Verdict]:
        """Return by batch index the verdicts on flows. Windows without a flow of the batch are skipped.

        Raises ModelFailed.
        """
        flows = windowed.state.flows
        is_flow = windowed.order < len(flows)
        order, window = windowed.order[is_flow], windowed.window[is_flow]
        in_batch = windowed.batch_indices[order] != FROM_STATE
        needed = np.bincount(window[in_batch], minlength=len(windowed.lengths))[window] > 0
        if not needed.any():
            return {}
        order, in_batch = order[needed], in_batch[needed]
        lengths = np.bincount(window[needed])
        # `take` on a structured array is ten times as fast as indexing
        columns = features(flows.take(order), lengths[lengths > 0], in_batch)
        verdicts = self.flows.classify(columns, options.top, options.brief)
        return dict(zip(windowed.batch_indices[order[in_batch]].tolist(), verdicts, strict=True))

    def _boost_window(self, window: _Window, outcomes: Mapping[int, CachedOutcome]) -> dict[int, CachedOutcome]:
        """Return by batch index the outcomes that are boosted in a window, at most one per log family."""
        by_family: dict[str, list[tuple[int, ContextEvent]]] = defaultdict(list)
        for index, event in window:
            by_family[event.family].append((index, event))
        boosted: dict[int, CachedOutcome] = {}
        for family, events in by_family.items():
            scoring = self._scoring.get(family, self._scoring.get(""))
            if scoring is None:
                continue
            above_floor = [(index, event) for index, event in events if event.evidence.logit > scoring.floor]
            if len(above_floor) > 1:
                strongest, boost = scoring.boost([event.evidence for _, event in above_floor])
                index, event = above_floor[strongest]
                if boost > 0.0 and index != FROM_STATE:
                    boosted[index] = CachedOutcome(self._boost(event.family, outcomes[index].outcome, boost))
        return boosted

    def _boost(self, family: str, outcome: Outcome, boost: float) -> Outcome:
        score = round(self._head_config.scale(family).score(outcome.logit + boost), DECIMALS)
        name = verdict_name(score, outcome.novelty, self._head_config.unknown)
        return Outcome(score, name, outcome.techniques, outcome.novelty, outcome.vector, outcome.logit)


def _windows_of_others(windowed: WindowedBatch) -> Iterator[_Window]:
    """Yield windows of several events other than flows."""
    first = len(windowed.state.flows)
    is_other = windowed.order >= first
    order, window = windowed.order[is_other], windowed.window[is_other]
    ends = np.flatnonzero(np.diff(window, append=-1)) + 1
    for part in np.split(order, ends[:-1]):
        if len(part) > 1:
            yield [
                (int(windowed.batch_indices[number]), windowed.state.others[number - first]) for number in part.tolist()
            ]


def load_context_model(folder: ModelFolder, head_config: HeadConfig, threads: int) -> ContextModel | None:
    """Return the context model of a folder, None where it has none.

    Raises:
        ModelRefused: its files do not fit this version, or ATT&CK no longer lists one of its techniques.
    """
    if FLOW_TREES not in folder.files:
        return None
    if SEQUENCE_CONFIG not in folder.files:
        raise ModelRefused(f"{SEQUENCE_CONFIG}: absent, but there is {FLOW_TREES}", where=str(folder.path))
    config = SequenceConfig.from_dict(folder.json(SEQUENCE_CONFIG))
    flows = FlowClassifier(folder.files[FLOW_TREES], config.flows, head_config.unknown, threads)
    return ContextModel(flows, config.scoring, head_config)
