"""What a flow says for itself and in its company, in whole numbers: the columns that the trees of flows compare.

Shares stand in sixteenths. Every number is found by comparing, counting and adding whole numbers, so that no machine
and no batch can make another of it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from loglm_bridge.model.flow import flow_records
from loglm_bridge.model.flow.flow_event import FlowEvent
from loglm_bridge.model.flow.flow_records import OWN_FEATURES, SIZES, quarters

#: The columns of a flow's company: of all flows of the window, itself among them.
CONTEXT_FEATURES = (
    "flows", "pace", "silent", "empty", "unanswered", "unasked", *(f"{size}_level" for size in SIZES),
    *(f"{size}_spread" for size in SIZES), "distinct", "alike", "nearly_distinct", "nearly_alike",
    "dest_ports", "dest_port_alike", "src_ports", "src_port_alike", "dests", "dest_alike",
)  # fmt: skip

FEATURES = OWN_FEATURES + CONTEXT_FEATURES

#: Seconds, before and after 1970, that no log is older or younger than.
_ALWAYS = float(1 << 50)

#: Flows among which the pace around a flow is taken.
_NEAR = 16

#: Bits of an amount below the octaves of its bytes.
_FINE = 20

_FWD_BYTES, _BWD_BYTES, _FWD_PKTS, _BWD_PKTS = range(4)


def window_features(windows: Sequence[Sequence[FlowEvent]]) -> np.ndarray:
    """Return FEATURES of every flow of windows, one after the other; those of a window are in time order."""
    steps = [step for window in windows for step in window]
    return features(
        flow_records.of_steps(steps, [0] * len(steps)), np.array([len(window) for window in windows], dtype=int)
    )


def features(records: np.ndarray, lengths: np.ndarray, rows: np.ndarray | slice = slice(None)) -> np.ndarray:
    """Return FEATURES of some `rows` of flows.RECORDs, (rows, features) float32 of whole numbers below 2**24.

    The flows of windows stand one after the other, those of a window in time order; `lengths` are the windows', none of
    them 0. A window's rows do not depend on the others.
    """
    if not len(records):
        return np.empty((0, len(FEATURES)), dtype=np.float32)
    # one row a size. Copied first: numbers of records lie at odd addresses
    sizes = np.ascontiguousarray(records["own"].T[: len(SIZES)]).astype(np.int32)
    window = np.repeat(np.arange(len(lengths)), lengths)
    places = np.arange(len(records))[rows]
    mine = window[places]
    keys = [(_amounts(sizes), (0, _FINE)), *[(records[name], (0,)) for name in ("dest_port", "src_port", "dest")]]
    repeats = [column[places] for key, bits in keys for column in _repeats(key.astype(np.int64), window, bits)]
    shares = 16 * np.column_stack(repeats) // lengths[mine, None]
    flows, rest = np.split(_of_windows(sizes, lengths)[mine], [1], axis=1)
    pace = _pace(records["time"], lengths, mine, places)
    parts = records.take(places)["own"], flows, pace[:, None], rest, shares
    return np.concatenate(parts, axis=1, dtype=np.float32)


def _of_windows(sizes: np.ndarray, lengths: np.ndarray) -> np.ndarray:
    """Return the columns of COMPANY that are the same for all flows of a window, one row a window.

    `sizes` are (SIZES, flows).
    """
    unanswered, unasked = sizes[_BWD_BYTES] == 0, sizes[_FWD_BYTES] == 0
    signs = [sizes[_BWD_PKTS] == 0, unanswered & unasked, unanswered, unasked]
    count = lengths[:, None]
    added = np.add.reduceat(np.vstack([*signs, sizes, sizes**2]), np.cumsum(lengths) - lengths, axis=1)
    signed, total, squared = np.split(added.T.astype(np.int64), [len(signs), len(signs) + len(SIZES)], axis=1)
    levels, spreads = 4 * total // count, 4 * (count * squared - total**2) // count**2
    return np.column_stack([lengths, 16 * signed // count, levels, spreads])


def _amounts(sizes: np.ndarray) -> np.ndarray:
    """Return one number below 2**32 for bytes and packets; without its last _FINE bits it tells octaves of bytes."""
    fwd_bytes, bwd_bytes, fwd_pkts, bwd_pkts = sizes[[_FWD_BYTES, _BWD_BYTES, _FWD_PKTS, _BWD_PKTS]].astype(np.int64)
    octaves = fwd_bytes >> 2 << 6 | bwd_bytes >> 2
    told: np.ndarray = octaves << _FINE | (fwd_bytes & 3) << 18 | (bwd_bytes & 3) << 16 | fwd_pkts << 8 | bwd_pkts
    return told


def _pace(times: np.ndarray, lengths: np.ndarray, window: np.ndarray, places: np.ndarray) -> np.ndarray:
    """Sixteen times the mean gap of the flows around those at `places`, in quarter octaves; -1 for a flow alone.

    `window` is the number of the window of each of them.
    """
    seconds = np.floor(np.clip(times, -_ALWAYS, _ALWAYS)).astype(np.int64)
    ends = np.cumsum(lengths)[window]
    first, last = ends - lengths[window], ends - 1
    begin = np.maximum(first, np.minimum(places - _NEAR // 2, last - _NEAR))
    end = np.minimum(last, begin + _NEAR)
    gaps = end - begin
    passed = np.maximum(seconds[end] - seconds[begin], 0)
    return np.where(gaps == 0, -1, quarters(16 * passed // np.maximum(gaps, 1)))


def _repeats(key: np.ndarray, window: np.ndarray, bits: Sequence[int]) -> Iterator[np.ndarray]:
    """Yield of keys (below 2**32), the last `bits` of them left out, how many different ones each flow's window has,
    and how often its own occurs there."""
    both = window << 32 | key
    order = np.argsort(both, kind="stable")  # windows are in order already, which this one makes use of
    ordered = both[order]
    for left_out in bits:
        new = np.ones(len(order), dtype=bool)
        new[1:] = ordered[1:] >> left_out != ordered[:-1] >> left_out
        begins = np.flatnonzero(new)
        counts = np.diff(begins, append=len(order))
        same = np.empty(len(order), dtype=np.int64)
        same[order] = np.repeat(counts, counts)
        yield np.bincount(window[begins])[window]  # no flow leaves its window
        yield same
