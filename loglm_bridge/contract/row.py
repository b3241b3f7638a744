"""What a notable takes over from the row it was made of: fields, risk objects, a way back to the original event.

Anyone who can write a log line can choose field names and values (Splunk extracts `name=value` by itself), so both are
checked here: names become plain identifiers, names that we or Enterprise Security own are set aside, sizes are bounded.
"""

from __future__ import annotations

import re
from typing import Container, Iterator, Mapping, Sequence

from loglm_bridge.contract.event import Event
from loglm_bridge.contract.safe_text import cut

Row = Mapping[str, Sequence[str]]

#: Fields, values of one field and characters of one value that are taken over.
MAX_FIELDS, MAX_VALUES, MAX_VALUE = 100, 50, 2_000

#: Splunk's own fields that become orig_<name> (SPLUNK.md 3.2).
MAPPED = frozenset({
    "splunk_server", "index", "source", "sourcetype", "host", "linecount", "timestartpos", "timeendpos", "eventtype",
    "tag", "search_name", "event_hash", "event_id",
})  # fmt: skip

#: Fields whose value Enterprise Security computes or that decide how a notable is filed, searched, owned and scored.
RESERVED = frozenset({
    "rule_id", "rule_name", "rule_title", "rule_description", "security_domain", "severity", "urgency", "owner",
    "status", "disposition", "reviewer", "comment", "default_owner", "default_status", "default_disposition",
    "nes_fields", "drilldown_name", "drilldown_search", "drilldown_searches", "drilldown_earliest",
    "drilldown_latest", "drilldown_earliest_offset", "drilldown_latest_offset", "recommended_actions", "next_steps",
    "extract_artifacts", "savedsearch_description", "info_min_time", "info_max_time", "info_search_time", "time",
    "risk_object", "risk_object_type", "risk_score", "risk_message", "threat_object", "threat_object_type",
    "annotations",
})  # fmt: skip

_DROPPED = re.compile(r"_|date_|loglm_|orig_|(punct|sid|rid)\Z")
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_.]{0,99}\Z")
_NOT_IN_NAME = re.compile(r"[^A-Za-z0-9_.]+")
_INDEX = re.compile(r"[a-z0-9_][a-z0-9_-]{0,79}\Z")
_DIGITS = re.compile(r"\d{1,12}\Z", re.ASCII)

#: Where risk objects are looked for: field -> type.
_RISK_FIELDS = {"user": "user", "src_user": "user", "dest": "system", "src": "system"}

#: Values that name nobody.
_NOBODY = frozenset(("", "-", "unknown", "n/a", "null", "none", "(null)"))


def text_of(row: Row, name: str) -> str:
    """Return the first value of a field, empty where the row has none."""
    values = row.get(name)
    return values[0] if values else ""


def carried(row: Row, taken: Container[str]) -> dict[str, tuple[str, ...]]:
    """Return the row's fields that a notable keeps, under the names it keeps them.

    Dropped: names that begin with an underscore, date_*, punct, sid, rid, orig_* and loglm_* (SPLUNK.md 3.2), and
    fields without a value. Renamed to orig_<name>: Splunk's own fields, those of Enterprise Security, those in `taken`.
    """
    out: dict[str, tuple[str, ...]] = {}
    for name, values in row.items():
        if len(out) >= MAX_FIELDS:
            break
        kept = tuple(cut(value, MAX_VALUE) for value in values[:MAX_VALUES] if value)
        if not kept or _DROPPED.match(name):
            continue
        plain = name if _NAME.match(name) else "field_" + _NOT_IN_NAME.sub("_", name)[:90]
        if plain in MAPPED or plain in RESERVED or plain in taken or plain.startswith("annotations."):
            plain = "orig_" + plain
        if plain not in taken:
            out.setdefault(plain, kept)
    return out


def drilldown(event: Event, row: Row) -> dict[str, str]:
    """Return the drilldown to the original event, empty where the row does not say which it is.

    The search holds nothing of the event but its index (only if it is spelt as Splunk spells one) and whole seconds.
    """
    index, indexed = text_of(row, "index"), text_of(row, "_indextime")
    if event.time is None or not _INDEX.match(index):
        return {}
    at = int(event.time)
    return {
        "drilldown_name": "The original event",
        "drilldown_search": f"search index={index}" + (f" _indextime={indexed}" if _DIGITS.match(indexed) else ""),
        "drilldown_earliest_offset": "$info_min_time$",
        "drilldown_latest_offset": "$info_max_time$",
        "info_min_time": f"{at}.000",
        "info_max_time": f"{at + 1}.000",
    }


def risk_objects(event: Event, row: Row, wanted: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Yield (object, type) of each risk object of a row; type is user, system or other (SPLUNK.md 3.4).

    `wanted` names fields as `field` or `field:type`. Without it: user, src_user, dest and src, else the event's host.
    """
    pairs = [item.partition(":") for item in wanted]
    kinds = {name: kind or _RISK_FIELDS.get(name, "other") for name, _, kind in pairs} or _RISK_FIELDS
    found = dict.fromkeys((text_of(row, name), kind) for name, kind in kinds.items())
    named = [(cut(value, MAX_VALUE), kind) for value, kind in found if value.strip().lower() not in _NOBODY]
    if named:
        yield from named
    else:
        yield event.host or "unknown", "system"
