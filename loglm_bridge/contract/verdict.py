"""The verdict: what the model answers for one event."""

from __future__ import annotations

import math
from operator import itemgetter
from typing import Any, Mapping, NamedTuple, Optional

from loglm_bridge.contract.errors import BadReply
from loglm_bridge.contract.limits import MAX_ECHO

#: Statuses that the sidecar gives to one event.
MODEL_STATUSES = ("ok", "empty", "unparsed", "error")

#: Statuses of a Splunk row: the model's, and the client's where there is no answer.
ROW_STATUSES = (*MODEL_STATUSES, "unavailable", "overloaded", "timeout")

#: `unknown` means outside the model's training distribution. Absence of a label never means benign.
VERDICTS = ("malicious", "suspicious", "benign", "unknown")

#: Verdicts that call for an analyst.
FLAGGED_VERDICTS = ("malicious", "suspicious")


class Technique(NamedTuple):
    """An ATT&CK technique with the model's calibrated confidence (0..1)."""

    id: str
    name: str
    tactics: tuple[str, ...]
    confidence: float

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Technique:
        """Read the wire object. Raises BadReply where a key is missing or of the wrong type."""
        try:
            tactics = tuple(map(_text, _list(data["tactics"])))
            return cls(_text(data["id"]), _text(data["name"]), tactics, probability(data["confidence"]))
        except _MALFORMED as error:
            raise BadReply(f"a technique of the answer is malformed ({repr(error)[:MAX_ECHO]})") from error

    def to_dict(self) -> dict[str, Any]:
        """Return the wire object."""
        return {"id": self.id, "name": self.name, "tactics": list(self.tactics), "confidence": self.confidence}


class Verdict(NamedTuple):
    """The answer for one event. A tuple like Event; with an explanation it is not hashable.

    `score` (0..1) is how seldom an ordinary event of the log family scores as high. `techniques` are ranked, the most
    likely first. `novelty` is the distance from the model's training distribution (0 familiar, 1 unlike all of it).
    `embedding` (unit length) and `explanation` are present where requested. `status` is one of MODEL_STATUSES,
    `verdict` one of VERDICTS; score, verdict and novelty are None unless the status is ok. `detail` says why a status
    is not ok.
    """

    status: str
    score: Optional[float] = None
    verdict: Optional[str] = None
    techniques: tuple[Technique, ...] = ()
    novelty: Optional[float] = None
    truncated: bool = False
    embedding: Optional[tuple[float, ...]] = None
    explanation: Optional[Mapping[str, Any]] = None
    detail: Optional[str] = None

    @property
    def malicious(self) -> bool:
        """The product's own decision."""
        return self.verdict == "malicious"

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Verdict:
        """Read the wire object. Raises BadReply where it breaks the contract."""
        try:
            try:
                values = _field_values(data)
            except KeyError:
                values = _field_values({**_DEFAULTS, **data})
            status, score, verdict, techniques, novelty, truncated, embedding, explanation, detail = values
            if status not in MODEL_STATUSES or (verdict is not None and verdict not in VERDICTS):
                raise ValueError(f"status {status!r}, verdict {verdict!r}")
            return cls(
                status,
                None if score is None else probability(score),
                verdict,
                () if techniques == [] else tuple(map(Technique.from_dict, _list(techniques))),
                None if novelty is None else probability(novelty),
                bool(truncated),
                None if embedding is None else tuple(map(_finite, _list(embedding))),
                None if explanation is None else _object(explanation),
                None if detail is None else _text(detail),
            )
        except _MALFORMED as error:
            raise BadReply(f"a verdict of the answer is malformed ({repr(error)[:MAX_ECHO]})") from error

    def to_dict(self) -> dict[str, Any]:
        """Return the wire object; every key is present."""
        return {
            "status": self.status,
            "score": self.score,
            "verdict": self.verdict,
            "techniques": [t.to_dict() for t in self.techniques],
            "novelty": self.novelty,
            "truncated": self.truncated,
            "embedding": None if self.embedding is None else list(self.embedding),
            "explanation": None if self.explanation is None else dict(self.explanation),
            "detail": self.detail,
        }


#: Returns the values of a wire object in the order of Verdict's fields: nine look-ups in one call.
_field_values = itemgetter(*Verdict._fields)

#: Values of the keys that a wire object may omit.
_DEFAULTS: Mapping[str, Any] = {**dict.fromkeys(Verdict._fields[1:]), "techniques": []}

#: What reading an untrusted object can raise; an integer too big for a float is an ArithmeticError.
_MALFORMED = (KeyError, TypeError, ValueError, AttributeError, ArithmeticError, RecursionError)


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"a string expected, got {type(value).__name__}")
    return value


def _list(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise TypeError(f"a list expected, got {type(value).__name__}")
    return value


def _object(value: Any) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise TypeError(f"an object expected, got {type(value).__name__}")
    _check_numbers(value)
    return value


def _check_numbers(value: Any) -> None:
    """Raise ValueError for a number anywhere in a JSON value that is not finite."""
    if isinstance(value, float):
        _finite(value)
    elif isinstance(value, (Mapping, list)):
        for inner in value.values() if isinstance(value, Mapping) else value:
            _check_numbers(inner)


def _finite(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise TypeError(f"a number expected, got {type(value).__name__}")
    number = float(value)
    if not math.isfinite(number):
        raise ValueError(f"{number} is not finite")
    return number


def probability(value: Any) -> float:
    """Return a number of the wire from 0 to 1. Raises TypeError, ValueError or ArithmeticError for anything else."""
    # floats are by far the most common: a verdict has up to a dozen of these
    number = value if type(value) is float else _finite(value)
    if not 0.0 <= number <= 1.0:  # also true of NaN
        raise ValueError(f"{number} is outside 0..1")
    return number
