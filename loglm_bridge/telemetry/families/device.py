"""Security and network devices: one record shape for what CEF, LEEF, key=value and CSV lines of vendors say."""

from __future__ import annotations

import re
from collections.abc import Sequence

from loglm_bridge.telemetry.families import flow
from loglm_bridge.telemetry.record import Field, Record

_WORD = re.compile(r"[^a-z0-9]+")


def slug(text: str) -> str:
    """Return a short lower-case word of a vendor's or product's name: "Palo Alto Networks" -> "palo_alto_networks"."""
    return _WORD.sub("_", text[:40].lower()).strip("_")


def record(written: str, fields: Sequence[Field], kind: str = "") -> Record:
    """Return the record of a device's fields: a flow where they count traffic, else family `device`.

    `written` is the format's name; `kind` defaults to vendor and product.
    """
    if flow.is_flow(fields):
        return Record(written, "flow", flow.kind_of(fields), flow.normalise(fields))
    if not kind:
        values = dict(fields[:4])
        kind = "_".join(part for part in (slug(values.get("vendor", "")), slug(values.get("product", ""))) if part)
    return Record(written, "device", kind, tuple(f for f in fields if f[1] not in ("", "-", "N/A")))
