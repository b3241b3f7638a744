"""Context at work: windows of events to logits (sequence.onnx), and what they make of an event's verdict.

Flows are always read by the sequence encoder: one alone is a window of one, since the numbers that tell flows apart
stand in the marks. Events of other families keep their own verdict; among others of their entity, distinct evidence of
those others raises the strongest (company.py).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from typing import Any

import numpy as np

from loglm_bridge.contract.attack_table import TECHNIQUES
from loglm_bridge.contract.errors import ModelFailed, ModelRefused
from loglm_bridge.contract.limits import MAX_SEQUENCE
from loglm_bridge.model.artefact import SEQUENCE_CONFIG, SEQUENCE_ENCODER, ModelFolder
from loglm_bridge.model.company import Company, Evidence
from loglm_bridge.model.head_config import Curve, HeadConfig
from loglm_bridge.model.heads import DECIMALS, Heads, Outcome, ranked, sigmoid, softmax, verdict
from loglm_bridge.model.session import runtime
from loglm_bridge.model.steps import MARKS, Step, marks
from loglm_bridge.telemetry import Canonical

#: Padded steps of one run; bounds memory.
STEP_BUDGET = 4_096

_INPUTS = {"vectors": "tensor(float)", "marks": "tensor(int64)"}


@dataclass(frozen=True)
class SequenceConfig:
    """What `sequence.json` holds.

    `families` are read by the sequence encoder, whose outputs are the logit of malice and those of `techniques`.
    `curves` calibrate what it says. `company` says by family how the others of a window count, "" for families that
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


class SequenceEncoder:
    """Runs `sequence.onnx`, each call on `threads` threads. Thread-safe."""

    def __init__(self, model: bytes, config: SequenceConfig, width: int, threads: int = 1) -> None:
        self._session = runtime(model, threads, SEQUENCE_ENCODER)
        shapes = {i.name: i.shape[2] for i in self._session.get_inputs()}
        outputs = [(o.name, o.shape[2]) for o in self._session.get_outputs()]
        wanted = {"vectors": width, "marks": len(MARKS)}
        found = {i.name: i.type for i in self._session.get_inputs()}
        if found != _INPUTS or shapes != wanted or outputs != [("logits", 1 + len(config.techniques))]:
            raise ModelRefused(f"sequence.onnx: wrong inputs or outputs {found} {shapes} {outputs}")
        self.config = config

    def logits(self, windows: Sequence[tuple[np.ndarray, np.ndarray]]) -> list[np.ndarray]:
        """Return (steps, outputs) for each window of (vectors (steps, width), marks (steps, marks)).

        A window's answer does not depend on the others.

        Raises:
            ModelFailed: the runtime failed or a number is not finite.
        """
        out: list[np.ndarray] = [np.empty(0)] * len(windows)
        for places, length in _buckets([len(rows) for _, rows in windows]):
            vectors = np.zeros((len(places), length, windows[places[0]][0].shape[1]), dtype=np.float32)
            rows = np.zeros((len(places), length, len(MARKS)), dtype=np.int64)
            for i, place in enumerate(places):
                size = len(windows[place][1])
                vectors[i, :size], rows[i, :size] = windows[place]
            found = self._run(vectors, rows)
            for i, place in enumerate(places):
                out[place] = found[i, : len(windows[place][1])]
        return out

    def _run(self, vectors: np.ndarray, rows: np.ndarray) -> np.ndarray:
        try:
            (found,) = self._session.run(None, {"vectors": vectors, "marks": rows})
        except Exception as error:
            raise ModelFailed("the sequence encoder failed") from error
        if not np.isfinite(found).all():
            raise ModelFailed("the sequence encoder returned numbers that are not finite")
        result: np.ndarray = found
        return result


@dataclass(frozen=True)
class Seen:
    """An event as a window sees it: its canonical form and that one's key, its step and its own outcome."""

    form: Canonical
    key: bytes
    step: Step
    outcome: Outcome

    @property
    def family(self) -> str:
        """The log family."""
        return self.form.family

    @property
    def evidence(self) -> Evidence:
        """The event as its company sees it."""
        return Evidence(self.outcome.logit, self.form.kind, frozenset(self.form.rules))


