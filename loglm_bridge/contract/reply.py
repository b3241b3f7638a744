"""The JSON of sidecar API v1: the reply to a batch, and each verdict in it, in full or short form."""

from __future__ import annotations

from functools import lru_cache
from types import MappingProxyType
from typing import Any, Iterable, Mapping, NamedTuple, Optional, Sequence

from loglm_bridge.contract import attack
from loglm_bridge.contract.entity_state import check_state
from loglm_bridge.contract.errors import BadReply, InvalidRequest
from loglm_bridge.contract.json_codec import encode, parse_reply, quote_ascii, write_number
from loglm_bridge.contract.limits import API_VERSION, MAX_ECHO
from loglm_bridge.contract.verdict import VERDICTS, Verdict, probability
from loglm_bridge.contract.wire import ModelId


class Reply(NamedTuple):
    """The answer to a batch: `verdicts` in the order of the request's events, `state` of their entities."""

    model: ModelId
    verdicts: tuple[Verdict, ...]
    state: Mapping[str, str] = MappingProxyType({})


def write_verdict(verdict: Verdict, short: bool = False) -> bytes:
    """Return one element of a reply's `results`; its `short_form` where that is wanted and exists.

    The same verdict gives the same bytes.

    Raises:
        ValueError: a number is not finite.
        TypeError: the explanation holds what JSON cannot represent.
    """
    form = short_form(verdict) if short else None
    if form is not None:
        return encode(form)
    status, score, name, ranking, novelty, truncated, embedding, explanation, detail = verdict
    if status != "ok" or embedding is not None or explanation is not None or detail is not None:
        return encode(verdict.to_dict())
    techniques = ",".join(
        [_technique_head(id_, title, tactics) + write_number(conf) + "}" for id_, title, tactics, conf in ranking]
    )
    return (
        f'{{"status":"ok","score":{write_number(score)},"verdict":{"null" if name is None else quote_ascii(name)},'
        f'"techniques":[{techniques}],"novelty":{write_number(novelty)},"truncated":{"true" if truncated else "false"},'
        '"embedding":null,"explanation":null,"detail":null}'
    ).encode("ascii")


def short_form(verdict: Verdict) -> Optional[list[Any]]:
    """Return [score, verdict, novelty, truncated, technique id, confidence, technique id, confidence, ...].

    None where the verdict holds more than that, or less.
    """
    status, score, name, ranking, novelty, truncated, embedding, explanation, detail = verdict
    if status != "ok" or embedding is not None or explanation is not None or detail is not None:
        return None
    if score is None or name is None or novelty is None:
        return None
    form: list[Any] = [score, name, novelty, truncated]
    for id_, _, _, confidence in ranking:
        form += id_, confidence
    return form


def join_reply(
    model: ModelId, results: Iterable[bytes], distinct: bool = False, state: Optional[bytes] = None
) -> bytes:
    """Return the body of a reply from results of `write_verdict`.

    With `distinct`, equal elements occur once, and `order` holds the index of each event's element. `state` is the
    JSON of the key `past`, which a request that had one gets back.
    """
    ending = b"}" if state is None else b',"past":' + state + b"}"
    head = b'{"api":%d,"model":%b,"results":[' % (API_VERSION, encode(model.to_dict()))
    if not distinct:
        return head + b",".join(results) + b"]" + ending
    indices: dict[bytes, int] = {}
    order = [indices.setdefault(result, len(indices)) for result in results]
    return head + b",".join(indices) + b'],"order":' + encode(order) + ending


def write_reply(reply: Reply, distinct: bool = False, short: bool = False) -> bytes:
    """Return the body of a reply. The same reply gives the same bytes."""
    results = [write_verdict(verdict, short) for verdict in reply.verdicts]
    return join_reply(reply.model, results, distinct, encode(dict(reply.state)) if reply.state else None)


def read_reply(body: bytes, expected: int) -> Reply:
    """Read the reply to a batch of `expected` events; equal results of a `distinct` one are the same object.

    Raises:
        BadReply: cut off, malformed, of another interface version, or of another length than the request.
    """
    try:
        data = parse_reply(body)
        model = data["model"]
        model_id = ModelId(name=str(model["name"]), version=str(model["version"]), sha256=str(model["sha256"]))
        results, api = data["results"], data["api"]
        if api != API_VERSION:
            raise BadReply(f"the sidecar speaks interface {str(api)[:20]}, this app speaks {API_VERSION}")
        order = _read_order(data, expected)
    except (InvalidRequest, KeyError, TypeError) as error:
        raise BadReply("the answer is not a reply of this interface") from error
    try:
        state = check_state(data.get("past", {}))
    except TypeError as error:
        raise BadReply(f"the entity state of the answer is malformed: {error}") from error
    verdicts = [read_short_form(one) if one.__class__ is list else Verdict.from_dict(one) for one in results]
    return Reply(model=model_id, verdicts=tuple([verdicts[index] for index in order]), state=state)


def _read_order(data: Mapping[str, Any], expected: int) -> Sequence[int]:
    """Return for each of the `expected` events the index of its element in `results`."""
    results = data["results"]
    order = data.get("order", range(len(results)) if isinstance(results, list) else None)
    if not isinstance(results, list) or not isinstance(order, (list, range)) or len(order) != expected:
        count = len(order) if isinstance(order, (list, range)) else "no"
        raise BadReply(f"the answer does not match the request ({expected} events sent, {count} results received)")
    if order and not (set(map(type, order)) == {int} and min(order) >= 0 and max(order) < len(results)):
        raise BadReply("the answer does not match the request (it names a missing result)")
    return order


def read_short_form(data: Sequence[Any]) -> Verdict:
    """Read the short form of a verdict. Raises BadReply where it breaks the contract."""
    try:
        score, name, novelty, truncated, *ranking = data
        techniques = (
            tuple(map(attack.technique_or_unknown, ranking[::2], map(probability, ranking[1::2]))) if ranking else ()
        )
        if name not in VERDICTS or truncated.__class__ is not bool or len(ranking) % 2:
            raise ValueError("no such verdict")
        if not (score.__class__ is novelty.__class__ is float and 0.0 <= score <= 1.0 and 0.0 <= novelty <= 1.0):
            score, novelty = probability(score), probability(novelty)  # whole numbers, or an error
        # half the time of Verdict(...)
        return tuple.__new__(Verdict, ("ok", score, name, techniques, novelty, truncated, None, None, None))
    except (ArithmeticError, TypeError, ValueError) as error:
        raise BadReply(f"a verdict of the answer is malformed ({repr(error)[:MAX_ECHO]})") from error


@lru_cache(maxsize=4_096)
def _technique_head(technique_id: str, name: str, tactics: tuple[str, ...]) -> str:
    """Return a technique's JSON up to its confidence."""
    head = encode({"id": technique_id, "name": name, "tactics": list(tactics)}).decode("ascii")
    return head[:-1] + ',"confidence":'
