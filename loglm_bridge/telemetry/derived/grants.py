"""What is granted to whom: `grantee` (everyone) and `cidr` (any, wide, narrow, host) of the networks in a request."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator

_CIDR = re.compile(r"(?<![\w.])(\d{1,3}(?:\.\d{1,3}){3}/\d{1,2}|::/0|[0-9a-fA-F:]{2,39}/\d{1,3})(?![\w.])")
_EVERYONE = re.compile(
    r"\"?(?:Principal\"?\s*+:\s*+(?:\"\*\"|\{\s*+\"(?:AWS|Service|Federated)\"\s*+:\s*+\[?+\s*+\"\*\")|AllUsers|AuthenticatedUsers|allAuthenticatedUsers"
    r"|system:anonymous|system:unauthenticated|public-read)",
    re.IGNORECASE,
)
#: Bits of prefix below which an IPv4 network counts as wide.
_WIDE = 16
#: Characters of a value in which networks are looked for.
_MAX_NETWORKS = 1_024
_WILDCARD_NAMES = frozenset({"principal", "aws", "grantee"})


#: Fields that are looked at whatever they hold.
NAMES = _WILDCARD_NAMES


def of_value(name: str, value: str) -> Iterator[tuple[str, str]]:
    """Yield grantee=everyone, and the breadth of each network that a value names."""
    if (value == "*" and name.rpartition(".")[2] in _WILDCARD_NAMES) or (len(value) > 6 and _EVERYONE.search(value)):
        yield "grantee", "everyone"
    if "/" in value and len(value) <= _MAX_NETWORKS:
        for network in _CIDR.findall(value):
            yield "cidr", breadth(network)


def breadth(text: str) -> str:
    """Return any, wide, narrow or host for a network in CIDR notation; empty for anything else."""
    try:
        network = ipaddress.ip_network(text, strict=False)
    except ValueError:
        return ""
    if network.prefixlen == 0:
        return "any"
    if network.prefixlen == network.max_prefixlen:
        return "host"
    return "wide" if network.version == 4 and network.prefixlen < _WIDE and not network.is_private else "narrow"
