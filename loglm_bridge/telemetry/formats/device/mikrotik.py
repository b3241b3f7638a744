"""MikroTik RouterOS firewall lines: `chain: in:ether1 out:bridge, proto TCP (SYN), source->destination, len 60`.

Format: https://help.mikrotik.com/docs/spaces/ROS/pages/328129/Log (topic firewall); `log-prefix` of a rule may stand
before the chain.
"""

from __future__ import annotations

import re

from loglm_bridge.contract.event import Event
from loglm_bridge.telemetry.families.network import flow_values
from loglm_bridge.telemetry.record import Field, Record

#: Characters in which a line's parts begin.
_HEAD = 400

_LINE = re.compile(
    r"\b(input|forward|output|prerouting|postrouting|srcnat|dstnat): in:([^,]{1,60}) out:([^,]{1,60}),"
    r"(?: [^>]{0,200})?? proto ([A-Z0-9-]{1,16})(?: \([^)]{0,40}\))?, (\S{2,60})->(\S{2,60}), len (\d{1,9})"
)
_UNKNOWN = re.compile(r"\(unknown \d{1,3}\)")


def parse(text: str, event: Event) -> Record | None:  # noqa: ARG001 (one signature for all formats)
    """Parse such a line; None where it is none. The line tells a packet that a rule logged, not what became of it."""
    if "->" not in text[:_HEAD] or " proto " not in text[:_HEAD]:
        return None
    match = _LINE.search(text, 0, _HEAD)
    if match is None:
        return None
    chain, incoming, outgoing, protocol, source, destination, length = match.groups()
    protocol = flow_values.protocol(protocol.lower())
    fields: list[Field] = [
        *_endpoint("src", source),
        *_endpoint("dest", destination.rstrip(",")),
        ("protocol", protocol),
        ("direction", _direction(chain, incoming, outgoing)),
        ("fwd_bytes", length),
    ]
    return Record("mikrotik", "flow", protocol, tuple(field for field in fields if field[1]))


def _endpoint(side: str, text: str) -> tuple[Field, ...]:
    """Return address and port of `address:port`, of `[address]:port` (IPv6) or of an address alone."""
    if text.startswith("["):
        address, _, port = text[1:].partition("]")
        return (f"{side}_ip", address), (f"{side}_port", port.removeprefix(":"))
    address, _, port = text.partition(":") if text.count(":") == 1 else (text, "", "")
    return (f"{side}_ip", address), (f"{side}_port", port)


def _direction(chain: str, incoming: str, outgoing: str) -> str:
    """Return inbound where the router itself is the destination, outbound where it is the source."""
    if chain == "input" or _UNKNOWN.fullmatch(outgoing.strip()):
        return "inbound"
    return "outbound" if chain == "output" or _UNKNOWN.fullmatch(incoming.strip()) else ""
