"""Domain names to behaviour: well-known services are kept, other names are reduced to their structure."""

from __future__ import annotations

import re

from loglm_bridge.telemetry.byte_cache import remembered
from loglm_bridge.telemetry.canonical.network.domain_table import (
    FUNCTION_LABELS,
    KNOWN_DOMAINS,
    LOCAL_SUFFIXES,
    PUBLIC_SUFFIXES,
    TOP_LEVEL,
)

_MAX_DOMAIN = 300
_LABEL = re.compile(r"\A[A-Za-z0-9_*-]{1,63}\Z")
_VOWELS = frozenset("aeiouy")


def domain(value: str) -> str:
    """Return the canonical domain name: www.example.com -> www.{domain}.com, bare host names -> {host}.

    Well-known service domains are kept, with their subdomain reduced (`{sub}.ngrok.io`). `{sub}` is one label above
    the registered name, `{subs}` several, `{random}` a label that looks generated, `{long}` one of 30 characters or
    more. Reverse lookups, .onion, .local, wpad and SRV names keep their form.
    """
    return _domain(value[:_MAX_DOMAIN])


def is_domain_like(value: str) -> bool:
    """Return whether the text has the form of a host or domain name."""
    labels = value.rstrip(".").split(".") if len(value) <= 253 else []
    return bool(labels) and all(_LABEL.match(label) for label in labels)


def looks_random(label: str) -> bool:
    """Return whether a label of ten or more characters looks generated: many digits among letters, or few vowels."""
    if len(label) < 10:
        return False
    letters = [c for c in label.lower() if c.isalpha()]
    digits = sum(c.isdigit() for c in label)
    if digits >= 3 and len(letters) >= 3 and digits * 5 >= len(label):
        return True
    vowels = sum(c in _VOWELS for c in letters)
    return len(letters) >= 10 and vowels * 5 < len(letters)


@remembered(6)
def _domain(value: str) -> str:
    text = value.strip().strip(".").lower()
    if text in ("", "-"):
        return ""
    labels = [label for label in text.split(".") if label]
    if not labels or not all(_LABEL.match(label) for label in labels):
        return _international(labels) if labels else "{other}"
    if labels[-1].isdigit():
        return "{other}"
    return _special(labels) or _known(labels) or _structure(labels)


def _international(labels: list[str]) -> str:
    if any(c.isspace() or c in "/\\\"'<>(){}=,;:" for label in labels for c in label):
        return "{other}"
    return "{idn}" if any(not label.isascii() for label in labels) and len(labels) > 1 else "{other}"


def _special(labels: list[str]) -> str:
    last = labels[-1]
    if labels[0].startswith("_"):
        return _service(labels)
    if labels[0] in ("wpad", "isatap"):
        return labels[0] if len(labels) == 1 else f"{labels[0]}.{{domain}}"
    if len(labels) == 1:
        return last if last in ("localhost", "broadcasthost") else "{host}"
    if last == "arpa":
        return "{ptr}." + ".".join(labels[-2:])
    if last == "onion":
        return "{onion}"
    if last in LOCAL_SUFFIXES:
        return f"{_subdomain(labels[:-1])}.{last}"
    return ""


def _service(labels: list[str]) -> str:
    """Return an SRV name with its service kept: _ldap._tcp.dc._msdcs.{domain}."""
    service: list[str] = []
    for label in labels[:8]:
        if not (label.startswith("_") or label in ("dc", "gc", "pdc", "domains", "sites")):
            break
        service.append(label)
    site = "{site}._sites." if "_sites" in labels and "_sites" not in service else ""
    return ".".join(service) + "." + site + "{domain}"


def _known(labels: list[str]) -> str:
    for start in range(max(0, len(labels) - 5), len(labels) - 1):
        name = ".".join(labels[start:])
        if name in KNOWN_DOMAINS:
            return f"{_subdomain(labels[:start])}.{name}" if start else name
    return ""


def _structure(labels: list[str]) -> str:
    pair = ".".join(labels[-2:])
    if len(labels) > 2 and pair in PUBLIC_SUFFIXES:
        suffix, rest = pair, labels[:-2]
    else:
        last = labels[-1]
        known = last in TOP_LEVEL or (len(last) == 2 and last.isalpha())
        suffix, rest = (last if known else "{tld}"), labels[:-1]
    registered = "{random}" if looks_random(rest[-1]) else "{idn}" if rest[-1].startswith("xn--") else "{domain}"
    return ".".join(part for part in (_subdomain(rest[:-1]), registered, suffix) if part)


def _subdomain(labels: list[str]) -> str:
    """Return the structure of the labels above a registered name."""
    if not labels:
        return ""
    if any(len(label) >= 30 for label in labels):
        return "{long}"
    if any(looks_random(label) for label in labels):
        return "{random}"
    if len(labels) == 1:
        return labels[0] if labels[0] in FUNCTION_LABELS else "{sub}"
    return "{subs}"
