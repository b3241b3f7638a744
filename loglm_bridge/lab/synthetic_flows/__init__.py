"""Windows of flows rendered from what behaviours are known to look like: general knowledge, no recorded flow.

Captures of attacks are few and each shows one network. Rendered flows show the same behaviours in many: other round
trips, paces, sizes, and as several kinds of exporters count them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import accumulate
from typing import NamedTuple

from loglm_bridge.contract.limits import MAX_WINDOW_EVENTS
from loglm_bridge.lab.synthetic_flows.benign import ORDINARY
from loglm_bridge.lab.synthetic_flows.malicious import HOSTILE
from loglm_bridge.lab.synthetic_flows.sampling import Draw, Flow
from loglm_bridge.model.flow.flow_event import FlowEvent

#: Addresses of the two sides: a private source as a rule, either kind of destination.
_SOURCES, _DESTINATIONS = ("10.0.0.1", "10.0.0.1", "203.0.113.1"), ("10.0.0.2", "203.0.113.2")

#: Bytes that headers take (IPv4 and TCP without options), and those that pad a short Ethernet frame.
_HEADERS, _PADDING = 40, 6


class Rendered(NamedTuple):
    """A window: its flows in order of time, the behaviour's name and, if hostile, its technique, else ""."""

    steps: tuple[FlowEvent, ...]
    behaviour: str
    technique: str


def render(count: int, seed: int) -> Iterator[Rendered]:
    """Yield `count` hostile and `count` ordinary windows in turn, of at most MAX_SEQUENCE flows each."""
    draw = Draw(seed)
    for _ in range(count):
        hostile = draw.pick(tuple(HOSTILE))
        yield Rendered(_steps(draw, hostile(draw)), hostile.__name__, HOSTILE[hostile])
        ordinary = draw.pick(ORDINARY)
        yield Rendered(_steps(draw, ordinary(draw)), ordinary.__name__, "")


def _steps(draw: Draw, flows: Sequence[Flow]) -> tuple[FlowEvent, ...]:
    """Return a stretch of the flows as an exporter tells them, and with whole seconds at times."""
    counted = _counted(draw, flows)
    times, whole = list(accumulate(flow.gap for flow in flows)), draw.chance(0.4)
    first = draw.port(0, max(1, len(flows) - MAX_WINDOW_EVENTS + 1))
    source, destination = draw.pick(_SOURCES), draw.pick(_DESTINATIONS)
    return tuple(
        FlowEvent(
            float(int(time)) if whole else time, source, flow.src_port, destination, flow.dest_port,
            (flow.fwd_bytes, flow.bwd_bytes, flow.fwd_pkts, flow.bwd_pkts, round(1e6 * flow.duration)),
        )
        for time, flow in list(zip(times, counted, strict=True))[first : first + MAX_WINDOW_EVENTS]
    )  # fmt: skip


def _counted(draw: Draw, flows: Sequence[Flow]) -> list[Flow]:
    """Return flows as an exporter counts: payload alone, or with headers or padding; every packet twice at times."""
    kind, times = draw.pick(("payload", "payload", "headers", "padded")), 2 if draw.chance(0.15) else 1
    out = []
    for flow in flows:
        more = 0, 0
        if kind == "headers":
            more = _HEADERS * flow.fwd_pkts, _HEADERS * flow.bwd_pkts
        elif kind == "padded":
            pads = draw.pick((0, _PADDING)), draw.pick((0, _PADDING))
            more = pads[0] * min(flow.fwd_pkts, 2), pads[1] * min(flow.bwd_pkts, 2)
        sizes = {"fwd_bytes": flow.fwd_bytes + more[0], "bwd_bytes": flow.bwd_bytes + more[1]}
        out.append(flow._replace(**sizes, fwd_pkts=times * flow.fwd_pkts, bwd_pkts=times * flow.bwd_pkts))
    return out
