"""Context at work: what windows of events make of an event's verdict.

Flows are always read as a window, one alone as a window of one: trees (sequence.onnx) compare the numbers of a flow and
of its company (flow_reading.py). Events of other families keep their own verdict; among others of their entity,
distinct evidence of those others raises the strongest (company.py).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from loglm_bridge.contract.errors import ModelRefused
from loglm_bridge.model.artefact import FLOW_TREES, SEQUENCE_CONFIG, ModelFolder
from loglm_bridge.model.company import Company, Evidence
from loglm_bridge.model.flow_reading import FlowConfig, FlowReader
from loglm_bridge.model.head_config import HeadConfig
from loglm_bridge.model.heads import DECIMALS, Outcome, sigmoid, verdict
from loglm_bridge.model.known import Known
from loglm_bridge.model.steps import Step
from loglm_bridge.telemetry import Canonical

#: The log family that the trees read.
FLOW = "flow"


@dataclass(frozen=True)
class SequenceConfig:
    """What `sequence.json` holds: how flows are read, and by log family how the others of a window count.

    The company of "" is that of families that are not named.
    """

    flows: FlowConfig
    company: Mapping[str, Company]

    @classmethod
    def from_dict(cls, data: Any) -> SequenceConfig:
        """Read `sequence.json`. Raises ModelRefused where a key is absent or of the wrong kind."""
        try:
            company = {str(f): Company.from_dict(c) for f, c in data["company"].items()}
            if not np.isfinite([(c.share, c.floor, c.bound) for c in company.values()]).all():
                raise ValueError("a number that is not finite")
            return cls(FlowConfig.from_dict(data["flows"]), company)
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise ModelRefused(f"{SEQUENCE_CONFIG}: {error!r}") from error

    def to_dict(self) -> dict[str, Any]:
        """Return the content of `sequence.json`."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Seen:
    """An event of another family than flows as a window sees it: its family, its evidence, its own outcome."""

    family: str
    evidence: Evidence
    outcome: Outcome

    @classmethod
    def of(cls, form: Canonical, outcome: Outcome) -> Seen:
        """Return what a window sees of a canonical event with its outcome."""
        return cls(form.family, Evidence(outcome.logit, form.kind, frozenset(form.rules)), outcome)


class Context:
    """Makes verdicts in context of windows of events; `alone` calibrates lone events."""

    def __init__(self, flows: FlowReader, company: Mapping[str, Company], alone: HeadConfig) -> None:
        self.flows, self._company, self._alone = flows, company, alone

    def afresh(self) -> Context:
        """Return the same that remembers nothing."""
        return Context(self.flows.afresh(), self._company, self._alone)

    def outcomes(
        self,
        seen: Mapping[int, Step | Seen],
        windows: Sequence[Sequence[int]],
        asked: Collection[int],
    ) -> dict[int, Known]:
        """Return what windows of places make of the `asked` events: of all flows, of others where it is news.

        `seen` holds the flows as steps.

        Raises:
            ModelFailed: the trees failed.
        """
        changed: dict[int, Known] = {}
        read: list[int] = []
        flows: list[list[Step]] = []
        for window in windows:
            steps = [(place, one) for place in window if isinstance(one := seen[place], Step)]
            if any(place in asked for place, _ in steps):
                flows.append([step for _, step in steps])
                read += [place for place, _ in steps]
            if len(window) - len(steps) > 1:
                changed |= self._in_company([(place, one) for place in window if isinstance(one := seen[place], Seen)])
        changed = {place: outcome for place, outcome in changed.items() if place in asked}
        rows = [row for row, place in enumerate(read) if place in asked]
        if rows:
            changed.update(zip([read[row] for row in rows], self.flows.read(flows, rows), strict=True))
        return changed

    def _in_company(self, window: Sequence[tuple[int, Seen]]) -> dict[int, Known]:
        """Return the outcomes of the events of a window that their company raises, by place."""
        own: dict[str, list[tuple[int, Seen]]] = defaultdict(list)
        for place, seen in window:
            own[seen.family].append((place, seen))
        raised: dict[int, Known] = {}
        for family, events in own.items():
            company = self._company.get(family, self._company.get(""))
            if company is None:
                continue
            loud = [(place, seen) for place, seen in events if seen.outcome.logit > company.floor]
            if len(loud) > 1:
                strongest, gain = company.raised([seen.evidence for _, seen in loud])
                if gain > 0.0:
                    place, seen = loud[strongest]
                    raised[place] = Known(self._raised(seen, gain))
        return raised

    def _raised(self, seen: Seen, gain: float) -> Outcome:
        curve, own = self._alone.curve(seen.family), seen.outcome
        score = float(sigmoid(np.array(curve.slope * (own.logit + gain) + curve.offset)).round(DECIMALS))
        said = verdict(score, own.novelty, curve, self._alone.unknown)
        return Outcome(score, said, own.techniques, own.novelty, own.vector, own.logit)


def context_of(folder: ModelFolder, alone: HeadConfig, threads: int) -> Context | None:
    """Return the folder's trees of flows and company at work, None where it has none.

    Raises:
        ModelRefused: they do not fit this version, or ATT&CK lists one of their techniques no more.
    """
    if FLOW_TREES not in folder.files:
        return None
    if SEQUENCE_CONFIG not in folder.files:
        raise ModelRefused(f"{SEQUENCE_CONFIG}: absent, but there is {FLOW_TREES}", where=str(folder.path))
    config = SequenceConfig.from_dict(folder.json(SEQUENCE_CONFIG))
    flows = FlowReader(folder.files[FLOW_TREES], config.flows, alone.unknown, threads)
    return Context(flows, config.company, alone)
