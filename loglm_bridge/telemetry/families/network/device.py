"""Security and network devices: one record shape for what CEF, LEEF, key=value and CSV lines of vendors say."""

from __future__ import annotations

import re
from collections.abc import Sequence

from loglm_bridge.telemetry.families.network import flow
from loglm_bridge.telemetry.record import Field, Record

#: Event names under which a device reports a connection, not a finding about one.
_SESSION = re.compile(r"traffic|session|connection|flow|forward|accept|allow|permit|den(?:y|ied)|drop|close|teardown")
_WORD = re.compile(r"[^a-z0-9]+")


def slug(text: str) -> str:
    """Return a short lower-case word of a vendor's or product's name: "Palo Alto Networks" -> "palo_alto_networks"."""
    return _WORD.sub("_", text[:40].lower()).strip("_")


def record(written: str, fields: Sequence[Field], kind: str = "") -> Record:
    """Return the record of a device's fields: a flow where they count traffic, else family `device`.

    `written` is the format's name; `kind` defaults to vendor and product.
    """
    if _is_session(fields):
        return Record(written, "flow", flow.kind_of(fields), flow.normalise(fields))
    if not kind:
        values = dict(fields[:4])
        kind = "_".join(part for part in (slug(values.get("vendor", "")), slug(values.get("product", ""))) if part)
    return Record(written, "device", kind, tuple(f for f in fields if f[1] not in ("", "-", "N/A")))


def _is_session(fields: Sequence[Field]) -> bool:
    """Tell a connection's record; a finding (an attack's name in the header) stays one even where it counts bytes."""
    name = next((v for n, v in fields if n == "signature"), "")
    if name and not _SESSION.search(name[:200].lower()):
        return False
    return flow.is_flow([f for f in fields if f[0] != "signature"])
