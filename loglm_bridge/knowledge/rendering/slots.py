"""Slots in example events: `{user}`, `{ip}`, `{hex:32}`, `{int:1-500}`, `{one|two}`.

A slot has one value in an event, wherever it stands; `{user2}`, `{user3}` are others. `{{` and `}}` are braces.
Braces that hold no known slot (code, GUIDs, JSON) stay as they are.
"""

from __future__ import annotations

import base64
import random
import re
import uuid
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from loglm_bridge.knowledge.rendering import pools

_SLOT = re.compile(r"\{\{|\}\}|\{([a-zA-Z_]+?)(\d?)(?::([^{}]*))?\}|\{([^{}|]*+(?:\|[^{}|]*+)++)\}")

#: The years in which rendered events happen.
_FIRST = datetime(2024, 1, 1, tzinfo=UTC)
_DAYS = 1_000


class Slots:
    """Fills slots with drawn values. One object an event: equal slots get equal values."""

    def __init__(self, rng: random.Random) -> None:
        self._rng = rng
        self._values: dict[str, str] = {}
        self.time = _FIRST + timedelta(seconds=rng.randrange(_DAYS * 86_400), microseconds=rng.randrange(10**6))
        self.company = rng.choice(pools.COMPANIES)

    def fill(self, text: str) -> str:
        """Return the text with every slot replaced."""
        return _SLOT.sub(self._replace, text)

    def _replace(self, match: re.Match[str]) -> str:
        whole = match[0]
        if whole in ("{{", "}}"):
            return whole[0]
        draw = SLOTS.get(match[1] or "")
        if draw is None and "|" in whole:  # `{cisco:asa|cisco:ftd}` begins like a slot
            return self._of(whole, lambda: self._rng.choice(whole[1:-1].split("|")))
        return whole if draw is None else self._of(whole, lambda: draw(self, match[3] or ""))

    def _of(self, key: str, draw: Callable[[], str]) -> str:
        value = self._values.get(key)
        if value is None:
            value = draw()
            # a numbered slot is somebody else
            while value in self._values.values() and key[-2:-1].isdigit() and ":" not in key:
                value = draw()
            self._values[key] = value
        return value

    def choice(self, options: tuple[str, ...] | list[str]) -> str:
        """Draw one of some texts."""
        return self._rng.choice(options)

    def number(self, low: int, high: int) -> int:
        """Draw a whole number, both ends included."""
        return self._rng.randint(low, high)

    def letters(self, alphabet: str, count: int) -> str:
        """Draw `count` characters."""
        return "".join(self._rng.choices(alphabet, k=count))

    def bytes(self, count: int) -> bytes:
        """Draw `count` bytes."""
        return self._rng.randbytes(count)


def unknown_slots(text: str) -> list[str]:
    """Return the names in braces that look like slots and are none."""
    return [m[1] for m in _SLOT.finditer(text) if m[1] and m[1] not in SLOTS and "|" not in m[0]]


def fill(value: Any, slots: Slots) -> Any:
    """Return a value with the slots of all its texts filled; mappings and lists are walked, keys too."""
    if isinstance(value, str):
        return slots.fill(value)
    if isinstance(value, Mapping):
        return {slots.fill(str(key)): fill(one, slots) for key, one in value.items()}
    if isinstance(value, list):
        return [fill(one, slots) for one in value]
    return value


def _person(s: Slots, _: str) -> str:
    return f"{s.choice(pools.GIVEN)}.{s.choice(pools.FAMILY)}"


def _sized(alphabet: str) -> Callable[[Slots, str], str]:
    return lambda s, size: s.letters(alphabet, int(size or 16))


def _whole(s: Slots, bounds: str) -> str:
    low, _, high = bounds.partition("-")
    return str(s.number(int(low or 1), int(high or low or 1000)))


def _address(patterns: tuple[str, ...]) -> Callable[[Slots, str], str]:
    return lambda s, _: s.choice(patterns).format(a=s.number(1, 250), b=s.number(0, 250), c=s.number(2, 250))


def _at(pattern: str) -> Callable[[Slots, str], str]:
    return lambda s, _: s.time.strftime(pattern)


def _browser(s: Slots, _: str) -> str:
    return s.choice(pools.BROWSERS).format(v=s.number(110, 132))


def _email(s: Slots, domain: str) -> str:
    return f"{_person(s, '')}@{domain or s.company + '.example'}"


def _uuid(s: Slots, _: str) -> str:
    return str(uuid.UUID(bytes=s.bytes(16), version=4))


def _odd_domain(s: Slots, _: str) -> str:
    return f"{s.choice(pools.WORDS)}-{s.choice(pools.WORDS)}{s.number(1, 99)}.{s.choice(pools.ODD_TOP_LEVEL)}"


