"""What is granted to whom: `grantee` (everyone) and `cidr` (any, wide, narrow, host) of the networks in a request."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from loglm_bridge.telemetry.derived.fields import Values

_CIDR = re.compile(r"(?<![\w.])(\d{1,3}(?:\.\d{1,3}){3}/\d{1,2}|::/0|[0-9a-fA-F:]{2,39}/\d{1,3})(?![\w.])")
_EVERYONE = re.compile(
    r"\"?(?:Principal\"?\s*:\s*(?:\"\*\"|\{\s*\"(?:AWS|Service|Federated)\"\s*:\s*\[?\s*\"\*\")|AllUsers|AuthenticatedUsers|allAuthenticatedUsers"
    r"|system:anonymous|system:unauthenticated|public-read)",
    re.IGNORECASE,
)
#: Bits of prefix below which an IPv4 network counts as wide.
_WIDE = 16
_LIMIT = 16_384


def derive(values: Values) -> Iterator[tuple[str, str]]:
    """Yield grantee=everyone and the breadth of the widest network that a request names."""
    texts = [
        value
        for _, value in values.below("")
        if len(value) <= _LIMIT
        and ("*" in value or "ll" in value or "/" in value or "anon" in value or "public" in value)
    ]
    if any(_EVERYONE.search(text) for text in texts) or any(
        value == "*" and name.rpartition(".")[2] in ("principal", "aws", "grantee") for name, value in values.below("")
    ):
        yield "grantee", "everyone"
    breadths = [breadth(found) for text in texts if len(text) <= 1_024 for found in _CIDR.findall(text)]
    for name in ("any", "wide", "narrow", "host"):
        if name in breadths:
            yield "cidr", name
            return


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
