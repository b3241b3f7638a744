"""The event's own host: its name becomes {host} wherever it occurs in other values."""

from __future__ import annotations

import re
from collections.abc import Sequence

from loglm_bridge.contract.event import Event
from loglm_bridge.telemetry.byte_cache import remembered
from loglm_bridge.telemetry.canonical import placeholders
from loglm_bridge.telemetry.canonical.network import addresses
from loglm_bridge.telemetry.record import Record

#: Leading fields of a record among which its host is looked for.
_MAX_FIELDS = 24
_HOST_FIELDS = frozenset(
    {
        "Computer", "computer", "Hostname", "HostName", "hostname", "ComputerName", "computer_name", "DeviceName",
        "devicename", "host.name", "host.hostname", "host", "agent.hostname", "MachineName", "winlog.computer_name",
        "properties.DeviceName", "device_name", "dvchost", "node",
    }
)  # fmt: skip
#: Names that are ordinary words of logs: masking them would remove behaviour.
_COMMON_WORDS = frozenset(
    {
        "localhost", "windows", "system", "system32", "users", "program", "microsoft", "server", "admin", "security",
        "administrator", "local", "unknown", "domain", "process", "default", "public", "powershell", "internal",
    }
)  # fmt: skip
#: Families of JSON logs that a machine writes about itself.
_MACHINE_FAMILIES = frozenset({"windows", "endpoint", "macos", "linux", "json", "app", "web", "system", "zeek"})
#: Characters of a name that are read; one of more than 255 is none.
MAX_NAME = 300
#: Letters below which a name without digits, dots or hyphens is taken for a word.
_MIN_LETTERS = 5


def host_names(record: Record, event: Event | None) -> tuple[str, ...]:
    """Return the names, lower case and longest first, under which the record's own host may occur in its values."""
    logged = tuple(record.fields[i][1][:MAX_NAME] for i in host_field_indices([name for name, _ in record.fields]))
    hint = event.host[:MAX_NAME] if event is not None and not is_service_log(record.format, record.family) else ""
    return spellings((*logged, hint))


def host_field_indices(names: Sequence[str]) -> tuple[int, ...]:
    """Return the indices of the fields that hold the name of the record's own host."""
    return tuple(i for i, name in enumerate(names[:_MAX_FIELDS]) if name in _HOST_FIELDS)


@remembered(3)
def spellings(names: tuple[str, ...]) -> tuple[str, ...]:
    """Return the lower-case spellings of host names: each in full, then without its domain; no repeats."""
    return tuple(dict.fromkeys(spelling for name in names if name for spelling in _spellings_of(name[:MAX_NAME])))


def is_service_log(format_name: str, family: str) -> bool:
    """Distinguish a cloud service's log, whose `host` names the collector or the service, from a machine's own log."""
    return format_name == "json" and family not in _MACHINE_FAMILIES


def mask_host(value: str, names: tuple[str, ...]) -> str:
    """Return a canonical value with the names replaced by {host} where they stand as whole words."""
    for name in names:
        if name in value:
            value = _pattern(name).sub(placeholders.HOST, value)
    return value


@remembered(1)
def _spellings_of(value: str) -> tuple[str, ...]:
    name = value.strip().lower()
    if len(name) > 255 or addresses.is_ip(name):
        return ()
    return tuple(part for part in (name, name.partition(".")[0]) if _is_distinctive(part))


def _is_distinctive(name: str) -> bool:
    """Distinguish a host's name from an ordinary word: by digits, dots and hyphens, or by length."""
    if name in _COMMON_WORDS or name.isdigit() or len(name) < 3 or "{" in name:
        return False
    return len(name) >= _MIN_LETTERS or not name.isalpha()


@remembered(1)
def _pattern(name: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![a-z0-9_{{-]){re.escape(name)}(?![a-z0-9_}}-])")
