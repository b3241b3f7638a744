"""Replaces the identifying values of a raw text: times, ids, ports, record numbers, process ids and GUIDs.

This is how the same kind of event looks on another day; it works for any format. A value keeps its form (digits,
letters, the class of a port), so the canonical event stays the same. Within a turn equal values get equal replacements,
so that references between events still hold.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from hashlib import blake2b

from loglm_bridge.telemetry.canonical import guids, placeholders
from loglm_bridge.telemetry.canonical.network import ports

#: Seconds between two turns: prime to the seconds of a day and of a month, so that a time of day comes back after
#: 86,400 turns only, and a time after 2,592,000.
TURN_SECONDS = 67
_DAY, _MONTH = 86_400, 2_592_000

_HEX = "[0-9a-fA-F]"

#: Values that may be replaced; for `hex`, `number` and `token` the text before them decides.
_CANDIDATE = re.compile(
    rf"""(?:\b|(?<=\dT))(?:
    (?P<guid>{_HEX}{{8}}-{_HEX}{{4}}-{_HEX}{{4}}-{_HEX}{{4}}-{_HEX}{{12}})\b
    | (?P<clock>(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:[.,]\d{{1,9}})?)(?![\d:])
    | (?<!\.)(?P<epoch>1[1-9]\d{{8}}(?:\.\d{{1,9}}|\d{{3}}|\d{{6}})?)(?!\d)
    | 0x(?P<hex>{_HEX}{{3,16}})\b
    | (?P<number>\d{{2,12}})(?![\w.])
    | (?P<uid>[CF](?=[A-Za-z]{{0,17}}\d)[A-Za-z0-9]{{8,18}})(?=["\t])
    | (?<![A-Za-z0-9+/])(?P<token>[A-Za-z0-9+/]{{12,2000}}+={{0,2}})(?=")
    )""",
    re.VERBOSE,
)

#: Characters between a name and its value.
_SEPARATORS = "\\\"' \t:=>"

#: Characters of the text before a value that are examined.
_BEFORE = 48

#: Suffixes of the names (lower case, without blanks and underscores) of ids, ports and opaque texts.
_IDS = (
    "processid",
    "threadid",
    "pid",
    "recordid",
    "recordnumber",
    "logonid",
    "handleid",
    "transid",
    "sessionid",
    "serial",
)
_PORTS = ("port", "origp", "respp", "spt", "dpt")
_TOKENS = ("requestid", "amz-id-2", "sessiontoken")

_AFTER_ADDRESS = re.compile(r"(?:\d{1,3}\.){3}\d{1,3}[\t :,]\Z")
_AFTER_PROGRAM = re.compile(r"\w\[\Z")
_AFTER_AUDIT = re.compile(r"audit\([\d.]{1,20}:\Z")
_OF_PROVIDER = re.compile(r"\bGuid=[\"']\{?\Z")
_OF_ADDRESS = re.compile(rf"(?:(?<!\d){_HEX}{{2}}|:):\Z")

#: Logon ids of the system's own accounts.
_KNOWN_HEX = frozenset({"3e4", "3e5", "3e7"})

#: Ranges (first, count) of replacement ports, dynamic and registered; no port in them names a service.
_DYNAMIC, _REGISTERED = (61_000, 4_500), (38_000, 3_600)

_LETTERS = "abcdefghijklmnopqrstuvwxyz"


class Template:
    """A raw text, cut at the values that are replaced."""

    __slots__ = ("_end", "_slots")

    def __init__(self, raw: str) -> None:
        self._slots: list[tuple[str, Callable[[str, int], str], str]] = []
        start = 0
        for match in _CANDIDATE.finditer(raw):
            group = match.lastgroup or ""
            first, end = match.span(group)
            before = raw[max(0, match.start() - _BEFORE) : match.start()]
            replace = _replacement(group, match[group], before, raw[end : end + 1])
            if replace:
                self._slots.append((raw[start:first], replace, match[group]))
                start = end
        self._end = raw[start:]

    def text(self, turn: int) -> str:
        """Return the text with the values of a turn."""
        pieces = [piece for before, replace, value in self._slots for piece in (before, replace(value, turn))]
        return "".join(pieces) + self._end


def _replacement(group: str, value: str, before: str, after: str) -> Callable[[str, int], str] | None:
    """Return the function (value, turn) -> replacement, None where the value is part of the behaviour."""
    if group == "guid":
        return (
            None if before.endswith(("%{", "\\{", "/", "\\")) or _OF_PROVIDER.search(before) or _known(value) else _guid
        )
    if group == "clock":
        return None if _OF_ADDRESS.search(before) else _clock
    if group in ("epoch", "uid"):
        return _epoch if group == "epoch" else _token
    name = before.rstrip(_SEPARATORS)
    name = name.lower().replace("_", "").replace(" ", "").replace(".", "") if len(name) < len(before) else ""
    if group == "token":
        return _token if name.endswith(_TOKENS) else None
    if name.endswith(_IDS) and not name.endswith("groupid"):
        return _hex if group == "hex" and value.lower() not in _KNOWN_HEX else _number if group == "number" else None
    if group == "number" and len(value) in (4, 5) and (name.endswith(_PORTS) or _AFTER_ADDRESS.search(before)):
        return _port if _replaceable(int(value)) else None
    if group == "number" and ((after == "]" and _AFTER_PROGRAM.search(before)) or _AFTER_AUDIT.search(before)):
        return _number
    return None


def _known(guid: str) -> bool:
    """Return whether the GUID is well known: it names an interface or a class."""
    match = re.match(".*", guid)
    return match is not None and guids.guid(match) != placeholders.GUID


def _replaceable(number: int) -> bool:
    return 10_000 <= number <= ports.MAX_PORT and number not in ports.SERVICE_PORTS


def _digest(value: str, turn: int) -> int:
    return int.from_bytes(blake2b(f"{turn}:{value}".encode(), digest_size=16).digest())


def _clock(value: str, turn: int) -> str:
    seconds = int(value[:2]) * 3_600 + int(value[3:5]) * 60 + int(value[6:8]) + TURN_SECONDS * turn
    minutes, second = divmod(seconds % _DAY, 60)
    return f"{minutes // 60:02}:{minutes % 60:02}:{second:02}{value[8:9]}{_number(value[9:], turn)}"


def _epoch(value: str, turn: int) -> str:
    seconds, rest = int(value[:10]) + TURN_SECONDS * turn % _MONTH, value[10:]
    point = rest[:1] if rest[:1] == "." else ""
    return f"{seconds}{point}{_number(rest[len(point) :], turn)}"


def _number(value: str, turn: int) -> str:
    """Draw as many digits. The first one stays, so that no number becomes zero and magnitudes stay similar."""
    if not value:
        return ""
    size = 10 ** (len(value) - 1)
    return value[0] + f"{_digest(value, turn) % size:0{len(value) - 1}}" if size > 1 else value


def _hex(value: str, turn: int) -> str:
    drawn = f"{_digest(value, turn):032x}"[1 - len(value) :]
    return value[0] + (drawn.upper() if value.isupper() else drawn)


def _guid(value: str, turn: int) -> str:
    drawn = f"{_digest(value, turn):032x}"
    text = "-".join((drawn[:8], drawn[8:12], drawn[12:16], drawn[16:20], drawn[20:]))
    return text.upper() if value.isupper() else text


def _port(value: str, turn: int) -> str:
    first, count = _DYNAMIC if int(value) >= ports.FIRST_EPHEMERAL else _REGISTERED
    return str(first + _digest(value, turn) % count)


def _token(value: str, turn: int) -> str:
    """Draw a digit for each digit and a letter for each letter after the first character."""
    drawn = blake2b(f"{turn}:{value}".encode()).digest()
    return value[0] + "".join(_same_class(c, drawn[i % 64]) for i, c in enumerate(value[1:]))


def _same_class(character: str, drawn: int) -> str:
    if character.isdigit():
        return str(drawn % 10)
    if character.isupper():
        return _LETTERS[drawn % 26].upper()
    return _LETTERS[drawn % 26] if character.islower() else character
