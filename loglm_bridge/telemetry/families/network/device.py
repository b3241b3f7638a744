"""Security and network devices: records of the CEF, LEEF, key=value and CSV lines of vendors."""

from __future__ import annotations

import re
from collections.abc import Sequence

from loglm_bridge.telemetry.families.network import flow
from loglm_bridge.telemetry.record import Field, Record

#: Event names under which a device reports a connection rather than a detection.
_CONNECTION_EVENT = re.compile(
    r"traffic|session|connection|flow|forward|accept|allow|permit|den(?:y|ied)|drop|close|teardown"
)
_NON_WORD = re.compile(r"[^a-z0-9]+")
_BLANK_VALUES = frozenset({"", "-", "N/A"})


def slug(text: str) -> str:
    """Return a vendor's or product's name as a short lower-case word: "Palo Alto Networks" -> "palo_alto_networks"."""
    return _NON_WORD.sub("_", text[:40].lower()).strip("_")


def record(format_name: str, fields: Sequence[Field], kind: str = "") -> Record:
    """Return the record of a device's fields: family `flow` where they count traffic, else `device`.

    `kind` defaults to vendor and product.
    """
    if _is_connection(fields):
        return Record(format_name, "flow", flow.kind_of(fields), flow.normalise(fields))
    if not kind:
        values = dict(fields[:4])
        kind = "_".join(part for part in (slug(values.get("vendor", "")), slug(values.get("product", ""))) if part)
    return Record(format_name, "device", kind, tuple(field for field in fields if field[1] not in _BLANK_VALUES))


def _is_connection(fields: Sequence[Field]) -> bool:
    """Distinguish a connection from a detection, which may count bytes too but is named after an attack."""
    name = next((value for name, value in fields if name == "signature"), "")
    if name and not _CONNECTION_EVENT.search(name[:200].lower()):
        return False
    return flow.is_flow([field for field in fields if field[0] != "signature"])
