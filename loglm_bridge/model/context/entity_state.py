"""Encodes entity state (contract/entity_state.py): flows as packed records, and evidence of all other events.

    1:<flows>.<others>        flows: base64 of _PACKED; others: base64 of JSON, with the sha256 of the model

Evidence depends on the model, so another model ignores it. A text of another version is ignored as a whole.
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
from loglm_bridge.model.context.windows import NO_ENTITY, narrow
from loglm_bridge.model.flow.flow_records import RECORD, SIZES

_VERSION = "1"

#: A flow as context of others: a RECORD whose own features are cut to SIZES. Its length is a multiple of three bytes,
#: so that the base64 of several flows can be concatenated.
_PACKED = np.dtype(
    [
        ("time", "<f8"), ("key", "<u4"), ("dest", "<u4"), ("src_port", "<u2"), ("dest_port", "<u2"),
        ("sizes", "u1", (len(SIZES),)),
    ]
)  # fmt: skip

#: Characters of a packed flow.
_FLOW_CHARACTERS = _PACKED.itemsize // 3 * 4

#: Maximum characters of the other events, beside the maximum number of flows.
_MAX_OTHER_CHARACTERS = MAX_STATE_CHARACTERS - MAX_STATE_EVENTS * _FLOW_CHARACTERS - len(f"{_VERSION}:.")

_MAX_PORT = 65_535


class ContextEvent(NamedTuple):
    """An event other than a flow, as context: time (epoch seconds), order key, log family and evidence."""

    time: float
    key: int
    family: str
    evidence: Evidence


class DecodedState(NamedTuple):
    """Events with their entities: flows as RECORDs, and all others, each in order of arrival.

    `flow_entities` and `other_entities` are indices into `entities`, or NO_ENTITY. The first flows were decoded from
    `packed_flows`, one text for each of the first entities.
    """

    entities: Sequence[str]
    packed_flows: Sequence[str]
    flows: np.ndarray
    flow_entities: np.ndarray
    others: Sequence[ContextEvent]
    other_entities: Sequence[int]


def decode(state: Mapping[str, str], model: str) -> DecodedState:
    """Return the events of a state by entity. `model` is the sha256 of the model that reads them.

    Raises:
        InvalidRequest: a text is malformed.
    """
    packed_flows, counts, others, other_entities = list[str](), list[int](), list[ContextEvent](), list[int]()
    for number, (entity, text) in enumerate(state.items()):
        version, _, content = text.partition(":")
        flows, _, rest = content.partition(".")
        is_whole = version != _VERSION or len(flows) % _FLOW_CHARACTERS == 0
        if not version.isdecimal() or len(text) > MAX_STATE_CHARACTERS or not is_whole:
            raise _malformed(entity)
        if version != _VERSION or not entity:
            flows = rest = ""
        packed_flows.append(flows)
        counts.append(len(flows) // _FLOW_CHARACTERS)
        if rest:
            events = _decode_others(entity, rest, model)
            others += events
            other_entities += repeat(number, len(events))
    flow_entities = np.repeat(np.arange(len(state)), np.array(counts, dtype=np.int64))
    records = _decode_flows("".join(packed_flows))
    return DecodedState(list(state), packed_flows, records, flow_entities, others, other_entities)


def encode(state: DecodedState, model: str) -> dict[str, str]:
    """Return the state by entity: its last MAX_STATE_EVENTS flows, and as many of its last other events."""
    texts = dict(_encode_flows(state))
    others: defaultdict[str, list[ContextEvent]] = defaultdict(list)
    for number, event in zip(state.other_entities, state.others, strict=True):
        if number != NO_ENTITY:
            others[state.entities[number]].append(event)
    for entity, events in others.items():
        rows = [
            (*event[:3], event.evidence.logit, event.evidence.kind, sorted(event.evidence.rules))
            for event in events[-MAX_STATE_EVENTS:]
        ]
        text = b64encode(json.dumps({"model": model, "events": rows}).encode()).decode()
        if len(text) < _MAX_OTHER_CHARACTERS:
            texts[entity] = f"{texts.get(entity, '')}.{text}"
    return {entity: f"{_VERSION}:{text}" for entity, text in texts.items()}


def _encode_flows(state: DecodedState) -> Iterator[tuple[str, str]]:
    """Yield each entity that has flows, and the text of its last ones."""
    decoded = sum(map(len, state.packed_flows)) // _FLOW_CHARACTERS
    new = decoded + np.flatnonzero(state.flow_entities[decoded:] != NO_ENTITY)
    entities, flows = state.flow_entities[new], state.flows.take(new)
    order = np.argsort(narrow(entities), kind="stable")
    packed = np.empty(len(flows), dtype=_PACKED)
    for name in ("time", "key", "dest"):
        packed[name] = flows[name]
    for name in ("src_port", "dest_port"):
        packed[name] = np.minimum(flows[name], _MAX_PORT)
    packed["sizes"] = flows["own"][:, : len(SIZES)]
    text = b64encode(packed.take(order).tobytes()).decode()
    ends = np.cumsum(np.bincount(entities, minlength=len(state.entities))).tolist()
    earlier = [*state.packed_flows, *repeat("", len(state.entities) - len(state.packed_flows))]
    begin = 0
    for entity, before, end in zip(state.entities, earlier, ends, strict=True):
        if before or end > begin:
            flows_text = before + text[_FLOW_CHARACTERS * begin : _FLOW_CHARACTERS * end]
            yield entity, flows_text[-_FLOW_CHARACTERS * MAX_STATE_EVENTS :]
        begin = end


def _decode_flows(text: str) -> np.ndarray:
    try:
        packed = np.frombuffer(b64decode(text, validate=True), dtype=_PACKED)
    except ValueError as error:
        raise _malformed("") from error
    if not np.isfinite(packed["time"]).all():
        raise _malformed("")
    records = np.zeros(len(packed), dtype=RECORD)
    for name in ("time", "key", "dest", "src_port", "dest_port"):
        records[name] = packed[name]
    records["own"][:, : len(SIZES)] = packed["sizes"]
    return records


def _decode_others(entity: str, text: str, model: str) -> list[ContextEvent]:
    try:
        data = json.loads(b64decode(text, validate=True))
        if data["model"] != model:
            return []
        return [
            ContextEvent(
                float(time), int(key), str(family), Evidence(float(logit), str(kind), frozenset(map(int, rules)))
            )
            for time, key, family, logit, kind, rules in data["events"]
        ]
    except (ArithmeticError, KeyError, RecursionError, TypeError, ValueError) as error:
        raise _malformed(entity) from error


def _malformed(entity: str) -> InvalidRequest:
    owner = f"the entity state of {entity[:40]!r}" if entity else "an entity state"
    return InvalidRequest(f"{owner} was not written by a sidecar", where="/past")
