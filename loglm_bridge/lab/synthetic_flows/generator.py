"""Generates windows of synthetic flows from general knowledge of behaviours; no recorded flow is used.

Captures of attacks are few, and each shows one network. Synthetic flows show the same behaviours in many networks:
other round-trip times, rates and sizes, and as several kinds of exporters count them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import accumulate
from typing import NamedTuple

from loglm_bridge.contract.limits import MAX_WINDOW_EVENTS
from loglm_bridge.lab.synthetic_flows.benign import BENIGN
from loglm_bridge.lab.synthetic_flows.malicious import MALICIOUS
from loglm_bridge.lab.synthetic_flows.sampling import Flow, Sampler
from loglm_bridge.model.flow.flow_event import FlowEvent

#: Source addresses, mostly private, and destination addresses of both kinds.
_SOURCES, _DESTINATIONS = ("10.0.0.1", "10.0.0.1", "203.0.113.1"), ("10.0.0.2", "203.0.113.2")

#: Bytes of headers (IPv4 and TCP without options), and bytes that pad a short Ethernet frame.
_HEADERS, _PADDING = 40, 6


class SyntheticWindow(NamedTuple):
    """A window: its flows in order of time, the name of the behaviour, and its technique ("" for a benign one)."""

    flows: tuple[FlowEvent, ...]
    behaviour: str
    technique: str


def generate(count: int, seed: int) -> Iterator[SyntheticWindow]:
    """Yield `count` malicious and `count` benign windows in turn, of at most MAX_WINDOW_EVENTS flows each."""
    rng = Sampler(seed)
    for _ in range(count):
        malicious = rng.choice(tuple(MALICIOUS))
        yield SyntheticWindow(_exported(rng, malicious(rng)), malicious.__name__, MALICIOUS[malicious])
        benign = rng.choice(BENIGN)
        yield SyntheticWindow(_exported(rng, benign(rng)), benign.__name__, "")


def _exported(rng: Sampler, flows: Sequence[Flow]) -> tuple[FlowEvent, ...]:
    """Return a stretch of the flows as an exporter reports them; some exporters report whole seconds."""
    counted = _counted(rng, flows)
    times, whole_seconds = list(accumulate(flow.gap for flow in flows)), rng.chance(0.4)
    first = rng.integer(0, max(1, len(flows) - MAX_WINDOW_EVENTS + 1))
    source, destination = rng.choice(_SOURCES), rng.choice(_DESTINATIONS)
    return tuple(
        FlowEvent(
            float(int(time)) if whole_seconds else time, source, flow.src_port, destination, flow.dest_port,
            (flow.fwd_bytes, flow.bwd_bytes, flow.fwd_pkts, flow.bwd_pkts, round(1e6 * flow.duration)),
        )
        for time, flow in list(zip(times, counted, strict=True))[first : first + MAX_WINDOW_EVENTS]
    )  # fmt: skip


def _counted(rng: Sampler, flows: Sequence[Flow]) -> list[Flow]:
    """Return the flows as one exporter counts: payload alone, with headers or padding; some count packets twice."""
    kind, times = rng.choice(("payload", "payload", "headers", "padded")), 2 if rng.chance(0.15) else 1
    counted = []
    for flow in flows:
        extra = 0, 0
        if kind == "headers":
            extra = _HEADERS * flow.fwd_pkts, _HEADERS * flow.bwd_pkts
        elif kind == "padded":
            pads = rng.choice((0, _PADDING)), rng.choice((0, _PADDING))
            extra = pads[0] * min(flow.fwd_pkts, 2), pads[1] * min(flow.bwd_pkts, 2)
        sizes = {"fwd_bytes": flow.fwd_bytes + extra[0], "bwd_bytes": flow.bwd_bytes + extra[1]}
        counted.append(flow._replace(**sizes, fwd_pkts=times * flow.fwd_pkts, bwd_pkts=times * flow.bwd_pkts))
    return counted
