"""The validation events once more, read together: flows by their pair of addresses, all else by its host.

Its figures stand beside those of single events: what context changes, what order and time gaps contribute.
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

#: What an ablation does to the events before they are read.
Change = Callable[[Sequence[LabelledEvent]], list[LabelledEvent]]


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
    """Return the verdict of each event among the others of its entity and source.

    Sources are read apart: two of them hold the same recordings, and an event must not be company to itself.
    """
    asked = [e.event._replace(entity=_within(e, by(e.event))) for e in events]
    options = Options(top=top, embedding=True, sequence=True)
    out: dict[int, Verdict] = {}
    batch: list[int] = []
    for window in [*windows_of(asked), []]:
        if batch and (not window or len(batch) + len(window) > _BATCH):
            found = labeller.label([asked[i] for i in batch], options)
            out.update(zip(batch, found, strict=True))
            batch = []
        batch += window
    return [out[i] for i in range(len(events))]


def _within(event: LabelledEvent, found: str) -> str:
    return f"{event.source}\x1f{found}" if found else ""


def without_gaps(events: Sequence[LabelledEvent]) -> list[LabelledEvent]:
    """Return the events as if all of an entity happened at once, in the order of their times."""
    order = sorted(range(len(events)), key=lambda i: (events[i].event.time or 0.0, events[i].event.raw))
    place = {i: at for at, i in enumerate(order)}
    return [replace(e, event=e.event._replace(time=place[i] * 1e-7)) for i, e in enumerate(events)]


def shuffled(events: Sequence[LabelledEvent]) -> list[LabelledEvent]:
    """Return the events with the times of each entity dealt out anew."""
    rng = random.Random(0)
    of: dict[str, list[int]] = defaultdict(list)
    for i, event in enumerate(events):
        of[entity(event.event)].append(i)
    out = list(events)
    for places in of.values():
        for i, j in zip(places, rng.sample(places, len(places)), strict=True):
            out[i] = replace(events[i], event=events[i].event._replace(time=events[j].event.time))
    return out


def redrawn(events: Sequence[LabelledEvent]) -> list[LabelledEvent]:
    """Return the events with every IPv4 address drawn anew, the same one for the same; private ones stay private."""
    rng = random.Random(0)
    drawn: dict[str, str] = {}

    def draw(found: re.Match[str]) -> str:
        address = found.group()
        if address not in drawn:
            first = "10" if ip(address) == "{private}" else str(rng.choice([20, 45, 91, 185, 203]))
            drawn[address] = ".".join([first, *(str(rng.randrange(1, 255)) for _ in range(3))])
        return drawn[address]

    return [replace(e, event=e.event._replace(raw=_ADDRESS.sub(draw, e.event.raw))) for e in events]
