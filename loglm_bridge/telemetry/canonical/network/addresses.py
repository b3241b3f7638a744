"""Network addresses and ports to classes: what kind of address it is, never which machine."""

from __future__ import annotations

import ipaddress
import re

from loglm_bridge.telemetry.byte_cache import remembered
from loglm_bridge.telemetry.canonical.network.domains import domain, is_domain_like
from loglm_bridge.telemetry.canonical.network.ports import FIRST_EPHEMERAL, MAX_PORT, SERVICE_PORTS
from loglm_bridge.telemetry.canonical.network.urls import url
from loglm_bridge.telemetry.canonical.network.user_agents import user_agent

__all__ = ["domain", "ip", "is_ip", "port", "url", "user_agent"]

#: Characters of a value that are read as an address.
_MAX_ADDRESS = 300

_V4 = re.compile(r"(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})\Z", re.ASCII)
_V4_PORT = re.compile(r"(\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}):\d{1,5}(?::.{0,80})?\Z", re.ASCII)
#: Address of the instance metadata service of AWS, Azure and GCP: querying it is a behaviour of its own.
_METADATA = (169, 254, 169, 254)


def ip(value: str) -> str:
    """Return the class of an IP address: {loopback} {private} {public} {linklocal} {multicast} {broadcast}
    {unspecified} {metadata}.

    Accepts IPv4, IPv6 with or without brackets, zone or prefix length, IPv4-mapped IPv6, and a trailing :port. Text
    that is not an address is read as a domain or host name. Classes: RFC 1918, 4193, 6598, 3927, 4291.
    """
    return _ip(value[:_MAX_ADDRESS])


def is_ip(value: str) -> bool:
    """Return whether the whole text is one IP address, with or without zone, brackets or prefix length."""
    return len(value) <= 64 and _classify(value.strip()) is not None


def port(value: str) -> str:
    """Return the class of a port: a service port unchanged, {ephemeral} from 49152 up, {high} in between."""
    return _port(value[:16])


@remembered(6)
def _ip(value: str) -> str:
    text = value.strip()
    if text in ("", "-"):
        return ""
    address_class = _classify(text)
    if address_class is None and (with_port := _V4_PORT.match(text)):
        address_class = _classify(with_port.group(1))
    if address_class is not None:
        return address_class
    return domain(text) if is_domain_like(text) else "{other}"


@remembered(1)
def _port(value: str) -> str:
    text = value.strip()
    if text in ("", "-"):
        return ""
    if not (text.isascii() and text.isdigit() and len(text) <= 5):
        name = text.lower()
        return name if name.isascii() and name.replace("-", "").isalnum() and not name.isdigit() else "{other}"
    number = int(text)
    if number in SERVICE_PORTS or number <= 1023:
        return str(number)
    if number > MAX_PORT:
        return "{other}"
    return "{ephemeral}" if number >= FIRST_EPHEMERAL else "{high}"


def _classify(text: str) -> str | None:
    """Return the class of an address, None where the text is not one."""
    match = _V4.match(text)
    if match is not None:
        octets = tuple(int(octet) for octet in match.groups())
        return _v4_class(octets) if max(octets) <= 255 else None
    if ":" not in text and "/" not in text:
        return None
    return _v6_or_network_class(text)


def _v4_class(octets: tuple[int, ...]) -> str:
    first = octets[0]
    if first == 127:
        return "{loopback}"
    if first in (10, 172, 192, 100, 169, 255, 0):
        special = _v4_special_class(octets)
        if special:
            return special
    return "{multicast}" if 224 <= first <= 239 else "{public}"


def _v4_special_class(octets: tuple[int, ...]) -> str:
    """Return the class of an address in a special range, empty where it is in none."""
    first, second = octets[0], octets[1]
    if octets == (255, 255, 255, 255):
        return "{broadcast}"
    if first == 0:
        return "{unspecified}"
    if (first, second) == (169, 254):
        return "{metadata}" if octets == _METADATA else "{linklocal}"
    private = first == 10 or (first, second) == (192, 168) or (first == 172 and 16 <= second <= 31)
    if private or (first == 100 and 64 <= second <= 127):
        return "{broadcast}" if octets[3] == 255 else "{private}"
    return ""


def _v6_or_network_class(text: str) -> str | None:
    bare = text.strip("[]").partition("%")[0].partition("/")[0]
    if not 2 <= len(bare) <= 45:
        return None
    try:
        address = ipaddress.ip_address(bare)
    except ValueError:
        return None
    if isinstance(address, ipaddress.IPv4Address):
        return _v4_class(tuple(address.packed))
    mapped = address.ipv4_mapped
    if mapped is not None:
        return _v4_class(tuple(mapped.packed))
    return _v6_class(address)


def _v6_class(address: ipaddress.IPv6Address) -> str:
    if address.is_loopback:
        return "{loopback}"
    if address.is_unspecified:
        return "{unspecified}"
    if address.is_multicast:
        return "{multicast}"
    if address.is_link_local:
        return "{linklocal}"
    # fc00::/7 only: is_private includes the documentation network, which stands for public addresses in examples
    return "{private}" if (address.packed[0] & 0xFE) == 0xFC else "{public}"
