"""What a flow says for itself and in its company, in whole numbers: the columns that the trees of flows compare.

Sizes stand in quarter octaves, shares in sixteenths, times in whole seconds, as coarse as the coarsest exporter tells.
Addresses are compared and named by class, never read. Every number is found by comparing, counting and adding whole
numbers, so that no machine and no batch can make another of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import isqrt

import numpy as np

from loglm_bridge.model.steps import AMOUNTS, Step, kind_of
from loglm_bridge.telemetry.canonical.ports import SERVICE_PORTS

_SIZES = ("fwd_bytes", "bwd_bytes", "fwd_pkts", "bwd_pkts", "duration", "fwd_mean", "bwd_mean")

#: The columns of a flow's own.
OWN = (*_SIZES, "bytes_more", "pkts_more", "dest_port", "src_port", "src_kind", "dest_kind")

#: The columns of its company: of all flows of the window, itself among them.
COMPANY = (
    "flows", "pace", "silent", "empty", "unanswered", "unasked", *(f"{size}_level" for size in _SIZES),
    *(f"{size}_spread" for size in _SIZES), "distinct", "alike", "nearly_distinct", "nearly_alike",
    "dest_ports", "dest_port_alike", "src_ports", "src_port_alike", "dests", "dest_alike",
)  # fmt: skip

FEATURES = OWN + COMPANY

#: Bytes of padding that some exporters count in a packet without payload.
_PADDING = 6

#: Least whole numbers of each quarter octave; sizes are told up to 2**50.
_QUARTERS = np.array(sorted({isqrt(isqrt((1 << k) - 1)) + 1 if k else 1 for k in range(200)}), dtype=np.int64)

#: Ports that are services are told apart; all others count as one.
_SERVICES = np.array(sorted(SERVICE_PORTS), dtype=np.int64)
_WELL_KNOWN, _OTHER_PORT = 1_024, 2_000

#: Seconds, before and after 1970, that no log is older or younger than.
_ALWAYS = float(1 << 50)

#: Flows among which the pace around a flow is taken.
_NEAR = 16


@dataclass(frozen=True)
class Flows:
    """Flows of windows, one after the other, as columns: `lengths` of the windows, then one entry or row a flow.

    `seconds` are whole seconds, `amounts` (flows, 5) bytes, packets and microseconds in whole numbers, `ports` and
    `kinds` (flows, 2) of source and destination, `dests` numbers that tell destinations apart.
    """

    lengths: np.ndarray
    seconds: np.ndarray
    amounts: np.ndarray
    ports: np.ndarray
    kinds: np.ndarray
    dests: np.ndarray

    @classmethod
    def of(cls, windows: Sequence[Sequence[Step]]) -> Flows:
        """Return the flows of windows; those of a window are in time order, no window is empty."""
        steps = [step for window in windows for step in window]
        times, src, src_ports, dest, dest_ports, amounts = zip(*steps, strict=True) if steps else ((),) * 6
        places: dict[str, int] = {}
        return cls(
            np.array([len(window) for window in windows], dtype=np.int64),
            np.floor(np.clip(np.array(times, dtype=np.float64), -_ALWAYS, _ALWAYS)).astype(np.int64),
            np.array(amounts, dtype=np.int64).reshape(-1, len(AMOUNTS)),
            np.array([src_ports, dest_ports], dtype=np.int64).T,
            np.array([[kind_of(end) for end in ends] for ends in (src, dest)], dtype=np.int64).T,
            np.array([places.setdefault(end, len(places)) for end in dest], dtype=np.int64),
        )


def features(flows: Flows) -> np.ndarray:
    """Return FEATURES of every flow, (flows, features) float32 of whole numbers below 2**24.

    A window's rows do not depend on the others.
    """
    own = _own(flows)
    return np.stack([*own.values(), *_company(flows, own).values()], axis=1).astype(np.float32)


def _own(flows: Flows) -> dict[str, np.ndarray]:
    fwd_bytes, bwd_bytes, fwd_pkts, bwd_pkts, duration = flows.amounts.T
    fwd_bytes, bwd_bytes = _payload(fwd_bytes, fwd_pkts), _payload(bwd_bytes, bwd_pkts)
    means = fwd_bytes // np.maximum(fwd_pkts, 1), bwd_bytes // np.maximum(bwd_pkts, 1)
    told = dict(zip(_SIZES, map(_quarters, (fwd_bytes, bwd_bytes, fwd_pkts, bwd_pkts, duration, *means)), strict=True))
    return {
        **told,
        "bytes_more": told["fwd_bytes"] - told["bwd_bytes"],
        "pkts_more": told["fwd_pkts"] - told["bwd_pkts"],
        "dest_port": _port(flows.ports[:, 1]),
        "src_port": _port(flows.ports[:, 0]),
        "src_kind": flows.kinds[:, 0],
        "dest_kind": flows.kinds[:, 1],
    }


def _company(flows: Flows, own: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    window = np.repeat(np.arange(len(flows.lengths)), flows.lengths)
    count = flows.lengths[window]
    silent = own["bwd_pkts"] == 0
    unanswered, unasked = own["bwd_bytes"] == 0, own["fwd_bytes"] == 0
    signs = {"silent": silent, "empty": unanswered & unasked, "unanswered": unanswered, "unasked": unasked}
    out = {"flows": count, "pace": _pace(flows, window)}
    out |= {name: 16 * _total(sign, window) // count for name, sign in signs.items()}
    totals = {size: _total(own[size], window) for size in _SIZES}
    squares = {size: _total(own[size] ** 2, window) for size in _SIZES}
    out |= {f"{size}_level": 4 * totals[size] // count for size in _SIZES}
    out |= {f"{size}_spread": 4 * (count * squares[size] - totals[size] ** 2) // count**2 for size in _SIZES}
    exact = _joined([own[size] for size in ("fwd_bytes", "bwd_bytes", "fwd_pkts", "bwd_pkts")])
    coarse = _joined([own[size] // 4 for size in ("fwd_bytes", "bwd_bytes")])
    ports, dests = flows.ports.T, flows.dests
    for kinds, alike, key in (
        ("distinct", "alike", exact),
        ("nearly_distinct", "nearly_alike", coarse),
        ("dest_ports", "dest_port_alike", ports[1]),
        ("src_ports", "src_port_alike", ports[0]),
        ("dests", "dest_alike", dests),
    ):
        distinct, same = _repeats(key, window)
        out |= {kinds: 16 * distinct // count, alike: 16 * same // count}
    return out


def _payload(size: np.ndarray, packets: np.ndarray) -> np.ndarray:
    return np.where(size <= _PADDING * packets, 0, size)


def _quarters(size: np.ndarray) -> np.ndarray:
    """0 for nothing, then one more with every quarter octave."""
    return np.searchsorted(_QUARTERS, size, side="right")


def _port(port: np.ndarray) -> np.ndarray:
    place = np.searchsorted(_SERVICES, port)
    known = _SERVICES[np.minimum(place, len(_SERVICES) - 1)] == port
    return np.where(port < _WELL_KNOWN, port, np.where(known, _WELL_KNOWN + place, _OTHER_PORT))


def _joined(keys: Sequence[np.ndarray]) -> np.ndarray:
    out = np.zeros(len(keys[0]), dtype=np.int64)
    for key in keys:
        out = out * 1_024 + key
    return out


def _total(values: np.ndarray, window: np.ndarray) -> np.ndarray:
    """Sum of a window's whole numbers, at each of its flows. Sums below 2**53 are exact in float64."""
    totals: np.ndarray = np.bincount(window, weights=values)[window].astype(np.int64)
    return totals


def _pace(flows: Flows, window: np.ndarray) -> np.ndarray:
    """Sixteen times the mean gap of the flows around, in quarter octaves; -1 for a flow alone."""
    ends = np.cumsum(flows.lengths)[window]
    first, last, place = ends - flows.lengths[window], ends - 1, np.arange(len(window))
    begin = np.maximum(first, np.minimum(place - _NEAR // 2, last - _NEAR))
    end = np.minimum(last, begin + _NEAR)
    gaps = end - begin
    passed = np.maximum(flows.seconds[end] - flows.seconds[begin], 0)
    return np.where(gaps == 0, -1, _quarters(16 * passed // np.maximum(gaps, 1)))


def _repeats(key: np.ndarray, window: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return how many different keys each flow's window has, and how often its own occurs there."""
    order = np.lexsort((key, window))
    keys, windows = key[order], window[order]
    new = np.ones(len(order), dtype=bool)
    new[1:] = (keys[1:] != keys[:-1]) | (windows[1:] != windows[:-1])
    run = np.cumsum(new) - 1
    same = np.empty(len(order), dtype=np.int64)
    same[order] = np.bincount(run)[run]
    return np.bincount(windows[new])[window], same
