"""Values of flows in one vocabulary and unit, whatever exporter wrote them."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from loglm_bridge.telemetry.canonical.numbers import number
from loglm_bridge.telemetry.families.network.flow_aliases import DIRECTIONS, PROTOCOLS, SECONDS_PER_UNIT, STATES
from loglm_bridge.telemetry.scanning.timestamps import epoch_seconds

_ICMP6_NAMES = {"ipv6-icmp": "icmp", "icmp6": "icmp", "icmpv6": "icmp", "ipv6icmp": "icmp"}


def protocol(value: str) -> str:
    """Return a protocol's name: "6" -> tcp (IANA protocol numbers), "TCP" -> tcp; a long unknown text -> ""."""
    text = value.strip().lower()
    if text.isdigit():
        return PROTOCOLS.get(text, "proto" + text if len(text) <= 3 else "")
    text = _ICMP6_NAMES.get(text, text)
    return text if len(text) <= 12 and text.replace("-", "").isalnum() else ""


def state(value: str) -> str:
    """Return how a flow ended or was decided: established, no_reply, rejected, reset, half_open, allowed, blocked.

    Unknown words stay in lower case, long unknown texts become empty.
    """
    return STATES.get(value.lower(), value.lower() if len(value) <= 24 else "")


def direction(value: str) -> str:
    """Return inbound, outbound, forward, internal or external; empty for an unknown word."""
    return DIRECTIONS.get(value.strip().lower(), "")


def seconds(value: str, name: str) -> str:
    """Return the value of a duration field of this name (lower case) in seconds."""
    scale = SECONDS_PER_UNIT.get(name)
    if scale is None:
        return _from_clock(value)
    amount = number(value)
    return "" if amount is None else format(amount * scale, ".6f").rstrip("0").rstrip(".") or "0"


def moment(value: str, name: str) -> float | None:
    """Return the value of a time field of this name (lower case) in seconds, None where it is not a time."""
    epoch = epoch_seconds(value)
    return None if epoch is None else epoch * SECONDS_PER_UNIT.get(name, 1.0)


#: Schema name -> function from any exporter's value to the common one.
CONVERTERS: Mapping[str, Callable[[str], str]] = {
    "protocol": protocol,
    "state": state,
    "action": state,
    "direction": direction,
}


def _from_clock(value: str) -> str:
    """Return h:m:s (Cisco ASA) in seconds; other values are seconds already."""
    parts = value.split(":")
    if len(parts) != 3 or not all(part.strip().replace(".", "", 1).isdigit() for part in parts):
        return value
    return format(float(parts[0]) * 3600 + float(parts[1]) * 60 + float(parts[2]), "g")
