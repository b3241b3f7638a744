"""A flow's place in time, its ends, and its amounts in whole numbers: what the trees of flows read."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import NamedTuple

from loglm_bridge.contract.event import Event
from loglm_bridge.telemetry.canonical.network.addresses import ip
from loglm_bridge.telemetry.canonical.numbers import number
from loglm_bridge.telemetry.record import ColumnarRecord

#: Amounts of a flow, each with how many of its smallest unit are one of the field: bytes, packets, microseconds.
COUNTERS: Mapping[str, int] = {"fwd_bytes": 1, "bwd_bytes": 1, "fwd_pkts": 1, "bwd_pkts": 1, "flow_dur": 1_000_000}

#: Largest amount that is told from larger ones.
MOST = 1 << 50

#: Classes of addresses that are told apart; 0 is none.
KINDS: Mapping[str, int] = {"{private}": 1, "{public}": 2}
_OTHER_KIND = 3

_UNITS = tuple(COUNTERS.values())

#: Digits of a whole number from which on it may be above MOST.
_LONG = 10

#: The fields that name a flow's ends.
ENDPOINTS = ("src_ip", "src_port", "dest_ip", "dest_port")


class FlowEvent(NamedTuple):
    """A flow's place in time (epoch seconds), its ends as written, and its amounts (0: none, or not told)."""

    time: float
    src: str = ""
    src_port: int = 0
    dest: str = ""
    dest_port: int = 0
    counters: tuple[int, ...] = (0,) * len(COUNTERS)

    def told(self) -> dict[str, str]:
        """Return the fields that the flow tells, as text, by their canonical names."""
        ends = zip(ENDPOINTS, (self.src, self.src_port, self.dest, self.dest_port), strict=True)
        counters = (
            (name, f"{n / units:.6g}") for (name, units), n in zip(COUNTERS.items(), self.counters, strict=True)
        )
        return {name: str(value) for name, value in (*ends, *counters) if value not in ("", 0, "0")}

    def without(self, name: str) -> FlowEvent:
        """Return the flow as if it did not tell the field of a canonical name."""
        if name == "src_ip":
            return self._replace(src="")
        if name == "src_port":
            return self._replace(src_port=0)
        if name == "dest_ip":
            return self._replace(dest="")
        if name == "dest_port":
            return self._replace(dest_port=0)
        kept = zip(COUNTERS, self.counters, strict=True)
        return self._replace(counters=tuple(0 if other == name else amount for other, amount in kept))


def to_flow_event(parsed: ColumnarRecord, event: Event) -> FlowEvent:
    """Return what a parsed flow says; `time` 0 where the event has none."""
    time = event.time or 0.0
    places, values = _places(parsed.names), (*parsed.values, "")
    src, src_port, dest, dest_port, *counters = [values[place] for place in places]
    told = tuple([amount_of(value, units) for value, units in zip(counters, _UNITS, strict=True)])
    return FlowEvent(time, src, port_of(src_port), dest, port_of(dest_port), told)


@lru_cache(maxsize=1_024)
def _places(names: tuple[str, ...]) -> tuple[int, ...]:
    """Return where ends and amounts stand among the values; absent ones stand behind the last."""
    last = {name: place for place, name in enumerate(names)}
    return tuple(last.get(name, len(names)) for name in (*ENDPOINTS, *COUNTERS))


def amount_of(value: str, units: int) -> int:
    """Return an amount in whole `units` of the field's: 0 for no amount, at most MOST."""
    if value.isascii() and value.isdigit() and len(value) < _LONG:
        return int(value) * units
    plain = value.isascii() and len(value) < _LONG and value.replace(".", "", 1).isdigit()
    amount = float(value) if plain else number(value)
    if amount is None or not amount > 0:
        return 0
    return MOST if amount * units >= MOST else round(amount * units)


def port_of(text: str) -> int:
    """Return a port, 0 for none."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 5 else 0


@lru_cache(maxsize=65_536)
def kind_of(address: str) -> int:
    """Return the class of an address as a number of KINDS."""
    return KINDS.get(ip(address), _OTHER_KIND) if address else 0
