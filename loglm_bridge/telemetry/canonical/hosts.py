"""The event's own host: its name becomes {host} wherever it occurs in other values."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from loglm_bridge.contract.event import Event
from loglm_bridge.telemetry.canonical import tokens
from loglm_bridge.telemetry.canonical.network import addresses
from loglm_bridge.telemetry.record import Record

_HEAD = 24
_NAMES = frozenset(
    {
        "Computer", "computer", "Hostname", "HostName", "hostname", "ComputerName", "computer_name", "DeviceName",
        "devicename", "host.name", "host.hostname", "host", "agent.hostname", "MachineName", "winlog.computer_name",
        "properties.DeviceName", "device_name", "dvchost", "node",
    }
)  # fmt: skip
#: Names that are words of every log: replacing them would take behaviour out.
_WORDS = frozenset(
    {
        "localhost", "windows", "system", "system32", "users", "program", "microsoft", "server", "admin", "security",
        "administrator", "local", "unknown", "domain", "process", "default", "public", "powershell", "internal",
    }
)  # fmt: skip
#: Families of JSON logs that a machine writes about itself.
_MACHINES = frozenset({"windows", "endpoint", "macos", "linux", "json", "app", "web", "system", "zeek"})
_MIN_WORD = 5


def hosts(record: Record, event: Event | None) -> tuple[str, ...]:
    """Return the names, lower case and longest first, under which the record's own host may occur in it."""
    said = tuple(record.fields[i][1] for i in places([name for name, _ in record.fields]))
    host = event.host if event is not None and not is_service(record.format, record.family) else ""
    return spelt((*said, host))


def places(names: Sequence[str]) -> tuple[int, ...]:
    """Return the places of the fields that name the record's own host."""
    return tuple(i for i, name in enumerate(names[:_HEAD]) if name in _NAMES)


@lru_cache(maxsize=16_384)
def spelt(said: tuple[str, ...]) -> tuple[str, ...]:
    """Return the names, lower case and longest first, that a host's names may be written as."""
    return tuple(dict.fromkeys(name for value in said if value for name in _spellings(value[:300])))


def is_service(written: str, family: str) -> bool:
    """Tell a cloud service's log, whose `host` is the collector's or the service's name, from a machine's."""
    return written == "json" and family not in _MACHINES


def without(value: str, names: tuple[str, ...]) -> str:
    """Return a canonical value with the names replaced where they stand as words of their own."""
    for name in names:
        if name in value:
            value = _pattern(name).sub(tokens.HOST, value)
    return value


@lru_cache(maxsize=4_096)
def _spellings(value: str) -> tuple[str, ...]:
    name = value.strip().lower()
    if len(name) > 255 or addresses.is_ip(name):
        return ()
    return tuple(part for part in (name, name.partition(".")[0]) if _tells(part))


def _tells(name: str) -> bool:
    """Tell a host's name from an ordinary word: digits, dots and hyphens, or length."""
    if name in _WORDS or name.isdigit() or len(name) < 3 or "{" in name:
        return False
    return len(name) >= _MIN_WORD or not name.isalpha()


@lru_cache(maxsize=4_096)
def _pattern(name: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![a-z0-9_{{-]){re.escape(name)}(?![a-z0-9_}}-])")
