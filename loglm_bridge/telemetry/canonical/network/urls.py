"""URLs and request paths to behaviour: what is requested and with which payload; identity is masked."""

from __future__ import annotations

import re
from urllib.parse import unquote

from loglm_bridge.telemetry.byte_cache import remembered
from loglm_bridge.telemetry.canonical import placeholders
from loglm_bridge.telemetry.canonical.network.domains import domain, looks_random
from loglm_bridge.telemetry.canonical.network.ports import FIRST_EPHEMERAL, SERVICE_PORTS

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

#: Parameters whose value is an identity or a secret, whatever its form.
_IDENTITY_PARAMETERS = frozenset(
    {
        "user", "username", "login", "email", "mail", "name", "log", "pwd", "password", "passwd", "pass", "token",
        "sid", "session", "sessionid", "key", "apikey", "api_key", "access_token", "code", "state", "nonce", "uid",
        "uuid", "id", "account", "auth", "signature", "sig", "hash", "csrf", "host", "device", "client_id", "phone",
        "first", "last",
    }
)  # fmt: skip


def url(value: str) -> str:
    """Return the canonical form of a URL or request path.

    `http://192.0.2.7:8080/cgi-bin/a.php?id=12&cmd=;id` -> `http://{ip}:8080/cgi-bin/a.php?id={n}&cmd=;id`. Scheme,
    words of the path, extension and parameter names are kept, numbers and ids are masked, parameter values are kept
    where they contain characters of payloads. Percent-encoding is decoded once (RFC 3986 section 2.1).
    """
    return _url(value[:_MAX_URL])


@remembered(4)
def _url(value: str) -> str:
    text = placeholders.escape(value.strip())
    if text in ("", "-"):
        return ""
    scheme = _SCHEME.match(text)
    if scheme is None:
        return _resource(text)
    rest = text[scheme.end() :]
    end = next((i for i, c in enumerate(rest) if c in "/?#"), len(rest))
    return f"{scheme.group(1).lower()}://{_authority(rest[:end])}{_resource(rest[end:])}"


def _authority(text: str) -> str:
    credentials, at, host = text.rpartition("@")
    name, colon, port = host.rpartition(":")
    if not colon or not port.isdigit():
        name, port = host, ""
    host_class = "{ip}" if _V4.fullmatch(name) or name.startswith("[") else domain(name)
    suffix = "" if port in ("", "80", "443") else f":{_port(port)}"
    return ("{credentials}@" if at and credentials else "") + host_class + suffix


def _port(text: str) -> str:
    number = int(text[:6])
    if number <= 1023 or number in SERVICE_PORTS:
        return str(number)
    return "{ephemeral}" if number >= FIRST_EPHEMERAL else "{high}"


def _resource(text: str) -> str:
    path, question_mark, query = text.partition("?")
    path = _path(path.partition("#")[0] if not _PAYLOAD.search(path) else path)
    return f"{path}?{_query(query)}" if question_mark and query else path


def _path(text: str) -> str:
    segments = _escaped(unquote(text, errors="replace")).split("/")
    shortened = [_segment(segment) for segment in segments[:_MAX_SEGMENTS]]
    if len(segments) > _MAX_SEGMENTS:
        shortened.append("{more}")
    return "/".join(shortened)


def _segment(text: str) -> str:
    if not text or _WORD.match(text):
        return text
    if text.isdigit():
        return "{n}" if len(text) > 1 else text
    if _EMAIL.match(text):
        return "{email}"
    if _PAYLOAD.search(text):
        return _masked(text[:_MAX_VALUE])
    stem, dot, extension = text.rpartition(".")
    if dot and stem and len(extension) <= 8 and extension.isalnum() and not extension.isdigit():
        return f"{_stem(stem)}.{extension.lower()}"
    return _stem(text)


def _stem(text: str) -> str:
    if len(text) > 48 or (len(text) >= 12 and looks_random(text)):
        return "{id}" if _GUID.fullmatch(text) is None else "{guid}"
    return _masked(text)


def _masked(text: str) -> str:
    """Mask what identifies one machine, object or moment inside a text that is otherwise kept."""
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
    name = _escaped(unquote(name.replace("+", " "), errors="replace"))
    masked = name if _WORD.match(name) else _masked(name[:_MAX_VALUE])
    return f"{masked}={_value(name, value)}" if equals else masked


def _value(name: str, text: str) -> str:
    decoded = _escaped(unquote(text.replace("+", " "), errors="replace"))
    if not decoded:
        return ""
    if _PAYLOAD.search(decoded):
        return _masked(decoded[:_MAX_VALUE])
    if decoded.isdigit():
        return "{n}"
    if name.lower() in _IDENTITY_PARAMETERS:
        return "{v}"
    if _EMAIL.match(decoded):
        return "{email}"
    words = decoded.split(" ", 4)
    if len(words) <= 4 and all(len(w) <= 24 and not looks_random(w) for w in words):
        return _masked(decoded)
    return "{text}" if len(words) > 4 else "{id}"


def _escaped(text: str) -> str:
    """Escape control characters and placeholders that percent-encoding hid."""
    return _CONTROL.sub(lambda match: f"\\x{ord(match.group()):02x}", placeholders.escape(text))
