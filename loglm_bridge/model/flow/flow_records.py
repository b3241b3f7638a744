"""Flows as a structured array: what each flow says by itself, in integers, before its window is considered.

Sizes are in quarter octaves and times in whole seconds, as coarse as the coarsest exporter. Addresses are compared and
classified, but never read otherwise.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from hashlib import blake2b
from math import isqrt
from typing import Any

import numpy as np

from loglm_bridge.model.flow.flow_event import (
    COUNTERS,
    ENDPOINTS,
    MAX_COUNTER,
    FlowEvent,
    address_class,
    parse_counter,
    parse_port,
)
from loglm_bridge.telemetry.byte_cache import remembered
from loglm_bridge.telemetry.canonical.network.ports import SERVICE_PORTS

SIZES = ("fwd_bytes", "bwd_bytes", "fwd_pkts", "bwd_pkts", "duration", "fwd_mean", "bwd_mean")

#: Names of the features of a flow by itself.
OWN_FEATURES = (*SIZES, "bytes_more", "pkts_more", "dest_port", "src_port", "src_kind", "dest_kind")

#: A flow: its time (epoch seconds), the order key among flows of equal time, a hash of its destination address, its
#: ports, and its OWN_FEATURES.
RECORD = np.dtype(
    [
        ("time", "<f8"), ("key", "<u4"), ("dest", "<u4"), ("src_port", "<u4"), ("dest_port", "<u4"),
        ("own", "<i2", (len(OWN_FEATURES),)),
    ]
)  # fmt: skip

_BYTES = np.dtype((np.void, RECORD.itemsize))

#: Bytes of padding that some exporters count in a packet without payload.
_PADDING = 6

#: The smallest integer of each quarter octave, up to 2**50.
_QUARTERS = np.array(sorted({isqrt(isqrt((1 << k) - 1)) + 1 if k else 1 for k in range(200)}), dtype=np.int64)

#: Service ports are distinguished; all other ports count as one.
_SERVICES = np.array(sorted(SERVICE_PORTS), dtype=np.int64)
_WELL_KNOWN, _OTHER_PORT = 1_024, 2_000

_MAX_NUMERIC_PORT = 99_999

_NUMBERS = frozenset({int, float})


def records_of(flows: Sequence[FlowEvent], keys: Sequence[int]) -> np.ndarray:
    """Return RECORDs of flows that were parsed one by one; `keys` (32 bits) order those of equal time."""
    times, *endpoints, counters = zip(*flows, strict=True) if flows else ((),) * 6
    return _records(times, keys, endpoints, np.array(counters, dtype=np.int64).reshape(-1, len(COUNTERS)))


def records_of_columns(columns: Mapping[str, Sequence[Any]], times: Sequence[float], keys: Sequence[int]) -> np.ndarray:
    """Return RECORDs of flows that were parsed column by column (telemetry/fastpath/flow_columns.py)."""
    count = len(times)
    src, src_ports, dest, dest_ports = (columns.get(name, [""] * count) for name in ENDPOINTS)
    endpoints = [_texts(src), _ports(src_ports), _texts(dest), _ports(dest_ports)]
    counters = [_counters(columns[name], units) if name in columns else [0] * count for name, units in COUNTERS.items()]
    return _records(times, keys, endpoints, np.array(counters, dtype=np.int64).T)


def concatenate(parts: Sequence[np.ndarray]) -> np.ndarray:
    """Return all RECORDs of arrays in one array."""
    # as plain bytes: numpy would copy them field by field
    return np.concatenate([np.empty(0, _BYTES), *[part.view(_BYTES) for part in parts]]).view(RECORD)


def quarter_octaves(size: np.ndarray) -> np.ndarray:
    """Return the number of quarter octaves up to each size: 0 for 0, 1 for 1, one more with every quarter octave."""
    return np.searchsorted(_QUARTERS, size, side="right")


def _records(
    times: Sequence[float], keys: Sequence[int], endpoints: Sequence[Sequence[Any]], counters: np.ndarray
) -> np.ndarray:
    src, src_ports, dest, dest_ports = endpoints
    records = np.empty(len(times), dtype=RECORD)
    records["time"], records["key"], records["dest"] = times, keys, [_address_hash(address) for address in dest]
    records["src_port"], records["dest_port"] = src_ports, dest_ports
    classes = [np.array([address_class(address) for address in column], dtype=np.int64) for column in (src, dest)]
    ports = [np.array(column, dtype=np.int64) for column in (dest_ports, src_ports)]
    records["own"] = np.column_stack([_sizes(counters), *map(_port_class, ports), *classes])
    return records


def _sizes(counters: np.ndarray) -> np.ndarray:
    """Return (flows, 9) of counters (flows, 5): the SIZES, and how many more bytes and packets went forward."""
    fwd_bytes, bwd_bytes, fwd_pkts, bwd_pkts, duration = counters.T
    fwd_bytes, bwd_bytes = _payload(fwd_bytes, fwd_pkts), _payload(bwd_bytes, bwd_pkts)
    means = fwd_bytes // np.maximum(fwd_pkts, 1), bwd_bytes // np.maximum(bwd_pkts, 1)
    sizes = quarter_octaves(np.stack([fwd_bytes, bwd_bytes, fwd_pkts, bwd_pkts, duration, *means], axis=1))
    return np.column_stack([sizes, sizes[:, 0] - sizes[:, 1], sizes[:, 2] - sizes[:, 3]])


def _payload(size: np.ndarray, packets: np.ndarray) -> np.ndarray:
    return np.where(size <= _PADDING * packets, 0, size)


def _port_class(port: np.ndarray) -> np.ndarray:
    index = np.searchsorted(_SERVICES, port)
    is_service = _SERVICES[np.minimum(index, len(_SERVICES) - 1)] == port
    return np.where(port < _WELL_KNOWN, port, np.where(is_service, _WELL_KNOWN + index, _OTHER_PORT))


@remembered(5)
def _address_hash(address: str) -> int:
    return int.from_bytes(blake2b(address.encode("utf-8", "surrogatepass"), digest_size=4).digest(), "little")


def _texts(column: Sequence[Any]) -> Sequence[str]:
    return column if set(map(type, column)) == {str} else [str(value) for value in column]


def _ports(column: Sequence[Any]) -> Sequence[int]:
    return [
        value if value.__class__ is int and 0 <= value <= _MAX_NUMERIC_PORT else parse_port(str(value))
        for value in column
    ]


def _counters(column: Sequence[Any], units: int) -> np.ndarray:
    """Return `parse_counter` of the values' texts; numbers that are not huge are not converted to text for it."""
    if set(map(type, column)) <= _NUMBERS:
        values = np.array(column, dtype=np.float64) * units
        if (values < MAX_COUNTER).all():
            return np.where(values > 0, np.rint(values), 0).astype(np.int64)
    return np.array([parse_counter(str(value), units) for value in column], dtype=np.int64)
