"""What an event says beside its vector when it is read among others of its entity: gaps, amounts, sameness.

Addresses and ports are compared, never read: whether an event's source is the one of the event before, how many
destinations the window has shown so far. Amounts of flows stand in quarter octaves, finer than in the canonical event.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from loglm_bridge.contract.event import Event
from loglm_bridge.telemetry.canonical.addresses import ip
from loglm_bridge.telemetry.canonical.numbers import number
from loglm_bridge.telemetry.record import Record

#: Amounts of a flow, in the order of the marks.
AMOUNTS = ("fwd_bytes", "bwd_bytes", "fwd_pkts", "bwd_pkts", "flow_dur")
#: Smallest amount that is told from nothing: a byte, a packet, a microsecond.
_UNITS = {"flow_dur": 1e-6}
_KINDS = {
    kind: place
    for place, kind in enumerate(
        (
            "{private}",
            "{public}",
            "{loopback}",
            "{linklocal}",
            "{multicast}",
            "{broadcast}",
            "{unspecified}",
            "{metadata}",
        ),
        2,
    )
}
_ENDS = ("src_ip", "src_port", "dest_ip", "dest_port")

#: The marks of one step, each with the number of its values; 0 is padding or absence.
MARKS: dict[str, int] = {
    "gap": 48, "beat": 12, "source": 4, "source_port": 5, "destination": 5, "destination_port": 5, "source_kind": 12,
    "destination_kind": 12, "source_service": 1027, "destination_service": 1027,
    "repeats": 8, "destinations": 8, "ports": 8, **dict.fromkeys(AMOUNTS, 192),
}  # fmt: skip

#: Where each mark's rows begin in the one table of all marks.
OFFSETS = np.concatenate([[0], np.cumsum(list(MARKS.values()))[:-1]])
#: Rows of the table of all marks.
ROWS = sum(MARKS.values())


@dataclass(frozen=True, slots=True)
class Step:
    """An event's place in time (epoch seconds), its ends as written, and its amounts in quarter octaves (0: absent)."""

    time: float
    src: str = ""
    src_port: int = 0
    dest: str = ""
    dest_port: int = 0
    amounts: tuple[int, ...] = (0,) * len(AMOUNTS)


def step_of(record: Record, event: Event) -> Step:
    """Return what an event says beside its vector; `time` 0 where the event has none."""
    time = event.time or 0.0
    if record.family != "flow":
        return Step(time)
    found = dict(record.fields)
    src, src_port, dest, dest_port = (found.get(name, "") for name in _ENDS)
    return Step(time, src, _port(src_port), dest, _port(dest_port), tuple(_amount(n, found.get(n)) for n in AMOUNTS))


def marks(steps: Sequence[Step], keys: Sequence[bytes]) -> np.ndarray:
    """Return the marks of a window (events, marks) int64, as rows of the one table of all marks.

    `keys` tell equal canonical events; `steps` are in time order.
    """
    out = np.zeros((len(steps), len(MARKS)), dtype=np.int64)
    seen: Counter[bytes] = Counter()
    destinations: set[str] = set()
    ports: set[int] = set()
    gap = -1.0
    for row, (step, key) in enumerate(zip(steps, keys, strict=True)):
        seen[key] += 1
        destinations.add(step.dest)
        ports.add(step.dest_port)
        before = steps[row - 1] if row else None
        last, gap = gap, max(0.0, step.time - before.time) if before else -1.0
        counts = (_octave(seen[key]), _octave(len(destinations)), _octave(len(ports)))
        own = (_kind(step.src), _kind(step.dest), _service(step.src_port), _service(step.dest_port))
        out[row] = (_gap(gap), _beat(last, gap), *_sameness(before, step), *own, *counts, *step.amounts)
    rows: np.ndarray = out + OFFSETS
    return rows


def _amount(name: str, value: str | None) -> int:
    amount = None if value is None else number(value)
    if amount is None or not math.isfinite(amount):
        return 0
    units = max(amount, 0.0) / _UNITS.get(name, 1.0)
    return 1 if units < 1 else min(MARKS[name] - 1, 2 + math.floor(4 * math.log2(units)))


def _port(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 5 else 0


def _kind(address: str) -> int:
    """The class of an address: private, public, loopback, multicast ...; 0 where there is none."""
    return _KINDS.get(ip(address), 1) if address else 0


def _service(port: int) -> int:
    """A service's port as it is, 1026 for any other; 0 where there is none."""
    return 0 if not port else port + 1 if port < 1024 else 1026


def _gap(gap: float) -> int:
    if gap < 0:
        return 1
    return 2 if gap < 1e-3 else min(MARKS["gap"] - 1, 3 + math.floor(2 * math.log2(gap / 1e-3)))


def _beat(last: float, gap: float) -> int:
    """How much a gap differs from the one before it: 1 not known, 2 equal, then by the ratio in octaves."""
    if last < 0 or gap < 0:
        return 1
    ratio = (max(last, gap) + 1e-3) / (min(last, gap) + 1e-3)
    return min(MARKS["beat"] - 1, 2 + math.floor(4 * math.log2(ratio)))


def _sameness(before: Step | None, step: Step) -> tuple[int, int, int, int]:
    if before is None or not (step.src or step.dest):
        return (0 if not (step.src or step.dest) else 1, 0, 0, 0)
    return (
        2 + (before.src == step.src),
        1 + _moved(before.src_port, step.src_port),
        1 + _address(before, step),
        1 + _moved(before.dest_port, step.dest_port),
    )


def _address(before: Step, step: Step) -> int:
    if before.dest == step.dest:
        return 0
    if before.src == step.dest and before.dest == step.src:
        return 1
    return 2 if _network(before.dest) == _network(step.dest) else 3


def _network(address: str) -> str:
    return address.rpartition(".")[0] or address.rpartition(":")[0]


def _moved(last: int, port: int) -> int:
    if last == port:
        return 0
    distance = port - last
    return 1 if distance == 1 else 2 if 1 < distance <= 16 else 3


def _octave(count: int) -> int:
    return min(7, count.bit_length())