_LOWER, _UPPER, _DIGITS = "abcdefghijklmnopqrstuvwxyz", "ABCDEFGHIJKLMNOPQRSTUVWXYZ", "0123456789"

#: Slot -> how it is drawn, from the text behind the colon.
SLOTS: Mapping[str, Callable[[Slots, str], str]] = {
    # people and accounts
    "user": _person,
    "admin": lambda s, _: f"{s.choice(pools.ADMINS)}{s.number(1, 9)}",
    "service": lambda s, _: f"svc-{s.choice(pools.SERVICES)}",
    "email": _email,
    "outsider": lambda s, _: (
        f"{_person(s, '')}{s.number(1, 99)}@{s.choice(['gmail.com', 'outlook.com', 'proton.me', 'yahoo.com'])}"
    ),
    "sid": lambda s, _: "-".join(
        ("S-1-5-21", *(str(s.number(10**8, 4 * 10**9)) for _ in "123"), str(s.number(1104, 9999)))
    ),
    # machines and networks
    "host": lambda s, _: f"{s.choice(pools.HOSTS)}{s.number(1, 40):02d}",
    "workstation": lambda s, _: f"WS-{s.choice(pools.SITES).upper()}-{s.number(1, 999):03d}",
    "server": lambda s, _: f"SRV-{s.choice(pools.HOSTS).upper()}{s.number(1, 30):02d}",
    "dc": lambda s, _: f"DC{s.number(1, 4):02d}",
    "company": lambda s, _: s.company,
    "domain": lambda s, _: f"{s.company}.example",
    "netbios": lambda s, _: s.company.upper()[:15],
    "ip": _address(pools.INSIDE),
    "pubip": _address(pools.OUTSIDE),
    "mac": lambda s, _: ":".join(f"{s.number(0, 255):02x}" for _ in range(6)),
    "port": lambda s, _: str(s.number(49_152, 65_535)),
    "site": lambda s, _: s.choice(pools.SITES),
    "country": lambda s, _: s.choice(pools.COUNTRIES),
    "farcountry": lambda s, _: s.choice(pools.REMOTE_COUNTRIES),
    "odddomain": _odd_domain,
    "plaindomain": lambda s, _: f"{s.choice(pools.WORDS)}{s.choice(pools.WORDS)}.{s.choice(pools.TOP_LEVEL)}",
    "browser": _browser,
    "client": lambda s, _: s.choice(pools.CLIENTS),
    "cloudclient": lambda s, _: s.choice(pools.CLOUD_CLIENTS),
    # clouds
    "account": lambda s, _: s.letters("123456789", 12),
    "region": lambda s, _: s.choice(pools.REGIONS),
    # names and files
    "word": lambda s, _: s.choice(pools.WORDS),
    "doc": lambda s, _: f"{s.choice(pools.DOCUMENTS)}_{s.number(1, 999)}",
    # numbers and ids
    "int": _whole,
    "pid": lambda s, _: str(4 * s.number(200, 4_000)),
    "digits": _sized(_DIGITS),
    "lower": _sized(_LOWER),
    "alnum": _sized(_LOWER + _DIGITS),
    "ALNUM": _sized(_UPPER + _DIGITS),
    "hex": _sized("0123456789abcdef"),
    "HEX": _sized("0123456789ABCDEF"),
    "base": lambda s, size: base64.b64encode(s.bytes(int(size or 24) * 3 // 4)).decode("ascii"),
    "guid": lambda s, _: "{" + _uuid(s, "") + "}",
    "uuid": _uuid,
    # times of the event
    "iso": lambda s, _: s.time.strftime("%Y-%m-%dT%H:%M:%S.") + f"{s.time.microsecond // 1000:03d}Z",
    "isoseconds": _at("%Y-%m-%dT%H:%M:%SZ"),
    "systemtime": lambda s, _: s.time.strftime("%Y-%m-%dT%H:%M:%S.%f") + "0Z",
    "datetime": _at("%Y-%m-%d %H:%M:%S"),
    "date": _at("%Y-%m-%d"),
    "clock": _at("%H:%M:%S"),
    "syslogtime": lambda s, _: s.time.strftime("%b ") + f"{s.time.day:2d}" + s.time.strftime(" %H:%M:%S"),
    "apachetime": _at("%d/%b/%Y:%H:%M:%S +0000"),
    "ustime": _at("%m/%d/%Y %I:%M:%S %p"),
    "epoch": lambda s, _: str(int(s.time.timestamp())),
    "epochms": lambda s, _: str(int(s.time.timestamp() * 1000)),
}
