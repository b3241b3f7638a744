"""Context at work: what windows of events make of an event's verdict.

Flows are always read as a window, one alone as a window of one: trees (sequence.onnx) compare the numbers of a flow and
of its company (flow_features.py). Events of other families keep their own verdict; among others of their entity,
distinct evidence of those others raises the strongest (company.py).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any

import numpy as np

from loglm_bridge.contract.attack_table import TECHNIQUES
from loglm_bridge.contract.errors import ModelRefused
from loglm_bridge.model.artefact import FLOW_TREES, SEQUENCE_CONFIG, ModelFolder
from loglm_bridge.model.company import Company, Evidence
from loglm_bridge.model.flow_features import Flows, features
from loglm_bridge.model.flow_trees import FlowTrees
from loglm_bridge.model.head_config import Curve, HeadConfig
from loglm_bridge.model.heads import DECIMALS, Outcome, ranked, sigmoid, softmax, verdict
from loglm_bridge.model.steps import Step
from loglm_bridge.telemetry import Canonical


@dataclass(frozen=True)
class SequenceConfig:
    """What `sequence.json` holds.

    `families` are read by the trees of flows, whose outputs are the logit of malice and those of `techniques`.
    `curves` calibrate what they say. `company` says by family how the others of a window count, "" for families that
    are not named.
    """

    families: tuple[str, ...]
    techniques: tuple[str, ...]
    curves: Mapping[str, Curve]
    company: Mapping[str, Company]

    @classmethod
    def from_dict(cls, data: Any) -> SequenceConfig:
        """Read `sequence.json`. Raises ModelRefused where a key is absent or of the wrong kind."""
        try:
            names = tuple(field.name for field in fields(Curve))
            curves = {str(f): Curve(**{n: float(c[n]) for n in names}) for f, c in data["curves"].items()}
            # folders of versions before 1.4 know no company of this kind
            company = {str(f): Company.from_dict(c) for f, c in data.get("company", {}).items()}
            families, techniques = (tuple(map(str, data[key])) for key in ("families", "techniques"))
            if not curves.keys() >= set(families):
                raise ValueError("a family without a curve")
            if not np.isfinite([(c.share, c.floor, c.bound) for c in company.values()]).all():
                raise ValueError("a number that is not finite")
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise ModelRefused(f"sequence.json: {error!r}") from error
        return cls(families, techniques, curves, company)

    def to_dict(self) -> dict[str, Any]:
        """Return the content of `sequence.json`."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Seen:
    """An event as a window sees it: its canonical form, its step, its own outcome."""

    form: Canonical
    step: Step
    outcome: Outcome

    @property
    def evidence(self) -> Evidence:
        """The event as its company sees it."""
        return Evidence(self.outcome.logit, self.form.kind, frozenset(self.form.rules))


class Context:
    """Makes verdicts in context of windows of events; `alone` calibrates lone events."""

    def __init__(self, trees: FlowTrees, config: SequenceConfig, alone: HeadConfig) -> None:
        self._trees, self.config, self._alone = trees, config, alone

    def reads(self, family: str) -> bool:
        """Tell whether events of a family are always read by the trees, alone as well."""
        return family in self.config.families

    def outcomes(
        self, seen: Mapping[int, Seen], windows: Sequence[Sequence[int]], asked: Collection[int], top: int
    ) -> dict[int, Outcome]:
        """Return what windows of places make of the `asked` events, where it is not what they say alone.

        Flows get their `top` most likely techniques.

        Raises:
            ModelFailed: the trees failed.
        """
        changed: dict[int, Outcome] = {}
        flows: list[list[int]] = []
        for window in windows:
            read = [place for place in window if self.reads(seen[place].form.family)]
            if any(place in asked for place in read):
                flows.append(read)
            if len(window) - len(read) > 1:
                changed |= self._in_company([(place, seen[place]) for place in window])
        changed = {place: outcome for place, outcome in changed.items() if place in asked}
        order = [place for window in flows for place in window]
        rows = [row for row, place in enumerate(order) if place in asked]
        if rows:
            logits = self._trees.logits(features(Flows.of([[seen[p].step for p in w] for w in flows]))[rows])
            places = [order[row] for row in rows]
            changed.update(zip(places, self._read([seen[place] for place in places], logits, top), strict=True))
        return changed

    def _in_company(self, window: Sequence[tuple[int, Seen]]) -> dict[int, Outcome]:
        """Return the outcomes of the events of a window that their company raises, by place."""
        own: dict[str, list[tuple[int, Seen]]] = defaultdict(list)
        for place, seen in window:
            own[seen.form.family].append((place, seen))
        raised: dict[int, Outcome] = {}
        for family, events in own.items():
            company = self.config.company.get(family, self.config.company.get(""))
            if company is None or self.reads(family):
                continue
            loud = [(place, seen) for place, seen in events if seen.outcome.logit > company.floor]
            if len(loud) > 1:
                strongest, gain = company.raised([seen.evidence for _, seen in loud])
                if gain > 0.0:
                    place, seen = loud[strongest]
                    raised[place] = self._raised(seen, gain)
        return raised

    def _read(self, flows: Sequence[Seen], logits: np.ndarray, top: int) -> list[Outcome]:
        curves = [self.config.curves[seen.form.family] for seen in flows]
        slope, offset, temperature = np.array([(c.slope, c.offset, c.temperature) for c in curves]).T
        scores = sigmoid(slope * logits[:, 0] + offset).round(DECIMALS).tolist()
        confidences = softmax(logits[:, 1:] / temperature[:, None]).round(DECIMALS)
        named = ranked(self.config.techniques, confidences, top)
        return [
            self._scored(seen, score, curve, techniques)
            for seen, score, curve, techniques in zip(flows, scores, curves, named, strict=True)
        ]

    def _raised(self, seen: Seen, gain: float) -> Outcome:
        curve = self._alone.curve(seen.form.family)
        score = sigmoid(np.array(curve.slope * (seen.outcome.logit + gain) + curve.offset)).round(DECIMALS)
        return self._scored(seen, float(score), curve, seen.outcome.techniques)

    def _scored(self, seen: Seen, score: float, curve: Curve, techniques: tuple[tuple[str, float], ...]) -> Outcome:
        own = seen.outcome
        said = verdict(score, own.novelty, curve, self._alone.unknown)
        return Outcome(score, said, techniques, own.novelty, own.vector, own.logit)


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
    foreign = [t for t in config.techniques if t not in TECHNIQUES]
    if foreign:
        raise ModelRefused(f"{SEQUENCE_CONFIG}: techniques that ATT&CK does not list {foreign[:5]}")
    trees = FlowTrees(folder.files[FLOW_TREES], 1 + len(config.techniques), threads)
    return Context(trees, config, alone)
