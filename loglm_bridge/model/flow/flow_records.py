"""Flows as records of an array: what each of them says for itself, in whole numbers, before its company is looked at.

Sizes stand in quarter octaves, times in whole seconds, as coarse as the coarsest exporter tells. Addresses are compared
and named by class, never read.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from hashlib import blake2b
from math import isqrt
from typing import Any

import numpy as np

from loglm_bridge.model.flow.flow_event import COUNTERS, ENDPOINTS, MOST, FlowEvent, amount_of, kind_of, port_of
from loglm_bridge.telemetry.canonical.network.ports import SERVICE_PORTS

SIZES = ("fwd_bytes", "bwd_bytes", "fwd_pkts", "bwd_pkts", "duration", "fwd_mean", "bwd_mean")

#: The columns of a flow's own.
OWN_FEATURES = (*SIZES, "bytes_more", "pkts_more", "dest_port", "src_port", "src_kind", "dest_kind")

#: A flow: when it was (epoch seconds), what orders flows of one moment, a number that stands for the address of its
#: destination, its ports, and OWN.
RECORD = np.dtype(
    [
        ("time", "<f8"), ("key", "<u4"), ("dest", "<u4"), ("src_port", "<u4"), ("dest_port", "<u4"),
        ("own", "<i2", (len(OWN_FEATURES),)),
    ]
)  # fmt: skip

_BYTES = np.dtype((np.void, RECORD.itemsize))

#: Bytes of padding that some exporters count in a packet without payload.
_PADDING = 6

#: Least whole numbers of each quarter octave; sizes are told up to 2**50.
_QUARTERS = np.array(sorted({isqrt(isqrt((1 << k) - 1)) + 1 if k else 1 for k in range(200)}), dtype=np.int64)

#: Ports that are services are told apart; all others count as one.
_SERVICES = np.array(sorted(SERVICE_PORTS), dtype=np.int64)
_WELL_KNOWN, _OTHER_PORT = 1_024, 2_000

_NUMBERS = frozenset({int, float})


def of_steps(steps: Sequence[FlowEvent], keys: Sequence[int]) -> np.ndarray:
    """Return RECORDs of flows that were read one by one; `keys` (32 bits) order those of one moment."""
    times, *columns, counters = zip(*steps, strict=True) if steps else ((),) * 6
    return _records(times, keys, columns, np.array(counters, dtype=np.int64).reshape(-1, len(COUNTERS)))


def of_columns(told: Mapping[str, Sequence[Any]], times: Sequence[float], keys: Sequence[int]) -> np.ndarray:
    """Return RECORDs of flows that were read column by column (telemetry/fastpath/flow_columns.py)."""
    count = len(times)
    src, src_ports, dest, dest_ports = (told.get(name, [""] * count) for name in ENDPOINTS)
    ends = [_texts(src), _ports(src_ports), _texts(dest), _ports(dest_ports)]
    counters = [_amounts(told[name], units) if name in told else [0] * count for name, units in COUNTERS.items()]
    return _records(times, keys, ends, np.array(counters, dtype=np.int64).T)


def joined(parts: Sequence[np.ndarray]) -> np.ndarray:
    """Return RECORDs one after the other."""
    # as plain bytes: numpy would copy them field by field
    return np.concatenate([np.empty(0, _BYTES), *[part.view(_BYTES) for part in parts]]).view(RECORD)


def quarters(size: np.ndarray) -> np.ndarray:
    """Return 0 for nothing, then one more with every quarter octave."""
    return np.searchsorted(_QUARTERS, size, side="right")


def _records(
    times: Sequence[float], keys: Sequence[int], ends: Sequence[Sequence[Any]], counters: np.ndarray
) -> np.ndarray:
    src, src_ports, dest, dest_ports = ends
    out = np.empty(len(times), dtype=RECORD)
    out["time"], out["key"], out["dest"] = times, keys, [_number_of(end) for end in dest]
    out["src_port"], out["dest_port"] = src_ports, dest_ports
    kinds = [np.array([kind_of(end) for end in column], dtype=np.int64) for column in (src, dest)]
    ports = [np.array(column, dtype=np.int64) for column in (dest_ports, src_ports)]
    out["own"] = np.column_stack([_sizes(counters), *map(_port, ports), *kinds])
    return out


def _sizes(counters: np.ndarray) -> np.ndarray:
    """Return of bytes, packets and microseconds (flows, 5) the SIZES, and how much more went one way than the other."""
    fwd_bytes, bwd_bytes, fwd_pkts, bwd_pkts, duration = counters.T
    fwd_bytes, bwd_bytes = _payload(fwd_bytes, fwd_pkts), _payload(bwd_bytes, bwd_pkts)
    means = fwd_bytes // np.maximum(fwd_pkts, 1), bwd_bytes // np.maximum(bwd_pkts, 1)
    sizes = quarters(np.stack([fwd_bytes, bwd_bytes, fwd_pkts, bwd_pkts, duration, *means], axis=1))
    return np.column_stack([sizes, sizes[:, 0] - sizes[:, 1], sizes[:, 2] - sizes[:, 3]])


def _payload(size: np.ndarray, packets: np.ndarray) -> np.ndarray:
    return np.where(size <= _PADDING * packets, 0, size)


def _port(port: np.ndarray) -> np.ndarray:
    place = np.searchsorted(_SERVICES, port)
    known = _SERVICES[np.minimum(place, len(_SERVICES) - 1)] == port
    return np.where(port < _WELL_KNOWN, port, np.where(known, _WELL_KNOWN + place, _OTHER_PORT))


@lru_cache(maxsize=65_536)
def _number_of(address: str) -> int:
    return int.from_bytes(blake2b(address.encode("utf-8", "surrogatepass"), digest_size=4).digest(), "little")


def _texts(column: Sequence[Any]) -> Sequence[str]:
    return column if set(map(type, column)) == {str} else [str(value) for value in column]


def _ports(column: Sequence[Any]) -> Sequence[int]:
    return [value if value.__class__ is int and 0 <= value < 100_000 else port_of(str(value)) for value in column]


def _amounts(column: Sequence[Any], units: int) -> np.ndarray:
    """Return what `amount_of` makes of the texts of numbers: for numbers that are not huge without writing them."""
    if set(map(type, column)) <= _NUMBERS:
        values = np.array(column, dtype=np.float64) * units
        if (values < MOST).all():
            return np.where(values > 0, np.rint(values), 0).astype(np.int64)
    return np.array([amount_of(str(value), units) for value in column], dtype=np.int64)
