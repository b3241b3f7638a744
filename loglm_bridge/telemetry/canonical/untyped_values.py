"""Values of fields that no table has: the form of the value decides how it is made canonical."""

from __future__ import annotations

import re

from loglm_bridge.telemetry.byte_cache import remembered
from loglm_bridge.telemetry.canonical import identity, numbers, placeholders, resources
from loglm_bridge.telemetry.canonical.host import accounts, commands, paths, registry
from loglm_bridge.telemetry.canonical.network import addresses

#: Longest canonical value of an unknown field; longer ones are cut.
MAX_TEXT = 600

_GUID = re.compile(r"\A\{?[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}\}?\Z")
_SID = re.compile(r"\AS-1-(?:\d{1,15}-){0,14}\d{1,15}\Z")
_HEX = re.compile(r"\A(?:0x)?(?=[a-fA-F]{0,40}\d)[0-9a-fA-F]{16,}\Z")
_DIGITS = re.compile(r"\A[-+]?\d+(?:\.\d+)?\Z", re.ASCII)
_TIME = re.compile(r"\A(?:19|20)\d\d-[01]\d-[0-3]\d[T ][0-2]\d:[0-5]\d[\d:.,+Z -]{0,24}\Z", re.IGNORECASE)
_REGISTRY = re.compile(r"\A(?:HKLM|HKCU|HKU|HKCR|HKEY_[A-Z_]{4,20}|\\REGISTRY)\\", re.IGNORECASE)
_PATH = re.compile(
    r"\A(?:[A-Za-z]:\\|\\\\|\\Device\\|%[A-Za-z()]{2,30}%\\|\\\?\?\\|\\SystemRoot)[^\n]*\Z", re.IGNORECASE
)
_UNIX_PATH = re.compile(r"\A/(?:[\w.@+-]{1,80}/){1,20}[\w.@+-]{0,80}\Z")
_URL = re.compile(r"\A[a-z][a-z0-9+.-]{1,15}://[^\s]+\Z", re.IGNORECASE)
_TOKEN = re.compile(
    r"\A(?=[A-Za-z_-]{0,60}\d)(?=[a-z0-9_-]{0,60}[A-Z])(?=[A-Z0-9_-]{0,60}[a-z])[A-Za-z0-9_-]{20,}={0,2}\Z"
)
# DOMAIN\user as rendered messages write it, and names after their label.
_NETBIOS = re.compile(r"(?<![\w\\:.%$/-])([A-Z][A-Z0-9-]{1,14})\\([\w.$-]{1,40})(?![\w\\.])")
_LABELLED = re.compile(
    r"((?:[Aa]ccount|[Uu]ser)(?: ?[Nn]ame)?\s?[:=]|for (?:invalid )?user)\s{1,8}([\w.\\$@-]{1,60})(?![\w\\:])"
)
_EMAIL = re.compile(r"\A[^\s@]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}\Z")


def guess(value: str) -> str:
    """Return a value of unknown type made canonical by its form.

    Forms are GUID, SID, hash, time, number, address, path, registry key, URL, mail address and random token. Anything
    else is free text: lower-cased, masked and cut at MAX_TEXT characters.
    """
    if len(value) > 300:
        return free_text(value)
    return _guess(value)


def identifier(value: str) -> str:
    """Return the value of an unknown field whose name ends in "id": a word stays, one with a digit is dropped."""
    return "" if any(c.isdigit() for c in value[:100]) else guess(value)


def free_text(value: str) -> str:
    """Return free text in lower case with identity masked, at most MAX_TEXT characters."""
    text = value[: MAX_TEXT * 2]
    if "\\" in text:
        text = _NETBIOS.sub(_netbios, text)
    if "ser" in text or "ccount" in text:
        text = _LABELLED.sub(_labelled, text)
    return commands.command(text)[:MAX_TEXT].replace("(user)", placeholders.USER)


def _netbios(match: re.Match[str]) -> str:
    """Return the account of a DOMAIN\\name in parentheses; registry hives (HKLM\\x) stay."""
    if match[1].startswith("HK"):
        return match[0]
    return f"({accounts.account(match[0]) or 'user'})".replace("({user})", "(user)")


def _labelled(match: re.Match[str]) -> str:
    return f"{match[1]} ({accounts.account(match[2]).strip('{}')})"


@remembered(5)
def _guess(value: str) -> str:
    text = value.strip()
    if text in ("", "-", "N/A", "null", "None", "[]", "{}"):
        return ""
    first = text[0]
    if first.isdigit() or first in "+-.:{[":
        numeric = _numeric(text)
        if numeric:
            return numeric
    elif _HEX.match(text):
        return placeholders.HEX
    if first in "Ss" and _SID.match(text):
        return identity.sid(text)
    return _textual(text)


def _numeric(text: str) -> str:
    """Return the canonical value of a text that begins like a number, empty where it is none of these forms."""
    if _DIGITS.match(text):
        return text if len(text) <= 4 else numbers.bucket(text)
    if _GUID.match(text):
        return placeholders.GUID
    if _TIME.match(text):
        return placeholders.TIME
    if _HEX.match(text):
        return placeholders.HEX
    return addresses.ip(text) if addresses.is_ip(text) else ""


def _textual(text: str) -> str:
    if _GUID.match(text):
        return placeholders.GUID
    if ":" in text and addresses.is_ip(text):
        return addresses.ip(text)
    if resources.is_resource(text):
        return resources.resource(text)
    if _REGISTRY.match(text):
        return registry.key(text)
    if _PATH.match(text) or _UNIX_PATH.match(text):
        return paths.path(text)
    if "://" in text and _URL.match(text):
        return addresses.url(text)
    if "@" in text and _EMAIL.match(text):
        return placeholders.EMAIL
    return placeholders.RANDOM if _TOKEN.match(text) else free_text(text)
