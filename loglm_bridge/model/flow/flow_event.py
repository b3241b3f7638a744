"""A flow as the trees read it: time, endpoints and counters in integers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from loglm_bridge.contract.event import Event
from loglm_bridge.telemetry.byte_cache import remembered
from loglm_bridge.telemetry.canonical.network.addresses import ip
from loglm_bridge.telemetry.canonical.numbers import number
from loglm_bridge.telemetry.record import ColumnarRecord

#: Counters of a flow, each with its smallest units per unit of the field: bytes, packets, microseconds.
COUNTERS: Mapping[str, int] = {"fwd_bytes": 1, "bwd_bytes": 1, "fwd_pkts": 1, "bwd_pkts": 1, "flow_dur": 1_000_000}

#: Larger counters are cut to this.
MAX_COUNTER = 1 << 50

#: Numbers of the address classes; 0 is no address.
ADDRESS_CLASSES: Mapping[str, int] = {"{private}": 1, "{public}": 2}
_OTHER_ADDRESS = 3

_UNITS = tuple(COUNTERS.values())

#: Digits from which on an integer may exceed MAX_COUNTER.
_MANY_DIGITS = 10

#: The fields that name a flow's endpoints.
ENDPOINTS = ("src_ip", "src_port", "dest_ip", "dest_port")


class FlowEvent(NamedTuple):
    """A flow: time (epoch seconds), endpoints as written, `counters` in the order of COUNTERS (0: none or unknown)."""

    time: float
    src: str = ""
    src_port: int = 0
    dest: str = ""
    dest_port: int = 0
    counters: tuple[int, ...] = (0,) * len(COUNTERS)

    def to_fields(self) -> dict[str, str]:
        """Return the known fields as text, by their canonical names."""
        endpoints = zip(ENDPOINTS, (self.src, self.src_port, self.dest, self.dest_port), strict=True)
        counters = (
            (name, f"{n / units:.6g}") for (name, units), n in zip(COUNTERS.items(), self.counters, strict=True)
        )
        return {name: str(value) for name, value in (*endpoints, *counters) if value not in ("", 0, "0")}

    def without(self, name: str) -> FlowEvent:
        """Return the flow as if the field of a canonical name were unknown."""
        if name == "src_ip":
            return self._replace(src="")
        if name == "src_port":
            return self._replace(src_port=0)
        if name == "dest_ip":
            return self._replace(dest="")
        if name == "dest_port":
            return self._replace(dest_port=0)
        counters = zip(COUNTERS, self.counters, strict=True)
        return self._replace(counters=tuple(0 if other == name else count for other, count in counters))


def to_flow_event(record: ColumnarRecord, event: Event) -> FlowEvent:
    """Return the flow of a parsed event; its time is 0 where the event has none."""
    time = event.time or 0.0
    indices, values = _field_indices(record.names), (*record.values, "")
    src, src_port, dest, dest_port, *texts = [values[index] for index in indices]
    counters = tuple([parse_counter(text, units) for text, units in zip(texts, _UNITS, strict=True)])
    return FlowEvent(time, src, parse_port(src_port), dest, parse_port(dest_port), counters)


@remembered(1)
def _field_indices(names: tuple[str, ...]) -> tuple[int, ...]:
    """Return the indices of endpoints and counters among the values; that behind the last value for absent ones."""
    last = {name: index for index, name in enumerate(names)}
    return tuple(last.get(name, len(names)) for name in (*ENDPOINTS, *COUNTERS))


def parse_counter(text: str, units: int) -> int:
    """Return a counter in smallest units, of which `units` are one of the field; 0 for none, at most MAX_COUNTER."""
    if text.isascii() and text.isdigit() and len(text) < _MANY_DIGITS:
        return int(text) * units
    is_plain = text.isascii() and len(text) < _MANY_DIGITS and text.replace(".", "", 1).isdigit()
    value = float(text) if is_plain else number(text)
    if value is None or not value > 0:
        return 0
    return MAX_COUNTER if value * units >= MAX_COUNTER else round(value * units)


def parse_port(text: str) -> int:
    """Return a port, 0 for none."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 5 else 0


@remembered(5)
def address_class(address: str) -> int:
    """Return the number of an address's class: one of ADDRESS_CLASSES, 0 for no address."""
    return ADDRESS_CLASSES.get(ip(address), _OTHER_ADDRESS) if address else 0
