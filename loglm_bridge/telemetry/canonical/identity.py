"""Identity inside any text: GUIDs, SIDs, long hex and long numbers, mail addresses, times become placeholders."""

from __future__ import annotations

import re

from loglm_bridge.telemetry.canonical import placeholders
from loglm_bridge.telemetry.canonical.guids import guid

GUID = re.compile(
    r"%?\{?(?<![0-9a-f])[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}(?![0-9a-f])\}?", re.IGNORECASE
)
SID = re.compile(r"\bs-1-(?:\d{1,12}-){0,14}\d{1,12}\b", re.IGNORECASE)
_DOMAIN_SID = re.compile(r"s-1-5-21-\d+-\d+-\d+-(\d+)\Z", re.IGNORECASE)
_ISO_TIME = re.compile(
    r"\b(?:19|20)\d\d-[01]\d-[0-3]\d(?:[T ][0-2]\d:[0-5]\d(?::[0-5]\d(?:[.,]\d{1,9})?)?(?:Z|[+-]\d\d:?\d\d)?)?(?!\d)",
    re.IGNORECASE,
)
_CLOCK = re.compile(r"\b(?:[01]?\d|2[0-3]):[0-5]\d:[0-5]\d(?:[.,]\d{1,9})?\b")
_US_DATE = re.compile(r"\b[01]?\d/[0-3]?\d/(?:19|20)\d\d\b")
EMAIL = re.compile(r"(?<![\w.+-])[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}")
# 16 or more hex digits, or 8 or more of which one is a digit and one a letter.
_HEX = re.compile(r"(?<![\w])(?:0x)?(?=[0-9]{0,40}[a-f])(?=[a-f]{0,40}[0-9])[0-9a-f]{8,}+(?![\w])", re.IGNORECASE)
_NUMBER = re.compile(r"(?<![\w.])\d{5,}+(?!\w)(?!\.\d)")
_LONG_NUMBER = re.compile(r"(?<!\d)\d{5,}+")

# Sixteen or more letters and digits, at least three of them digits: generated, not a word.
_RANDOM = re.compile(r"(?<![a-z0-9])(?=(?:[a-z]*+[0-9]){3})[a-z0-9]{16,}+")

#: SIDs of the system and of built-in groups, and integrity levels, keep their meaning.
#: https://learn.microsoft.com/windows-server/identity/ad-ds/manage/understand-security-identifiers
KNOWN_SIDS = {
    "s-1-0-0": "nobody", "s-1-1-0": "everyone", "s-1-2-0": "local", "s-1-3-0": "creator owner",
    "s-1-5-1": "dialup", "s-1-5-2": "network", "s-1-5-3": "batch", "s-1-5-4": "interactive", "s-1-5-6": "service",
    "s-1-5-7": "anonymous logon", "s-1-5-9": "enterprise domain controllers", "s-1-5-10": "self",
    "s-1-5-11": "authenticated users", "s-1-5-12": "restricted", "s-1-5-13": "terminal server user",
    "s-1-5-14": "remote interactive logon", "s-1-5-15": "this organization", "s-1-5-17": "iusr",
    "s-1-5-18": "system", "s-1-5-19": "local service", "s-1-5-20": "network service",
    "s-1-5-32-544": "administrators", "s-1-5-32-545": "users", "s-1-5-32-546": "guests",
    "s-1-5-32-547": "power users", "s-1-5-32-548": "account operators", "s-1-5-32-549": "server operators",
    "s-1-5-32-550": "print operators", "s-1-5-32-551": "backup operators", "s-1-5-32-552": "replicators",
    "s-1-5-32-554": "pre-windows 2000 compatible access", "s-1-5-32-555": "remote desktop users",
    "s-1-5-32-556": "network configuration operators", "s-1-5-32-558": "performance monitor users",
    "s-1-5-32-559": "performance log users", "s-1-5-32-562": "distributed com users",
    "s-1-5-32-568": "iis_iusrs", "s-1-5-32-573": "event log readers", "s-1-5-32-578": "hyper-v administrators",
    "s-1-5-32-580": "remote management users", "s-1-5-113": "local account",
    "s-1-5-114": "local account and member of administrators", "s-1-5-64-10": "ntlm authentication",
    "s-1-16-0": "untrusted", "s-1-16-4096": "low", "s-1-16-8192": "medium", "s-1-16-8448": "medium plus",
    "s-1-16-12288": "high", "s-1-16-16384": "system", "s-1-16-20480": "protected",
}  # fmt: skip
#: Relative ids of a domain's built-in accounts and groups.
KNOWN_RIDS = frozenset(
    {"500", "501", "502", "512", "513", "514", "515", "516", "517", "518", "519", "520", "525", "526"}
)
_SERVICE_SIDS = (("s-1-5-80-", "{sid-service}"), ("s-1-5-82-", "{sid-apppool}"), ("s-1-5-83-", "{sid-vm}"),
                 ("s-1-5-90-", "window manager"), ("s-1-5-96-", "font driver host"), ("s-1-15-2", "{sid-appcontainer}"),
                 ("s-1-15-3", "{sid-capability}"), ("s-1-12-1-", "{sid-entra}"))  # fmt: skip


def sid(value: str) -> str:
    """Return a well-known SID's name, `{sid-500}` for the built-in RIDs of a domain, else `{sid}`."""
    text = value.strip().strip("%{}").lower()
    known = KNOWN_SIDS.get(text)
    if known:
        return known
    domain = _DOMAIN_SID.match(text)
    if domain:
        return f"{{sid-{domain[1]}}}" if domain[1] in KNOWN_RIDS else placeholders.SID
    return next((name for prefix, name in _SERVICE_SIDS if text.startswith(prefix)), placeholders.SID)


def mask(text: str) -> str:
    """Return free text with GUIDs, SIDs, times, mail addresses, long hex and numbers of 5 or more digits masked."""
    if "-" in text:
        text = GUID.sub(guid, text)
        if "s-1-" in text or "S-1-" in text:
            text = SID.sub(lambda match: sid(match[0]), text)
        text = _ISO_TIME.sub(placeholders.TIME, text)
    if ":" in text:
        text = _CLOCK.sub(placeholders.TIME, text)
    if "/" in text:
        text = _US_DATE.sub(placeholders.TIME, text)
    if "@" in text:
        text = EMAIL.sub(placeholders.EMAIL, text)
    text = _HEX.sub(placeholders.HEX, text)
    return _NUMBER.sub(placeholders.NUMBER, text)


def mask_segment(text: str) -> str:
    """Return a path or registry key (lower case) with GUIDs, SIDs, long hex and long numbers masked."""
    if "-" in text:
        text = GUID.sub(guid, text)
        if "s-1-" in text:
            text = SID.sub(lambda match: sid(match[0]), text)
    text = _HEX.sub(placeholders.HEX, text)
    return _LONG_NUMBER.sub(placeholders.NUMBER, _RANDOM.sub(placeholders.RANDOM, text))
