"""URLs and request paths to behaviour: what is asked for and which payload rides along, never for whom."""

from __future__ import annotations

import re
from functools import lru_cache
from urllib.parse import unquote

from loglm_bridge.telemetry.canonical import placeholders
from loglm_bridge.telemetry.canonical.network.domains import domain, looks_random
from loglm_bridge.telemetry.canonical.network.ports import EPHEMERAL, SERVICE_PORTS

_MAX_URL = 2_048
_MAX_SEGMENTS = 12
_MAX_PARAMETERS = 16
_MAX_VALUE = 160

_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]{0,20})://")
_V4 = re.compile(r"(?<![\w.])\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}(?![\w.])", re.ASCII)
_GUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.IGNORECASE)
_HEX = re.compile(r"(?<![A-Za-z0-9])(?=[a-fA-F]*\d)[0-9a-fA-F]{8,64}(?![A-Za-z0-9])")
_TIME = re.compile(r"(?:\d{4}-\d\d-\d\d[T ])?\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:?\d\d)?")
_DIGITS = re.compile(r"\d{3,}")
_WORD = re.compile(r"[A-Za-z][A-Za-z_-]{0,23}\Z")
_EMAIL = re.compile(r"[^@\s/]{1,64}@[A-Za-z0-9.-]{1,253}\Z")
_PAYLOAD = re.compile(r"['\"<>;|`$(){}\\\x00-\x1f]|\.\./|\.\.\\|--|/etc/|://|/\*|\x7f")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")

#: Parameters whose value is somebody's identity or secret, whatever it looks like.
_IDENTITY = frozenset(
    {
        "user", "username", "login", "email", "mail", "name", "log", "pwd", "password", "passwd", "pass", "token",
        "sid", "session", "sessionid", "key", "apikey", "api_key", "access_token", "code", "state", "nonce", "uid",
        "uuid", "id", "account", "auth", "signature", "sig", "hash", "csrf", "host", "device", "client_id", "phone",
        "first", "last",
    }
)  # fmt: skip


def url(value: str) -> str:
    """Return a URL's or request path's class.

    `http://192.0.2.7:8080/cgi-bin/a.php?id=12&cmd=;id` -> `http://{ip}:8080/cgi-bin/a.php?id={n}&cmd=;id`. Scheme,
    path words, extension and parameter names are kept, numbers and ids become classes, parameter values are kept
    where they carry a payload's characters. Percent-encoding is decoded once (RFC 3986 section 2.1).
    """
    return _url(value[:_MAX_URL])


def url_host(value: str) -> str:
    """Return the host of a URL as written, empty where it has none."""
    found = _SCHEME.match(value)
    if found is None:
        return ""
    authority = re.split(r"[/?#]", value[found.end() : found.end() + 300], maxsplit=1)[0]
    host = authority.rpartition("@")[2]
    return host if host.startswith("[") else host.partition(":")[0]


@lru_cache(maxsize=32_768)
def _url(value: str) -> str:
    text = placeholders.escape(value.strip())
    if text in ("", "-"):
        return ""
    found = _SCHEME.match(text)
    if found is None:
        return _resource(text)
    rest = text[found.end() :]
    end = next((i for i, c in enumerate(rest) if c in "/?#"), len(rest))
    return f"{found.group(1).lower()}://{_authority(rest[:end])}{_resource(rest[end:])}"


def _authority(text: str) -> str:
    credentials, at, host = text.rpartition("@")
    name, colon, port = host.rpartition(":")
    if not colon or not port.isdigit():
        name, port = host, ""
    shown = "{ip}" if _V4.fullmatch(name) or name.startswith("[") else domain(name)
    suffix = "" if port in ("", "80", "443") else f":{_port(port)}"
    return ("{credentials}@" if at and credentials else "") + shown + suffix


def _port(text: str) -> str:
    number = int(text[:6])
    if number <= 1023 or number in SERVICE_PORTS:
        return str(number)
    return "{ephemeral}" if number >= EPHEMERAL else "{high}"


def _resource(text: str) -> str:
    path, mark, query = text.partition("?")
    shown = _path(path.partition("#")[0] if not _PAYLOAD.search(path) else path)
    return f"{shown}?{_query(query)}" if mark and query else shown


def _path(text: str) -> str:
    decoded = _visible(unquote(text, errors="replace"))
    segments = decoded.split("/")
    kept = [_segment(s) for s in segments[:_MAX_SEGMENTS]]
    if len(segments) > _MAX_SEGMENTS:
        kept.append("{more}")
    return "/".join(kept)


def _segment(text: str) -> str:
    if not text or _WORD.match(text):
        return text
    if text.isdigit():
        return "{n}" if len(text) > 1 else text
    if _EMAIL.match(text):
        return "{email}"
    if _PAYLOAD.search(text):
        return _classed(text[:_MAX_VALUE])
    stem, dot, extension = text.rpartition(".")
    if dot and stem and len(extension) <= 8 and extension.isalnum() and not extension.isdigit():
        return f"{_stem(stem)}.{extension.lower()}"
    return _stem(text)


def _stem(text: str) -> str:
    if len(text) > 48 or (len(text) >= 12 and looks_random(text)):
        return "{id}" if _GUID.fullmatch(text) is None else "{guid}"
    return _classed(text)


def _classed(text: str) -> str:
    """Replace what names one machine, object or moment inside a text that is otherwise kept."""
    text = _V4.sub("{ip}", text)
    text = _GUID.sub("{guid}", text)
    text = _TIME.sub("{time}", text)
    text = _HEX.sub("{hex}", text)
    return _DIGITS.sub("{n}", text)


def _query(text: str) -> str:
    parts = text.split("&", _MAX_PARAMETERS)
    return "&".join(_parameter(p) for p in parts[:_MAX_PARAMETERS]) + (
        "&{more}" if len(parts) > _MAX_PARAMETERS else ""
    )


def _parameter(text: str) -> str:
    name, equals, value = text.partition("=")
    name = _visible(unquote(name.replace("+", " "), errors="replace"))
    shown = name if _WORD.match(name) else _classed(name[:_MAX_VALUE])
    return f"{shown}={_value(name, value)}" if equals else shown


def _value(name: str, text: str) -> str:
    decoded = _visible(unquote(text.replace("+", " "), errors="replace"))
    if not decoded:
        return ""
    if _PAYLOAD.search(decoded):
        return _classed(decoded[:_MAX_VALUE])
    if decoded.isdigit():
        return "{n}"
    if name.lower() in _IDENTITY:
        return "{v}"
    if _EMAIL.match(decoded):
        return "{email}"
    words = decoded.split(" ", 4)
    if len(words) <= 4 and all(len(w) <= 24 and not looks_random(w) for w in words):
        return _classed(decoded)
    return "{text}" if len(words) > 4 else "{id}"


def _visible(text: str) -> str:
    """Spell out control characters, and braces that percent-encoding hid."""
    return _CONTROL.sub(lambda m: f"\\x{ord(m.group()):02x}", placeholders.escape(text))
