"""The past of entities as text (contract/entity_state.py): records of flows, and what windows see of all other events.

    1:<flows>.<others>        flows: base64 of _PACKED; others: base64 of JSON, with the model that read them

Others' evidence is a model's: another model does not read it. Nor is a text of another version read.
"""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from itertools import repeat
from typing import NamedTuple

import numpy as np

from loglm_bridge.contract.entity_state import MAX_STATE_CHARACTERS, MAX_STATE_EVENTS
from loglm_bridge.contract.errors import InvalidRequest
from loglm_bridge.model.context.evidence import Evidence
from loglm_bridge.model.context.windows import NOBODY, narrow
from loglm_bridge.model.flow.flow_records import RECORD, SIZES

_VERSION = "1"

#: A flow as its company needs it: a flows.RECORD whose OWN holds SIZES alone. It has a multiple of three bytes, so that
#: texts of several flows can be joined.
_PACKED = np.dtype(
    [
        ("time", "<f8"), ("key", "<u4"), ("dest", "<u4"), ("src_port", "<u2"), ("dest_port", "<u2"),
        ("sizes", "u1", (len(SIZES),)),
    ]
)  # fmt: skip

#: Characters of a flow.
_FLOW = _PACKED.itemsize // 3 * 4

#: Characters of others beside KEPT flows.
_MOST_OTHERS = MAX_STATE_CHARACTERS - MAX_STATE_EVENTS * _FLOW - len(f"{_VERSION}:.")

_LAST_PORT = 65_535


class Seen(NamedTuple):
    """An event of another family than flows as a window sees it: when it was, what orders events of one moment, its
    family, its evidence."""

    time: float
    key: int
    family: str
    evidence: Evidence


class Read(NamedTuple):
    """Events that were read, flows as RECORDs and others, in the order they came.

    Of each the entity is told as its place among `names`, or NOBODY. The first flows were told as `texts`, one for each
    of the first names.
    """

    names: Sequence[str]
    texts: Sequence[str]
    flows: np.ndarray
    flow_entities: np.ndarray
    others: Sequence[Seen]
    other_entities: Sequence[int]


def read(told: Mapping[str, str], model: str) -> Read:
    """Return what texts tell; `model` is who reads them. Raises InvalidRequest where one is none of a model's."""
    flows, counts, others, other_entities = list[str](), list[int](), list[Seen](), list[int]()
    for number, (entity, text) in enumerate(told.items()):
        version, _, content = text.partition(":")
        packed, _, rest = content.partition(".")
        if not version.isdecimal() or len(text) > MAX_STATE_CHARACTERS or (version == _VERSION and len(packed) % _FLOW):
            raise _wrong(entity)
        if version != _VERSION or not entity:
            packed = rest = ""
        flows.append(packed)
        counts.append(len(packed) // _FLOW)
        if rest:
            found = _seen(entity, rest, model)
            others += found
            other_entities += repeat(number, len(found))
    entities = np.repeat(np.arange(len(told)), np.array(counts, dtype=np.int64))
    return Read(list(told), flows, _records("".join(flows)), entities, others, other_entities)


def write(read: Read, model: str) -> dict[str, str]:
    """Return by entity what is kept of events: the last KEPT flows, and the last KEPT others."""
    told = dict(_packed(read))
    others: defaultdict[str, list[Seen]] = defaultdict(list)
    for number, seen in zip(read.other_entities, read.others, strict=True):
        if number != NOBODY:
            others[read.names[number]].append(seen)
    for entity, several in others.items():
        last = several[-MAX_STATE_EVENTS:]
        events = [(*seen[:3], seen.evidence.logit, seen.evidence.kind, sorted(seen.evidence.rules)) for seen in last]
        text = b64encode(json.dumps({"model": model, "events": events}).encode()).decode()
        if len(text) < _MOST_OTHERS:
            told[entity] = f"{told.get(entity, '')}.{text}"
    return {entity: f"{_VERSION}:{text}" for entity, text in told.items()}


def _packed(read: Read) -> Iterator[tuple[str, str]]:
    """Yield each entity that has flows, and its last ones as text."""
    told = sum(map(len, read.texts)) // _FLOW
    new = told + np.flatnonzero(read.flow_entities[told:] != NOBODY)
    entities, flows = read.flow_entities[new], read.flows.take(new)
    order = np.argsort(narrow(entities), kind="stable")
    packed = np.empty(len(flows), dtype=_PACKED)
    for name in ("time", "key", "dest"):
        packed[name] = flows[name]
    for name in ("src_port", "dest_port"):
        packed[name] = np.minimum(flows[name], _LAST_PORT)
    packed["sizes"] = flows["own"][:, : len(SIZES)]
    text = b64encode(packed.take(order).tobytes()).decode()
    ends = np.cumsum(np.bincount(entities, minlength=len(read.names))).tolist()
    begin, texts = 0, [*read.texts, *repeat("", len(read.names) - len(read.texts))]
    for name, before, end in zip(read.names, texts, ends, strict=True):
        if before or end > begin:
            yield name, (before + text[_FLOW * begin : _FLOW * end])[-_FLOW * MAX_STATE_EVENTS :]
        begin = end


def _records(text: str) -> np.ndarray:
    try:
        packed = np.frombuffer(b64decode(text, validate=True), dtype=_PACKED)
    except ValueError as error:
        raise _wrong("") from error
    if not np.isfinite(packed["time"]).all():
        raise _wrong("")
    flows = np.zeros(len(packed), dtype=RECORD)
    for name in ("time", "key", "dest", "src_port", "dest_port"):
        flows[name] = packed[name]
    flows["own"][:, : len(SIZES)] = packed["sizes"]
    return flows


def _seen(entity: str, text: str, model: str) -> list[Seen]:
    try:
        data = json.loads(b64decode(text, validate=True))
        if data["model"] != model:
            return []
        return [
            Seen(float(time), int(key), str(family), Evidence(float(logit), str(kind), frozenset(map(int, rules))))
            for time, key, family, logit, kind, rules in data["events"]
        ]
    except (ArithmeticError, KeyError, RecursionError, TypeError, ValueError) as error:
        raise _wrong(entity) from error


def _wrong(entity: str) -> InvalidRequest:
    return InvalidRequest(
        f"the past of {entity[:40]!r} is no text of a sidecar" if entity else "a past is no text of a sidecar",
        where="/past",
    )
