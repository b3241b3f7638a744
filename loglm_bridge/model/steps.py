"""An event's place in time and, of a flow, its ends and amounts in whole numbers: what is read beside its vector."""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import lru_cache
from typing import NamedTuple

from loglm_bridge.contract.event import Event
from loglm_bridge.telemetry.canonical.addresses import ip
from loglm_bridge.telemetry.canonical.numbers import number
from loglm_bridge.telemetry.record import Parsed

#: Amounts of a flow, each with how many of its smallest unit are one of the field: bytes, packets, microseconds.
AMOUNTS: Mapping[str, int] = {"fwd_bytes": 1, "bwd_bytes": 1, "fwd_pkts": 1, "bwd_pkts": 1, "flow_dur": 1_000_000}

#: Largest amount that is told from larger ones.
MOST = 1 << 50

#: Classes of addresses that are told apart; 0 is none.
KINDS: Mapping[str, int] = {"{private}": 1, "{public}": 2}
_OTHER_KIND = 3

_UNITS = tuple(AMOUNTS.values())

#: Digits of a whole number from which on it may be above MOST.
_LONG = 10

_ENDS = ("src_ip", "src_port", "dest_ip", "dest_port")


class Step(NamedTuple):
    """An event's place in time (epoch seconds), its ends as written, and its amounts (0: none, or not told)."""

    time: float
    src: str = ""
    src_port: int = 0
    dest: str = ""
    dest_port: int = 0
    amounts: tuple[int, ...] = (0,) * len(AMOUNTS)

    @property
    def second(self) -> int:
        """The whole second in which the event lies."""
        return math.floor(self.time)

    @property
    def src_kind(self) -> int:
        """The class of the source's address."""
        return _kind(self.src)

    @property
    def dest_kind(self) -> int:
        """The class of the destination's address."""
        return _kind(self.dest)


def step_of(parsed: Parsed, event: Event) -> Step:
    """Return what a parsed event says beside its vector; `time` 0 where the event has none."""
    time = event.time or 0.0
    if parsed.head.family != "flow":
        return Step(time)
    places, values = _places(parsed.names), (*parsed.values, "")
    src, src_port, dest, dest_port, *amounts = [values[place] for place in places]
    told = tuple([_amount(value, units) for value, units in zip(amounts, _UNITS, strict=True)])
    return Step(time, src, _port(src_port), dest, _port(dest_port), told)


@lru_cache(maxsize=1_024)
def _places(names: tuple[str, ...]) -> tuple[int, ...]:
    """Return where ends and amounts stand among the values; absent ones stand behind the last."""
    last = {name: place for place, name in enumerate(names)}
    return tuple(last.get(name, len(names)) for name in (*_ENDS, *AMOUNTS))


def _amount(value: str, units: int) -> int:
    if value.isascii() and value.isdigit() and len(value) < _LONG:
        return int(value) * units
    amount = number(value)
    if amount is None or not amount > 0:
        return 0
    return MOST if amount * units >= MOST else round(amount * units)


def _port(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 5 else 0


@lru_cache(maxsize=65_536)
def _kind(address: str) -> int:
    return KINDS.get(ip(address), _OTHER_KIND) if address else 0
