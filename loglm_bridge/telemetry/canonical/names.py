"""Raw field names to canonical names: which rule holds for a field of a family's event."""

from __future__ import annotations

from functools import lru_cache

from loglm_bridge.telemetry.canonical.tables import cloud, common, endpoint, network, windows, windows_kinds
from loglm_bridge.telemetry.canonical.tables.rule import Rule

_MAX_NAME = 80
_FAMILIES = {
    "windows": windows.FIELDS,
    "flow": network.FLOW,
    "zeek": network.ZEEK,
    "web": network.WEB,
    **cloud.FAMILIES,
}


@lru_cache(maxsize=65_536)
def resolve(family: str, kind: str, name: str) -> Rule:
    """Return (canonical name, value kind) of a raw field name; None: the field is identity or noise.

    The most specific table that knows the name decides: the event's kind, the product, the family, then the name's
    last parts in any log. Unknown names keep their own lower-case spelling and their values' shape.
    """
    folded = name.strip().lower()
    source = kind.partition(":")[0]
    if family == "endpoint":
        for prefix in endpoint.PREFIXES:
            folded = folded.removeprefix(prefix)
        tables = (endpoint.BY_KIND.get(kind), endpoint.PRODUCTS.get(source))
    elif family == "windows":
        folded = folded.replace(" ", "")
        tables = (windows_kinds.BY_KIND.get(kind), windows.FIELDS)
    else:
        tables = (_FAMILIES.get(family), None)
    for table in tables:
        if table is not None and folded in table:
            return table[folded]
    return _general(folded)


def _general(folded: str) -> Rule:
    last = folded.rpartition(".")[2]
    above = folded.rpartition(".")[0].rpartition(".")[2]
    for part in (f"{above}.{last}", last):
        key = common.squash(part)
        if key in common.FIELDS:
            return common.FIELDS[key]
    if key.endswith(common.NOISE_ENDINGS) and not key.endswith(common.KEPT_ENDINGS):
        return None
    if last == "name" and common.squash(above) in common.PEOPLE:
        return None
    if key.endswith(common.ACCOUNT_ENDINGS):
        return _spelt(folded), "account"
    return _spelt(folded), "identifier" if key.endswith("id") else "guess"


def _spelt(folded: str) -> str:
    """Return an unknown name's canonical spelling: its last two parts, separators as underscores."""
    parts = [part for part in folded.split(".") if part][-2:]
    text = "_".join(parts).replace(" ", "_").replace("-", "_")
    kept = "".join(c if c.isalnum() or c in "_:/@#" else "_" for c in text[:_MAX_NAME])
    return kept.strip("_") or "field"
