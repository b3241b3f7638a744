"""Raw field names to canonical names: which mapping applies to a field of a family's event."""

from __future__ import annotations

from loglm_bridge.telemetry.byte_cache import remembered
from loglm_bridge.telemetry.canonical.tables import cloud, common, endpoint, network, windows, windows_kinds
from loglm_bridge.telemetry.canonical.tables.field_mapping import FieldMapping

_MAX_NAME = 80
_FAMILIES = {
    "windows": windows.FIELDS,
    "flow": network.FLOW,
    "zeek": network.ZEEK,
    "web": network.WEB,
    **cloud.FAMILIES,
}


@remembered(5)
def resolve(family: str, kind: str, name: str) -> FieldMapping:
    """Return (canonical name, value type) of a raw field name; None: the field is identity or noise.

    The most specific table that has the name decides: the event's kind, the product, the family, then the last parts
    of the name in any log. Unknown names keep their own spelling in lower case, their values are typed by their form.
    """
    folded = name.strip().lower()
    product = kind.partition(":")[0]
    if family == "endpoint":
        for prefix in endpoint.PREFIXES:
            folded = folded.removeprefix(prefix)
        tables = (endpoint.BY_KIND.get(kind), endpoint.PRODUCTS.get(product))
    elif family == "windows":
        folded = folded.replace(" ", "")
        tables = (windows_kinds.BY_KIND.get(kind), windows.FIELDS)
    else:
        tables = (_FAMILIES.get(family), None)
    for table in tables:
        if table is not None and folded in table:
            return table[folded]
    return _by_last_parts(folded)


def _by_last_parts(folded: str) -> FieldMapping:
    """Return the mapping that the last parts of a dotted name have in any log."""
    last = folded.rpartition(".")[2]
    parent = folded.rpartition(".")[0].rpartition(".")[2]
    for part in (f"{parent}.{last}", last):
        key = common.squash(part)
        if key in common.FIELDS:
            return common.FIELDS[key]
    if key.endswith(common.NOISE_ENDINGS) and not key.endswith(common.NOISE_ENDING_EXCEPTIONS):
        return None
    if last == "name" and common.squash(parent) in common.NAME_OWNERS:
        return None
    if key.endswith(common.ACCOUNT_ENDINGS):
        return _own_name(folded), "account"
    return _own_name(folded), "identifier" if key.endswith("id") else "guess"


def _own_name(folded: str) -> str:
    """Return the canonical spelling of an unknown name: its last two parts, separators as underscores."""
    parts = [part for part in folded.split(".") if part][-2:]
    text = "_".join(parts).replace(" ", "_").replace("-", "_")
    spelled = "".join(c if c.isalnum() or c in "_:/@#" else "_" for c in text[:_MAX_NAME])
    return spelled.strip("_") or "field"
