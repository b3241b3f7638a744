"""Context at work: what windows of events make of an event's verdict.

Flows are always read as a window, one alone as a window of one: trees (sequence.onnx) compare the numbers of a flow and
of its company (flow_reading.py). Events of other families keep their own verdict; among others of their entity,
distinct evidence of those others raises the strongest (company.py).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from loglm_bridge.contract.errors import ModelRefused
from loglm_bridge.contract.verdict import Verdict
from loglm_bridge.contract.wire import Options
from loglm_bridge.model.classifier.head_config import HeadConfig
from loglm_bridge.model.classifier.heads import DECIMALS, Outcome, sigmoid, verdict
from loglm_bridge.model.classifier.outcome_cache import CachedOutcome
from loglm_bridge.model.context.entity_state import Seen
from loglm_bridge.model.context.evidence import ContextScoring
from loglm_bridge.model.context.windowed_batch import PAST, WindowedBatch
from loglm_bridge.model.flow.flow_classifier import FlowClassifier, FlowConfig
from loglm_bridge.model.flow.flow_features import features
from loglm_bridge.model.folder.model_folder import FLOW_TREES, SEQUENCE_CONFIG, ModelFolder


@dataclass(frozen=True)
class SequenceConfig:
    """What `sequence.json` holds: how flows are read, and by log family how the others of a window count.

    The company of "" is that of families that are not named.
    """

    flows: FlowConfig
    company: Mapping[str, ContextScoring]

    @classmethod
    def from_dict(cls, data: Any) -> SequenceConfig:
        """Read `sequence.json`. Raises ModelRefused where a key is absent or of the wrong kind."""
        try:
            company = {str(f): ContextScoring.from_dict(c) for f, c in data["company"].items()}
            if not np.isfinite([(c.share, c.floor, c.bound) for c in company.values()]).all():
                raise ValueError("a number that is not finite")
            return cls(FlowConfig.from_dict(data["flows"]), company)
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise ModelRefused(f"{SEQUENCE_CONFIG}: {error!r}") from error

    def to_dict(self) -> dict[str, Any]:
        """Return the content of `sequence.json`."""
        return asdict(self)


class ContextModel:
    """Makes verdicts in context of windows of events; `alone` calibrates lone events."""

    def __init__(self, flows: FlowClassifier, company: Mapping[str, ContextScoring], alone: HeadConfig) -> None:
        self.flows, self._company, self._alone = flows, company, alone

    def afresh(self) -> ContextModel:
        """Return the same that remembers nothing."""
        return ContextModel(self.flows.afresh(), self._company, self._alone)

    def raised(self, gathered: WindowedBatch, known: Mapping[int, CachedOutcome]) -> dict[int, CachedOutcome]:
        """Return by place the outcomes that company makes of events other than flows, where they are other ones.

        `known` is what is known of each alone.
        """
        raised: dict[int, CachedOutcome] = {}
        if len(gathered.read.others) > 1:
            for window in _others(gathered):
                raised |= self._in_company(window, known)
        return raised

    def of_flows(self, gathered: WindowedBatch, options: Options) -> dict[int, Verdict]:
        """Return by place the verdicts on the flows of a batch. Windows that hold none are not read.

        Raises ModelFailed.
        """
        flows = gathered.read.flows
        is_flow = gathered.order < len(flows)
        order, window = gathered.order[is_flow], gathered.window[is_flow]
        asked = gathered.places[order] != PAST
        wanted = np.bincount(window[asked], minlength=len(gathered.lengths))[window] > 0
        if not wanted.any():
            return {}
        order, asked = order[wanted], asked[wanted]
        lengths = np.bincount(window[wanted])
        # records are taken ten times as fast as they are indexed
        found = self.flows.read(features(flows.take(order), lengths[lengths > 0], asked), options.top, options.brief)
        return dict(zip(gathered.places[order[asked]].tolist(), found, strict=True))

    def _in_company(
        self, window: Sequence[tuple[int, Seen]], known: Mapping[int, CachedOutcome]
    ) -> dict[int, CachedOutcome]:
        """Return the outcomes of the events of a window that their company raises, by place."""
        own: dict[str, list[tuple[int, Seen]]] = defaultdict(list)
        for place, seen in window:
            own[seen.family].append((place, seen))
        raised: dict[int, CachedOutcome] = {}
        for family, events in own.items():
            company = self._company.get(family, self._company.get(""))
            if company is None:
                continue
            loud = [(place, seen) for place, seen in events if seen.evidence.logit > company.floor]
            if len(loud) > 1:
                strongest, gain = company.raised([seen.evidence for _, seen in loud])
                place, seen = loud[strongest]
                if gain > 0.0 and place != PAST:
                    raised[place] = CachedOutcome(self._raised(seen.family, known[place].outcome, gain))
        return raised

    def _raised(self, family: str, own: Outcome, gain: float) -> Outcome:
        curve = self._alone.curve(family)
        score = float(sigmoid(np.array(curve.slope * (own.logit + gain) + curve.offset)).round(DECIMALS))
        said = verdict(score, own.novelty, curve, self._alone.unknown)
        return Outcome(score, said, own.techniques, own.novelty, own.vector, own.logit)


def _others(gathered: WindowedBatch) -> Iterator[list[tuple[int, Seen]]]:
    """Yield the events of windows that hold several which are no flows, with their places."""
    first = len(gathered.read.flows)
    others = gathered.order >= first
    order, window = gathered.order[others], gathered.window[others]
    ends = np.flatnonzero(np.diff(window, append=-1)) + 1
    for part in np.split(order, ends[:-1]):
        if len(part) > 1:
            yield [(int(gathered.places[number]), gathered.read.others[number - first]) for number in part.tolist()]


def load_context_model(folder: ModelFolder, alone: HeadConfig, threads: int) -> ContextModel | None:
    """Return the folder's trees of flows and company at work, None where it has none.

    Raises:
        ModelRefused: they do not fit this version, or ATT&CK lists one of their techniques no more.
    """
    if FLOW_TREES not in folder.files:
        return None
    if SEQUENCE_CONFIG not in folder.files:
        raise ModelRefused(f"{SEQUENCE_CONFIG}: absent, but there is {FLOW_TREES}", where=str(folder.path))
    config = SequenceConfig.from_dict(folder.json(SEQUENCE_CONFIG))
    flows = FlowClassifier(folder.files[FLOW_TREES], config.flows, alone.unknown, threads)
    return ContextModel(flows, config.company, alone)
