"""Values drawn anew: times, ids, ports, record numbers, process ids and GUIDs of a raw text, whatever its format.

On another day the same thing happens with other values. What an event is stays as it is: a value keeps its form
(digits, letters, the class of a port), and one value becomes the same other value wherever it stands in a turn, so that
what belongs together stays together.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from hashlib import blake2b

from loglm_bridge.telemetry.canonical import placeholders
from loglm_bridge.telemetry.canonical.host import guids
from loglm_bridge.telemetry.canonical.network import ports

#: Seconds between two turns: prime to the seconds of a day and of a month, so that a time of day comes back after
#: 86,400 turns only, and a time after 2,592,000.
TURN_SECONDS = 67
_DAY, _MONTH = 86_400, 2_592_000

_HEX = "[0-9a-fA-F]"

#: What may be drawn anew; for the groups in _NAMED the text before decides.
_CANDIDATE = re.compile(
    rf"""(?:\b|(?<=\dT))(?:
    (?P<guid>{_HEX}{{8}}-{_HEX}{{4}}-{_HEX}{{4}}-{_HEX}{{4}}-{_HEX}{{12}})\b
    | (?P<clock>(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:[.,]\d{{1,9}})?)(?![\d:])
    | (?<!\.)(?P<epoch>1[1-9]\d{{8}}(?:\.\d{{1,9}}|\d{{3}}|\d{{6}})?)(?!\d)
    | 0x(?P<hex>{_HEX}{{3,16}})\b
    | (?P<number>\d{{2,12}})(?![\w.])
    | (?P<uid>[CF](?=[A-Za-z]{{0,17}}\d)[A-Za-z0-9]{{8,18}})(?=["\t])
    | (?P<token>[A-Za-z0-9+/=]{{12,2000}})(?=")
    )""",
    re.VERBOSE,
)

#: What stands between a name and its value, and how much of the text before a value is looked at.
_SEPARATORS, _BEFORE = "\\\"' \t:=>", 48

#: Ends of the names (lower case, without blanks and underscores) of ids, ports and opaque texts.
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

#: Where drawn ports lie: stretches of the dynamic and of the registered ports without a port that names a service.
_DYNAMIC, _REGISTERED = (61_000, 4_500), (38_000, 3_600)

_LETTERS = "abcdefghijklmnopqrstuvwxyz"


class Template:
    """A raw text with the places of what is drawn anew."""

    __slots__ = ("_end", "_slots")

    def __init__(self, raw: str) -> None:
        self._slots: list[tuple[str, Callable[[str, int], str], str]] = []
        start = 0
        for found in _CANDIDATE.finditer(raw):
            group = found.lastgroup or ""
            first, end = found.span(group)
            draw = _how(group, found[group], raw[max(0, found.start() - _BEFORE) : found.start()], raw[end : end + 1])
            if draw:
                self._slots.append((raw[start:first], draw, found[group]))
                start = end
        self._end = raw[start:]

    def text(self, turn: int) -> str:
        """Return the text as it is in a turn."""
        pieces = [piece for before, draw, value in self._slots for piece in (before, draw(value, turn))]
        return "".join(pieces) + self._end


def _how(group: str, value: str, before: str, after: str) -> Callable[[str, int], str] | None:
    """Return how the value is drawn anew, None where it says what the event is."""
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
        return _port if _drawable(int(value)) else None
    if group == "number" and ((after == "]" and _AFTER_PROGRAM.search(before)) or _AFTER_AUDIT.search(before)):
        return _number
    return None


def _known(guid: str) -> bool:
    """Whether the GUID names a behaviour."""
    found = re.match(".*", guid)
    return found is not None and guids.guid(found) != placeholders.GUID


def _drawable(number: int) -> bool:
    return 10_000 <= number <= ports.LAST and number not in ports.SERVICE_PORTS


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
    """Draw as many digits; the first one stays, so that none becomes zero and sizes stay alike."""
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
    first, count = _DYNAMIC if int(value) >= ports.EPHEMERAL else _REGISTERED
    return str(first + _digest(value, turn) % count)


def _token(value: str, turn: int) -> str:
    """Draw a digit for each digit and a letter for each letter behind the first one."""
    drawn = blake2b(f"{turn}:{value}".encode()).digest()
    return value[0] + "".join(_alike(c, drawn[i % 64]) for i, c in enumerate(value[1:]))


def _alike(character: str, drawn: int) -> str:
    if character.isdigit():
        return str(drawn % 10)
    if character.isupper():
        return _LETTERS[drawn % 26].upper()
    return _LETTERS[drawn % 26] if character.islower() else character
