"""Where addresses lie: `src_scope` and `dest_scope`, one of inside, outside, loopback."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator

_SOURCE = frozenset(
    """
    actor_ip c-ip callerip calleripaddress calling-station-id client.ip client.ipaddress client_ip clientip
    clientipaddress httprequest.clientip id.orig_h ipaddress properties.calleripaddress properties.ipaddress
    protopayload.requestmetadata.callerip remote_addr remote_ip remotehost remoteip rhost saddr source.ip
    source_address source_ip sourceaddress sourceip sourceipaddress sourceips sourcenetworkaddress src src_ip
    srcaddr srcip
    """.split()
)
_DESTINATION = frozenset(
    """
    daddr dest dest_ip destaddress destination.ip destination_address destination_ip destinationaddress
    destinationip dst dst_ip dstaddr dstip id.resp_h remoteipaddress s-ip
    """.split()
)


#: Fields that are looked at whatever they hold.
NAMES = _SOURCE | _DESTINATION


def of_value(name: str, value: str) -> Iterator[tuple[str, str]]:
    """Yield src_scope or dest_scope, where a field names the address of one end."""
    if name in _SOURCE:
        yield "src_scope", scope(value)
    elif name in _DESTINATION:
        yield "dest_scope", scope(value)


def scope(text: str) -> str:
    """Return inside, outside or loopback for an address (with or without a port); empty for anything else.

    Inside are the ranges of RFC 1918, RFC 6598, RFC 3927, RFC 4193 and RFC 4291 (link local); documentation networks
    count as outside.
    """
    text = text.strip().strip("[]").removeprefix("::ffff:")
    if len(text) > 64:
        return ""
    if text.count(":") == 1 and "." in text:
        text = text.partition(":")[0]
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return ""
    if address.is_loopback:
        return "loopback"
    return (
        "inside" if any(address in network for network in _INSIDE if network.version == address.version) else "outside"
    )


_INSIDE = tuple(
    ipaddress.ip_network(text)
    for text in (
        "10.0.0.0/8",
        "172.16.0.0/12",
        "192.168.0.0/16",
        "100.64.0.0/10",
        "169.254.0.0/16",
        "fc00::/7",
        "fe80::/10",
    )
)
