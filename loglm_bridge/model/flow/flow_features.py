"""Features of a flow by itself and in its window, in integers: the columns that the trees compare.

Shares are in sixteenths. Every number results from comparing, counting and adding integers, so that it is the same on
any machine and in any batch.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from loglm_bridge.model.flow.flow_event import FlowEvent
from loglm_bridge.model.flow.flow_records import OWN_FEATURES, SIZES, quarter_octaves, records_of

#: Names of the features of a flow's window, which includes the flow itself.
CONTEXT_FEATURES = (
    "flows", "pace", "silent", "empty", "unanswered", "unasked", *(f"{size}_level" for size in SIZES),
    *(f"{size}_spread" for size in SIZES), "distinct", "alike", "nearly_distinct", "nearly_alike",
    "dest_ports", "dest_port_alike", "src_ports", "src_port_alike", "dests", "dest_alike",
)  # fmt: skip

FEATURES = OWN_FEATURES + CONTEXT_FEATURES

#: Largest absolute time in seconds; times beyond are cut to it.
_MAX_TIME = float(1 << 50)

#: Flows around a flow over which its pace is measured.
_PACE_FLOWS = 16

#: Lower bits of a volume key: what is finer than octaves of bytes.
_FINE_BITS = 20

_FWD_BYTES, _BWD_BYTES, _FWD_PKTS, _BWD_PKTS = range(4)


def window_features(windows: Sequence[Sequence[FlowEvent]]) -> np.ndarray:
    """Return FEATURES of all flows of windows (flows, features); those of a window are in time order."""
    flows = [flow for window in windows for flow in window]
    return features(records_of(flows, [0] * len(flows)), np.array([len(window) for window in windows], dtype=int))


def features(records: np.ndarray, lengths: np.ndarray, rows: np.ndarray | slice = slice(None)) -> np.ndarray:
    """Return FEATURES of some `rows` of flow RECORDs, (rows, features) float32 of integers below 2**24.

    The flows of a window are consecutive and in time order. `lengths` (windows,) are the numbers of flows, none of them
    0. The features of a window do not depend on the other windows.
    """
    if not len(records):
        return np.empty((0, len(FEATURES)), dtype=np.float32)
    # one row per size; copied first, since the numbers of records are not aligned
    sizes = np.ascontiguousarray(records["own"].T[: len(SIZES)]).astype(np.int32)
    window = np.repeat(np.arange(len(lengths)), lengths)
    indices = np.arange(len(records))[rows]
    window_of_row = window[indices]
    keys = [
        (_volume_key(sizes), (0, _FINE_BITS)),
        *[(records[name], (0,)) for name in ("dest_port", "src_port", "dest")],
    ]
    repeats = [column[indices] for key, bits in keys for column in _repeats(key.astype(np.int64), window, bits)]
    shares = 16 * np.column_stack(repeats) // lengths[window_of_row, None]
    flows, rest = np.split(_per_window(sizes, lengths)[window_of_row], [1], axis=1)
    pace = _pace(records["time"], lengths, window_of_row, indices)
    parts = records.take(indices)["own"], flows, pace[:, None], rest, shares
    return np.concatenate(parts, axis=1, dtype=np.float32)


def _per_window(sizes: np.ndarray, lengths: np.ndarray) -> np.ndarray:
    """Return the CONTEXT_FEATURES that all flows of a window share, one row per window, of sizes (SIZES, flows)."""
    unanswered, unasked = sizes[_BWD_BYTES] == 0, sizes[_FWD_BYTES] == 0
    flags = [sizes[_BWD_PKTS] == 0, unanswered & unasked, unanswered, unasked]
    count = lengths[:, None]
    sums = np.add.reduceat(np.vstack([*flags, sizes, sizes**2]), np.cumsum(lengths) - lengths, axis=1)
    flagged, total, squared = np.split(sums.T.astype(np.int64), [len(flags), len(flags) + len(SIZES)], axis=1)
    levels, spreads = 4 * total // count, 4 * (count * squared - total**2) // count**2
    return np.column_stack([lengths, 16 * flagged // count, levels, spreads])


def _volume_key(sizes: np.ndarray) -> np.ndarray:
    """Return bytes and packets as one integer below 2**32; its upper bits are the octaves of bytes."""
    fwd_bytes, bwd_bytes, fwd_pkts, bwd_pkts = sizes[[_FWD_BYTES, _BWD_BYTES, _FWD_PKTS, _BWD_PKTS]].astype(np.int64)
    octaves = fwd_bytes >> 2 << 6 | bwd_bytes >> 2
    fine = (fwd_bytes & 3) << 18 | (bwd_bytes & 3) << 16 | fwd_pkts << 8 | bwd_pkts
    key: np.ndarray = octaves << _FINE_BITS | fine
    return key


def _pace(times: np.ndarray, lengths: np.ndarray, window: np.ndarray, indices: np.ndarray) -> np.ndarray:
    """Return sixteen times the mean gap of the flows around those at `indices`, in quarter octaves; -1 for one alone.

    `window` is the index of the window of each of them.
    """
    seconds = np.floor(np.clip(times, -_MAX_TIME, _MAX_TIME)).astype(np.int64)
    ends = np.cumsum(lengths)[window]
    first, last = ends - lengths[window], ends - 1
    begin = np.maximum(first, np.minimum(indices - _PACE_FLOWS // 2, last - _PACE_FLOWS))
    end = np.minimum(last, begin + _PACE_FLOWS)
    gaps = end - begin
    elapsed = np.maximum(seconds[end] - seconds[begin], 0)
    return np.where(gaps == 0, -1, quarter_octaves(16 * elapsed // np.maximum(gaps, 1)))


def _repeats(key: np.ndarray, window: np.ndarray, bits: Sequence[int]) -> Iterator[np.ndarray]:
    """Yield for each of `bits` two columns over the flows: distinct keys in their window, and flows with their key.

    Keys are below 2**32; their lowest `bits` are ignored.
    """
    combined = window << 32 | key
    order = np.argsort(combined, kind="stable")  # windows are in order already, which a stable sort exploits
    ordered = combined[order]
    for ignored in bits:
        is_new = np.ones(len(order), dtype=bool)
        is_new[1:] = ordered[1:] >> ignored != ordered[:-1] >> ignored
        begins = np.flatnonzero(is_new)
        counts = np.diff(begins, append=len(order))
        same = np.empty(len(order), dtype=np.int64)
        same[order] = np.repeat(counts, counts)
        yield np.bincount(window[begins])[window]  # sorting moves no flow to another window
        yield same
