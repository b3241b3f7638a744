"""Network flows of any exporter to one schema: flowprep's names, duration in seconds, protocol by name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Optional

from loglm_bridge.telemetry.canonical.numbers import number
from loglm_bridge.telemetry.families.flow_aliases import (
    ALIASES,
    DIRECTIONS,
    ENDS,
    PROTOCOLS,
    STARTS,
    STATES,
    TELLING,
    UNITS,
)
from loglm_bridge.telemetry.record import Field
from loglm_bridge.telemetry.timestamps import epoch_seconds

#: Order of the fields of a flow: who, what, how it ended, how much.
ORDER = (
    "src_ip", "src_port", "dest_ip", "dest_port", "protocol", "service", "action", "state", "history", "tcp_flags",
    "direction", "flow_dur", "fwd_bytes", "bwd_bytes", "fwd_pkts", "bwd_pkts", "app", "rule",
)  # fmt: skip
_VOLUME = frozenset({"fwd_bytes", "bwd_bytes", "fwd_pkts", "bwd_pkts"})
_NOTHING = frozenset({"", "-", "(empty)", "null", "None", "N/A", "nan"})


def classify(fields: Mapping[str, str]) -> Optional[tuple[str, str]]:
    """Return ("flow", protocol or "") where the fields count a connection's traffic, else None."""
    items = tuple(fields.items())
    return ("flow", kind_of(items)) if is_flow(items) else None


def is_flow(fields: Sequence[Field]) -> bool:
    """Tell whether the fields name two addresses, count bytes or packets between them, and tell nothing beyond that."""
    told = {n.lower() for n, v in fields if v not in _NOTHING}
    if not told.isdisjoint(TELLING):
        return False
    names = {ALIASES.get(n) for n in told}
    return "src_ip" in names and "dest_ip" in names and not _VOLUME.isdisjoint(names)


def may_be_flow(names: Iterable[str]) -> bool:
    """Tell whether fields of these names can be a flow, whatever their values."""
    meanings = {ALIASES.get(name.lower()) for name in names}
    return "src_ip" in meanings and "dest_ip" in meanings and not _VOLUME.isdisjoint(meanings)


def kind_of(fields: Sequence[Field]) -> str:
    """Return the flow's protocol (tcp, udp, icmp, ...), empty where it is not known."""
    for name, value in fields:
        if ALIASES.get(name.lower()) == "protocol" and value not in _NOTHING:
            return protocol(value)
    return ""


def protocol(value: str) -> str:
    """Return a protocol's name: "6" -> tcp (IANA protocol numbers), "TCP" -> tcp; a long unknown text -> ""."""
    text = value.strip().lower()
    if text.isdigit():
        return PROTOCOLS.get(text, "proto" + text if len(text) <= 3 else "")
    text = {"ipv6-icmp": "icmp", "icmp6": "icmp", "icmpv6": "icmp", "ipv6icmp": "icmp"}.get(text, text)
    return text if len(text) <= 12 and text.replace("-", "").isalnum() else ""


def normalise(fields: Sequence[Field]) -> tuple[Field, ...]:
    """Return a flow's fields under flowprep's names, in one order, whoever exported it.

    Durations become seconds, from milli-, micro- and nanosecond fields or from start and end; of several fields of one
    meaning the first with a value counts. Other fields are left out: they are identity or the exporter's affairs.
    """
    found: dict[str, str] = {}
    start = end = None
    for name, value in fields:
        lower = name.lower()
        if value in _NOTHING:
            continue
        if lower in STARTS and start is None:
            start = _moment(value, lower)
        elif lower in ENDS and end is None:
            end = _moment(value, lower)
        meaning = ALIASES.get(lower)
        if meaning is not None and meaning not in found:
            found[meaning] = _seconds(value, lower) if meaning == "flow_dur" else value
    if "flow_dur" not in found and start is not None and end is not None and end >= start:
        found["flow_dur"] = format(end - start, ".6f").rstrip("0").rstrip(".")
    if "protocol" in found:
        found["protocol"] = protocol(found["protocol"])
    _ending(found)
    return tuple((name, found[name]) for name in ORDER if found.get(name))


def _ending(found: dict[str, str]) -> None:
    """Say how the flow ended in one vocabulary: established, no_reply, rejected, reset, half_open."""
    for name in ("state", "action"):
        if name in found:
            found[name] = STATES.get(found[name].lower(), found[name].lower() if len(found[name]) <= 24 else "")
    if "direction" in found:
        found["direction"] = DIRECTIONS.get(found["direction"].strip().lower(), "")


def _seconds(value: str, name: str) -> str:
    scale = UNITS.get(name)
    if scale is None:
        return _clock(value)
    amount = number(value)
    return "" if amount is None else format(amount * scale, ".6f").rstrip("0").rstrip(".") or "0"


def _clock(value: str) -> str:
    """Read h:m:s as seconds (Cisco ASA); other values are seconds already."""
    parts = value.split(":")
    if len(parts) != 3 or not all(p.strip().replace(".", "", 1).isdigit() for p in parts):
        return value
    return format(float(parts[0]) * 3600 + float(parts[1]) * 60 + float(parts[2]), "g")


def _moment(value: str, name: str) -> float | None:
    seconds = epoch_seconds(value)
    return None if seconds is None else seconds * UNITS.get(name, 1.0)