class Context:
    """Makes verdicts in context of windows of events; `alone` calibrates lone events."""

    def __init__(self, encoder: SequenceEncoder, alone: HeadConfig) -> None:
        self._encoder, self._alone = encoder, alone

    @property
    def config(self) -> SequenceConfig:
        """What `sequence.json` holds."""
        return self._encoder.config

    def reads(self, family: str) -> bool:
        """Tell whether events of a family are always read by the sequence encoder, alone as well."""
        return family in self._encoder.config.families

    def outcomes(self, windows: Sequence[Sequence[Seen]]) -> list[list[Outcome]]:
        """Return the outcome of every event of every window, in the windows' order.

        Raises:
            ModelFailed: the sequence encoder failed.
        """
        read = [i for i, window in enumerate(windows) if any(self.reads(seen.family) for seen in window)]
        found = dict(zip(read, self._encoder.logits([_inputs(windows[i]) for i in read]), strict=True))
        return [self._window(window, found.get(i)) for i, window in enumerate(windows)]

    def _window(self, window: Sequence[Seen], logits: np.ndarray | None) -> list[Outcome]:
        gains = self._gains(window)
        out = []
        for place, seen in enumerate(window):
            if logits is not None and self.reads(seen.family):
                out.append(self._read(seen, logits[place].astype(np.float64)))
            else:
                out.append(self._raised(seen, gains[place]) if place in gains else seen.outcome)
        return out

    def _gains(self, window: Sequence[Seen]) -> dict[int, float]:
        """Return what company adds to logits, by the places of the events that it raises."""
        own: dict[str, list[int]] = defaultdict(list)
        for place, seen in enumerate(window):
            own[seen.family].append(place)
        gains: dict[int, float] = {}
        for family, places in own.items():
            company = self.config.company.get(family, self.config.company.get(""))
            if company is None or self.reads(family):
                continue
            loud = [place for place in places if window[place].outcome.logit > company.floor]
            if len(loud) > 1:
                strongest, gain = company.raised([window[place].evidence for place in loud])
                if gain > 0.0:
                    gains[loud[strongest]] = gain
        return gains

    def _read(self, seen: Seen, logits: np.ndarray) -> Outcome:
        curve = self.config.curves[seen.family]
        confidences = softmax(logits[None, 1:] / curve.temperature).round(DECIMALS)[0]
        changed = self._scored(seen, float(logits[0]), curve)
        return replace(changed, techniques=ranked(self.config.techniques, confidences))

    def _raised(self, seen: Seen, gain: float) -> Outcome:
        return self._scored(seen, seen.outcome.logit + gain, self._alone.curve(seen.family))

    def _scored(self, seen: Seen, logit: float, curve: Curve) -> Outcome:
        score = float(sigmoid(np.array(curve.slope * logit + curve.offset)).round(DECIMALS))
        said = verdict(score, seen.outcome.novelty, curve, self._alone.unknown)
        return replace(seen.outcome, score=score, verdict=said)


def context_of(folder: ModelFolder, heads: Heads, threads: int) -> Context | None:
    """Return the folder's sequence encoder at work, None where it has none.

    Raises:
        ModelRefused: it does not fit the heads, or ATT&CK lists one of its techniques no more.
    """
    if SEQUENCE_ENCODER not in folder.files:
        return None
    if SEQUENCE_CONFIG not in folder.files:
        raise ModelRefused(f"{SEQUENCE_CONFIG}: absent, but there is {SEQUENCE_ENCODER}", where=str(folder.path))
    config = SequenceConfig.from_dict(folder.json(SEQUENCE_CONFIG))
    foreign = [t for t in config.techniques if t not in TECHNIQUES]
    if foreign:
        raise ModelRefused(f"{SEQUENCE_CONFIG}: techniques that ATT&CK does not list {foreign[:5]}")
    encoder = SequenceEncoder(folder.files[SEQUENCE_ENCODER], config, heads.width, threads)
    return Context(encoder, heads.config)


def _inputs(window: Sequence[Seen]) -> tuple[np.ndarray, np.ndarray]:
    rows = marks([seen.step for seen in window], [seen.key for seen in window])
    return np.stack([seen.outcome.vector for seen in window]), rows


def _buckets(lengths: Sequence[int]) -> Iterator[tuple[list[int], int]]:
    """Yield places of windows that are padded to one length, the next power of two, within the budget."""
    by_length: dict[int, list[int]] = defaultdict(list)
    for place, length in enumerate(lengths):
        by_length[min(MAX_SEQUENCE, 1 << (length - 1).bit_length())].append(place)
    for length, places in sorted(by_length.items()):
        most = max(1, STEP_BUDGET // length)
        for start in range(0, len(places), most):
            yield places[start : start + most], length
