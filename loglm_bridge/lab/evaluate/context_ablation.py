"""The validation events in context: flows by their pair of addresses, all other events by their host.

The figures show what context changes, and what the order and the gaps of events contribute.
"""

from __future__ import annotations

import random
import re
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import replace

from loglm_bridge.contract.event import Event
from loglm_bridge.contract.verdict import Verdict
from loglm_bridge.contract.windows import windows_of
from loglm_bridge.contract.wire import Options
from loglm_bridge.lab.data.sources import LabelledEvent
from loglm_bridge.model.labeller import Labeller
from loglm_bridge.telemetry import parse_record
from loglm_bridge.telemetry.canonical.network.addresses import ip

_ADDRESS = re.compile(r"(?<![\d.])(?:\d{1,3}\.){3}\d{1,3}(?![\d.])")

#: Events of one call of the model.
_BATCH = 512


def entity(event: Event) -> str:
    """Return the pair of addresses of a flow, the host of any other event."""
    record = parse_record(event)
    if record.family != "flow":
        return event.host
    fields = dict(record.fields)
    return f"{fields.get('src_ip', '')}\x1f{fields.get('dest_ip', '')}"


def source(event: Event) -> str:
    """Return the source address of a flow, the host of any other event."""
    record = parse_record(event)
    return dict(record.fields).get("src_ip", "") if record.family == "flow" else event.host


def verdicts(
    labeller: Labeller, events: Sequence[LabelledEvent], top: int, by: Callable[[Event], str] = entity
) -> list[Verdict]:
    """Return the verdict of each event in the context of the others of its entity (`by`) and source.

    Sources are separate, since two of them hold the same recordings and an event must not be its own context.
    """
    in_context = [e.event._replace(entity=_within(e, by(e.event))) for e in events]
    options = Options(top=top, embedding=True, sequence=True)
    results: dict[int, Verdict] = {}
    batch: list[int] = []
    for window in [*windows_of(in_context), []]:
        if batch and (not window or len(batch) + len(window) > _BATCH):
            results.update(zip(batch, labeller.label([in_context[i] for i in batch], options), strict=True))
            batch = []
        batch += window
    return [results[i] for i in range(len(events))]


def _within(event: LabelledEvent, entity: str) -> str:
    return f"{event.source}\x1f{entity}" if entity else ""


def without_gaps(events: Sequence[LabelledEvent]) -> list[LabelledEvent]:
    """Return the events without time gaps, in the order of their times."""
    order = sorted(range(len(events)), key=lambda i: (events[i].event.time or 0.0, events[i].event.raw))
    rank = {i: position for position, i in enumerate(order)}
    return [replace(e, event=e.event._replace(time=rank[i] * 1e-7)) for i, e in enumerate(events)]


def shuffled(events: Sequence[LabelledEvent]) -> list[LabelledEvent]:
    """Return the events with the times of each entity shuffled."""
    rng = random.Random(0)
    by_entity: dict[str, list[int]] = defaultdict(list)
    for i, event in enumerate(events):
        by_entity[entity(event.event)].append(i)
    result = list(events)
    for indices in by_entity.values():
        for i, j in zip(indices, rng.sample(indices, len(indices)), strict=True):
            result[i] = replace(events[i], event=events[i].event._replace(time=events[j].event.time))
    return result


def with_random_addresses(events: Sequence[LabelledEvent]) -> list[LabelledEvent]:
    """Return the events with every IPv4 address replaced by a random one, consistently; private ones stay private."""
    rng = random.Random(0)
    replacements: dict[str, str] = {}

    def replacement(match: re.Match[str]) -> str:
        address = match.group()
        if address not in replacements:
            first = "10" if ip(address) == "{private}" else str(rng.choice([20, 45, 91, 185, 203]))
            replacements[address] = ".".join([first, *(str(rng.randrange(1, 255)) for _ in range(3))])
        return replacements[address]

    return [replace(e, event=e.event._replace(raw=_ADDRESS.sub(replacement, e.event.raw))) for e in events]
