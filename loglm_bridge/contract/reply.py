"""The JSON of sidecar API v1: the answer to a batch, and each verdict in it, whole or short."""

from __future__ import annotations

import math
from functools import lru_cache
from json.encoder import encode_basestring_ascii as _quoted
from types import MappingProxyType
from typing import Any, Iterable, Mapping, NamedTuple, Optional, Sequence

from loglm_bridge.contract import attack
from loglm_bridge.contract.errors import BadReply, InvalidRequest
from loglm_bridge.contract.limits import API_VERSION, MAX_ECHO
from loglm_bridge.contract.strict_json import loads_reply
from loglm_bridge.contract.verdict import VERDICTS, Verdict, unit
from loglm_bridge.contract.wire import ModelId, dump


class Reply(NamedTuple):
    """The answer to a batch; `verdicts` has the order and length of the request's events, `past` is their entities'."""

    model: ModelId
    verdicts: tuple[Verdict, ...]
    state: Mapping[str, str] = MappingProxyType({})


def write_verdict(verdict: Verdict, short: bool = False) -> bytes:
    """Return one element of a reply's `results`, its `short_form` where that is wanted and there is one.

    The same verdict gives the same bytes.

    Raises:
        ValueError: a number is not finite.
        TypeError: the explanation holds what JSON cannot.
    """
    form = short_form(verdict) if short else None
    if form is not None:
        return dump(form)
    status, score, word, ranking, novelty, truncated, embedding, explanation, detail = verdict
    if status != "ok" or embedding is not None or explanation is not None or detail is not None:
        return dump(verdict.to_dict())
    called = "null" if word is None else _quoted(word)
    cut = "true" if truncated else "false"
    techniques = ",".join([_named(t, name, tactics) + _number(sure) + "}" for t, name, tactics, sure in ranking])
    return (
        f'{{"status":"ok","score":{_number(score)},"verdict":{called},"techniques":[{techniques}],'
        f'"novelty":{_number(novelty)},"truncated":{cut},'
        '"embedding":null,"explanation":null,"detail":null}'
    ).encode("ascii")


def short_form(verdict: Verdict) -> Optional[list[Any]]:
    """Return score, verdict, novelty, whether the event was truncated, and of each technique its id and confidence.

    None where the verdict holds more than that, or less.
    """
    status, score, word, ranking, novelty, truncated, embedding, explanation, detail = verdict
    if status != "ok" or embedding is not None or explanation is not None or detail is not None:
        return None
    if score is None or word is None or novelty is None:
        return None
    form: list[Any] = [score, word, novelty, truncated]
    for technique, _, _, sure in ranking:
        form += technique, sure
    return form


def join_reply(
    model: ModelId, results: Iterable[bytes], distinct: bool = False, state: Optional[bytes] = None
) -> bytes:
    """Return the body of the answer from elements that `write_verdict` made.

    With `distinct` equal elements stand once, and `order` holds each event's place among them. A request that told of a
    `past` is told of that of now, in JSON.
    """
    told = b"" if state is None else b',"past":' + state
    head = b'{"api":%d,"model":%b,"results":[' % (API_VERSION, dump(model.to_dict()))
    if not distinct:
        return head + b",".join(results) + b"]" + told + b"}"
    places: dict[bytes, int] = {}
    order = [places.setdefault(result, len(places)) for result in results]
    return head + b",".join(places) + b'],"order":' + dump(order) + told + b"}"


def write_reply(reply: Reply, distinct: bool = False, short: bool = False) -> bytes:
    """Return the body of the answer. The same reply gives the same bytes."""
    results = [write_verdict(verdict, short) for verdict in reply.verdicts]
    return join_reply(reply.model, results, distinct, dump(dict(reply.state)) if reply.state else None)


def read_reply(body: bytes, expected: int) -> Reply:
    """Read the answer to a batch of `expected` events; equal results of a `distinct` one are one object.

    Raises:
        BadReply: cut, malformed, of another interface version, or of another length than the request.
    """
    try:
        data = loads_reply(body)
        model = data["model"]
        found = ModelId(name=str(model["name"]), version=str(model["version"]), sha256=str(model["sha256"]))
        results, api = data["results"], data["api"]
    except (InvalidRequest, KeyError, TypeError) as error:
        raise BadReply("the answer is not a reply of this interface") from error
    if api != API_VERSION:
        raise BadReply(f"the sidecar speaks interface {str(api)[:20]}, this app speaks {API_VERSION}")
    order = data.get("order", range(len(results)) if isinstance(results, list) else None)
    if not isinstance(results, list) or not isinstance(order, (list, range)) or len(order) != expected:
        count = len(order) if isinstance(order, (list, range)) else "no"
        raise BadReply(f"answer did not match the request ({expected} sent, {count} back)")
    if order and not (set(map(type, order)) == {int} and min(order) >= 0 and max(order) < len(results)):
        raise BadReply("answer did not match the request (a result that is not there)")
    state = data.get("past", {})
    if not isinstance(state, Mapping) or not set(map(type, state.values())) <= {str}:
        raise BadReply("the answer tells a past that is none")
    verdicts = [read_short_form(one) if one.__class__ is list else Verdict.from_dict(one) for one in results]
    return Reply(model=found, verdicts=tuple([verdicts[place] for place in order]), state=state)


def read_short_form(data: Sequence[Any]) -> Verdict:
    """Read the short form of a verdict. Raises BadReply where it breaks the contract."""
    try:
        score, word, novelty, truncated, *ranking = data
        techniques = tuple(map(attack.named, ranking[::2], map(unit, ranking[1::2]))) if ranking else ()
        if word not in VERDICTS or truncated.__class__ is not bool or len(ranking) % 2:
            raise ValueError("no such verdict")
        if not (score.__class__ is novelty.__class__ is float and 0.0 <= score <= 1.0 and 0.0 <= novelty <= 1.0):
            score, novelty = unit(score), unit(novelty)  # a whole number, or none of these
        # half the time of Verdict(...)
        return tuple.__new__(Verdict, ("ok", score, word, techniques, novelty, truncated, None, None, None))
    except (ArithmeticError, TypeError, ValueError) as error:
        raise BadReply(f"a verdict of the answer is malformed ({repr(error)[:MAX_ECHO]})") from error


@lru_cache(maxsize=4_096)
def _named(technique: str, name: str, tactics: tuple[str, ...]) -> str:
    """Return a technique's JSON up to its confidence."""
    return dump({"id": technique, "name": name, "tactics": list(tactics)}).decode("ascii")[:-1] + ',"confidence":'


def _number(number: Optional[float]) -> str:
    if number is None:
        return "null"
    if not math.isfinite(number):
        raise ValueError(f"JSON has no {number}")
    return repr(number)
