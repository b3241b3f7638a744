"""Network flows of any exporter to one schema: flowprep's names, duration in seconds, protocol by name."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence, Set
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple, Optional

from loglm_bridge.telemetry.canonical.numbers import number
from loglm_bridge.telemetry.families.network.flow_aliases import (
    ALIASES,
    DIRECTIONS,
    ENDS,
    PROTOCOLS,
    STARTS,
    STATES,
    TELLING,
    UNITS,
)
from loglm_bridge.telemetry.record import Field
from loglm_bridge.telemetry.scanning.timestamps import epoch_seconds

#: Order of the fields of a flow: who, what, how it ended, how much.
ORDER = (
    "src_ip", "src_port", "dest_ip", "dest_port", "protocol", "service", "action", "state", "history", "tcp_flags",
    "direction", "flow_dur", "fwd_bytes", "bwd_bytes", "fwd_pkts", "bwd_pkts", "app", "rule",
)  # fmt: skip
_VOLUME = frozenset({"fwd_bytes", "bwd_bytes", "fwd_pkts", "bwd_pkts"})
#: Values that say nothing.
NOTHING = frozenset({"", "-", "(empty)", "null", "None", "N/A", "nan"})


def classify(fields: Mapping[str, str]) -> Optional[tuple[str, str]]:
    """Return ("flow", protocol or "") where the fields count a connection's traffic, else None."""
    items = tuple(fields.items())
    return ("flow", kind_of(items)) if is_flow(items) else None


class Roles(NamedTuple):
    """What fields of some names can tell of a flow, as (place, lower-case name, meaning): their `meanings`, its first
    and last moments; `telling` are the places of fields that say more than a flow does, `places` those of all."""

    places: tuple[int, ...]
    telling: tuple[int, ...]
    meanings: tuple[tuple[int, str, str], ...]
    starts: tuple[tuple[int, str], ...]
    ends: tuple[tuple[int, str], ...]

    @property
    def may_be_flow(self) -> bool:
        """Whether such fields can be a flow at all, whatever their values."""
        return _name_a_flow({meaning for _, _, meaning in self.meanings})


@lru_cache(maxsize=8_192)
def roles(names: tuple[str, ...]) -> Roles:
    """Return what fields of these names can tell of a flow."""
    lower = [name.lower() for name in names]
    return Roles(
        tuple(i for i, name in enumerate(lower) if name in TELLING or name in ALIASES),
        tuple(i for i, name in enumerate(lower) if name in TELLING),
        tuple((i, name, ALIASES[name]) for i, name in enumerate(lower) if name in ALIASES),
        tuple((i, name) for i, name in enumerate(lower) if name in STARTS),
        tuple((i, name) for i, name in enumerate(lower) if name in ENDS),
    )


def tells_a_flow(told: Roles, values: Sequence[str]) -> bool:
    """Tell whether values name two addresses, count bytes or packets between them, and tell nothing beyond that."""
    if any(values[i] not in NOTHING for i in told.telling):
        return False
    return _name_a_flow({meaning for i, _, meaning in told.meanings if values[i] not in NOTHING})


def is_flow(fields: Sequence[Field]) -> bool:
    """Tell whether fields are a flow's: see `tells_a_flow`."""
    return tells_a_flow(*_columns(fields))


def kind_of(fields: Sequence[Field]) -> str:
    """Return the flow's protocol (tcp, udp, icmp, ...), empty where it is not known."""
    return protocol_of(*_columns(fields))


def protocol_of(told: Roles, values: Sequence[str]) -> str:
    """Return the flow's protocol (tcp, udp, icmp, ...), empty where it is not known."""
    said = (values[i] for i, _, meaning in told.meanings if meaning == "protocol")
    return next((protocol(value) for value in said if value not in NOTHING), "")


def _name_a_flow(meanings: Set[str]) -> bool:
    return "src_ip" in meanings and "dest_ip" in meanings and not _VOLUME.isdisjoint(meanings)


def _columns(fields: Sequence[Field]) -> tuple[Roles, Sequence[str]]:
    return roles(tuple([name for name, _ in fields])), [value for _, value in fields]


def protocol(value: str) -> str:
    """Return a protocol's name: "6" -> tcp (IANA protocol numbers), "TCP" -> tcp; a long unknown text -> ""."""
    text = value.strip().lower()
    if text.isdigit():
        return PROTOCOLS.get(text, "proto" + text if len(text) <= 3 else "")
    text = {"ipv6-icmp": "icmp", "icmp6": "icmp", "icmpv6": "icmp", "ipv6icmp": "icmp"}.get(text, text)
    return text if len(text) <= 12 and text.replace("-", "").isalnum() else ""


