"""Network addresses to classes: where a connection goes in kind, never whose machine it is."""

from __future__ import annotations

import ipaddress
import re
from functools import lru_cache

from loglm_bridge.telemetry.canonical.network.domains import domain, is_domain_like
from loglm_bridge.telemetry.canonical.network.ports import EPHEMERAL, LAST, SERVICE_PORTS
from loglm_bridge.telemetry.canonical.network.urls import url
from loglm_bridge.telemetry.canonical.network.user_agents import user_agent

__all__ = ["domain", "ip", "is_ip", "port", "url", "user_agent"]

#: Longest text that is still read as an address.
_MAX_ADDRESS = 300

_V4 = re.compile(r"(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})\Z", re.ASCII)
_V4_PORT = re.compile(r"(\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}):\d{1,5}(?::.{0,80})?\Z", re.ASCII)
#: Address of the instance metadata service of AWS, Azure, GCP: asking it is a behaviour of its own.
_METADATA = (169, 254, 169, 254)


def ip(value: str) -> str:
    """Return the class of an IP address: {loopback} {private} {public} {linklocal} {multicast} {broadcast}
    {unspecified} {metadata}.

    IPv4, IPv6 with or without brackets, zone or prefix length, IPv4-mapped IPv6, a trailing :port. Text that is no
    address is read as a domain or host name. Classes: RFC 1918, 4193, 6598, 3927, 4291 (ipaddress of the stdlib).
    """
    return _ip(value[:_MAX_ADDRESS])


def is_ip(value: str) -> bool:
    """Tell whether the whole text is one IP address (a zone, brackets or prefix length may stand with it)."""
    return len(value) <= 64 and _classify(value.strip()) is not None


def port(value: str) -> str:
    """Return the class of a port: a service port as it is, {ephemeral} from 49152 up, {high} between."""
    return _port(value[:16])


@lru_cache(maxsize=65_536)
def _ip(value: str) -> str:
    text = value.strip()
    if text in ("", "-"):
        return ""
    found = _classify(text)
    if found is None and (with_port := _V4_PORT.match(text)):
        found = _classify(with_port.group(1))
    if found is not None:
        return found
    return domain(text) if is_domain_like(text) else "{other}"


@lru_cache(maxsize=4_096)
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
    if number > LAST:
        return "{other}"
    return "{ephemeral}" if number >= EPHEMERAL else "{high}"


def _classify(text: str) -> str | None:
    found = _V4.match(text)
    if found is not None:
        parts = tuple(int(p) for p in found.groups())
        return _v4(parts) if max(parts) <= 255 else None
    if ":" not in text and "/" not in text:
        return None
    return _other(text)


def _v4(parts: tuple[int, ...]) -> str:
    first, second = parts[0], parts[1]
    if first == 127:
        return "{loopback}"
    if first in (10, 172, 192, 100, 169, 255, 0):
        special = _v4_special(first, second, parts)
        if special:
            return special
    return "{multicast}" if 224 <= first <= 239 else "{public}"


def _v4_special(first: int, second: int, parts: tuple[int, ...]) -> str:
    if parts == (255, 255, 255, 255):
        return "{broadcast}"
    if first == 0:
        return "{unspecified}"
    if (first, second) == (169, 254):
        return "{metadata}" if parts == _METADATA else "{linklocal}"
    private = first == 10 or (first, second) == (192, 168) or (first == 172 and 16 <= second <= 31)
    if private or (first == 100 and 64 <= second <= 127):
        return "{broadcast}" if parts[3] == 255 else "{private}"
    return ""


def _other(text: str) -> str | None:
    bare = text.strip("[]").partition("%")[0].partition("/")[0]
    if not 2 <= len(bare) <= 45:
        return None
    try:
        address = ipaddress.ip_address(bare)
    except ValueError:
        return None
    if isinstance(address, ipaddress.IPv4Address):
        return _v4(tuple(address.packed))
    mapped = address.ipv4_mapped
    if mapped is not None:
        return _v4(tuple(mapped.packed))
    return _v6(address)


def _v6(address: ipaddress.IPv6Address) -> str:
    if address.is_loopback:
        return "{loopback}"
    if address.is_unspecified:
        return "{unspecified}"
    if address.is_multicast:
        return "{multicast}"
    if address.is_link_local:
        return "{linklocal}"
    # fc00::/7 only: is_private would also take the documentation network, which stands for public ones in examples
    return "{private}" if (address.packed[0] & 0xFE) == 0xFC else "{public}"