def normalise(fields: Sequence[Field]) -> tuple[Field, ...]:
    """Return a flow's fields under flowprep's names, in one order, whoever exported it: see `schema`."""
    found = schema(*_columns(fields))
    return tuple([(name, found[name]) for name in ORDER if found.get(name)])


def schema(told: Roles, values: Sequence[str]) -> dict[str, str]:
    """Return a flow's values by flowprep's names, some of them perhaps empty.

    Durations become seconds, from milli-, micro- and nanosecond fields or from start and end; of several fields of one
    meaning the first with a value counts. Other fields are left out: they are identity or the exporter's affairs.
    """
    found: dict[str, str] = {}
    for i, name, meaning in told.meanings:
        value = values[i]
        if value not in NOTHING and meaning not in found:
            found[meaning] = _seconds(value, name) if meaning == "flow_dur" else value
    if "flow_dur" not in found and told.starts and told.ends:
        start, end = _first_moment(told.starts, values), _first_moment(told.ends, values)
        if start is not None and end is not None and end >= start:
            found["flow_dur"] = format(end - start, ".6f").rstrip("0").rstrip(".")
    for name, convert in _ANEW.items():
        if name in found:
            found[name] = convert(found[name])
    return found


@dataclass(frozen=True)
class Duration:
    """Reads the values of a field of this name (lower case) as seconds."""

    name: str

    @property
    def scaled(self) -> bool:
        """Whether its numbers are in another unit."""
        return self.name in UNITS

    def __call__(self, value: str) -> str:
        """Return a value in seconds, as text."""
        return _seconds(value, self.name)


class Plan(NamedTuple):
    """How the flows of some names are read of which the same fields are blank: `schema` without looking for them.

    `names` are the schema's, `places` where their values stand; `changed` are those of them that are written anew.
    """

    names: tuple[str, ...]
    places: tuple[int, ...]
    changed: tuple[tuple[int, Callable[[str], str]], ...]

    def read(self, values: Sequence[str]) -> Optional[list[str]]:
        """Return the values of `names`, None where one of them says nothing after all."""
        found = [values[place] for place in self.places]
        for i, convert in self.changed:
            found[i] = convert(found[i])
        return None if "" in found else found


def blanks(told: Roles, values: Sequence[str]) -> tuple[int, ...]:
    """Return the places of fields that could tell something and do not."""
    return tuple([i for i in told.places if values[i] in NOTHING])


def plan(told: Roles, blank: Collection[int]) -> Optional[Plan]:
    """Return how such flows are read, None where they are none, or their duration lies between two moments."""
    first: dict[str, tuple[int, str]] = {}
    for i, name, meaning in told.meanings:
        if i not in blank:
            first.setdefault(meaning, (i, name))
    if not _name_a_flow(first.keys()) or any(i not in blank for i in told.telling):
        return None
    if "flow_dur" not in first and told.starts and told.ends:
        return None
    names = tuple([name for name in ORDER if name in first])
    anew: dict[str, Callable[[str], str]] = dict(_ANEW)
    if "flow_dur" in first:
        anew["flow_dur"] = Duration(first["flow_dur"][1])
    changed = tuple([(i, anew[name]) for i, name in enumerate(names) if name in anew])
    return Plan(names, tuple([first[name][0] for name in names]), changed)


def _first_moment(places: Sequence[tuple[int, str]], values: Sequence[str]) -> float | None:
    moments = (_moment(values[i], name) for i, name in places if values[i] not in NOTHING)
    return next((moment for moment in moments if moment is not None), None)


def _end(value: str) -> str:
    return STATES.get(value.lower(), value.lower() if len(value) <= 24 else "")


def _direction(value: str) -> str:
    return DIRECTIONS.get(value.strip().lower(), "")


#: Fields that are written in one vocabulary, whoever exported them: how a flow ended is established, no_reply,
#: rejected, reset or half_open.
_ANEW: Mapping[str, Callable[[str], str]] = {
    "protocol": protocol,
    "state": _end,
    "action": _end,
    "direction": _direction,
}


def _seconds(value: str, name: str) -> str:
    scale = UNITS.get(name)
    if scale is None:
        return _clock(value)
    amount = number(value)
    return "" if amount is None else format(amount * scale, ".6f").rstrip("0").rstrip(".") or "0"


def _clock(value: str) -> str:
    """Read h:m:s as seconds (Cisco ASA); other values are seconds already."""
    parts = value.split(":")
    if len(parts) != 3 or not all(p.strip().replace(".", "", 1).isdigit() for p in parts):
        return value
    return format(float(parts[0]) * 3600 + float(parts[1]) * 60 + float(parts[2]), "g")


def _moment(value: str, name: str) -> float | None:
    seconds = epoch_seconds(value)
    return None if seconds is None else seconds * UNITS.get(name, 1.0)
