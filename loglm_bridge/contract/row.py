"""What a notable event takes from the row it was created from: fields, risk objects, a drilldown to the original event.

Anyone who can write a log line can choose field names and values (Splunk extracts `name=value` by itself). So both are
checked here: names become plain identifiers, reserved names are renamed, sizes are bounded.
"""

from __future__ import annotations

import re
from typing import Container, Iterator, Mapping, Sequence

from loglm_bridge.contract.event import Event
from loglm_bridge.contract.safe_text import truncate

#: A row: field name -> its values.
Row = Mapping[str, Sequence[str]]

#: Maximum fields, values of one field and characters of one value that are copied.
MAX_FIELDS, MAX_VALUES, MAX_VALUE = 100, 50, 2_000

#: Splunk's own fields that become orig_<name>, as result2stash does (docs/dev/splunk-facts.md).
RENAMED = frozenset({
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

#: Fields that analysts pivot on, and that assets, identities and risk are looked up by.
_PIVOTS = (
    "user", "src", "dest", "src_user", "src_ip", "dest_ip", "src_host", "dest_host", "dvc", "process", "process_name",
    "parent_process", "parent_process_name", "file_name", "file_path", "url", "signature", "action", "app",
)  # fmt: skip

_OMITTED = re.compile(r"_|date_|loglm_|orig_|(punct|sid|rid)\Z")
_NAME = re.compile(r"\A[A-Za-z][A-Za-z0-9_.]{0,99}\Z")
_NOT_IN_NAME = re.compile(r"[^A-Za-z0-9_.]+")
#: The form of an index name in Splunk.
INDEX_NAME = re.compile(r"\A[a-z0-9_][a-z0-9_-]{0,79}\Z")
_DIGITS = re.compile(r"\d{1,12}\Z", re.ASCII)

#: Fields that risk objects are taken from by default -> type of the risk object.
_RISK_FIELDS = {"user": "user", "src_user": "user", "dest": "system", "src": "system"}

#: Values that name no user or system.
_NO_NAME = frozenset(("", "-", "unknown", "n/a", "null", "none", "(null)"))


def first_value(row: Row, name: str) -> str:
    """Return the first value of a field, empty text where the row has none."""
    values = row.get(name)
    return values[0] if values else ""


def copied_fields(row: Row, taken: Container[str]) -> dict[str, tuple[str, ...]]:
    """Return the row's fields that a notable copies, under their names in the notable.

    Those that analysts pivot on come first. Omitted: names that begin with an underscore, date_*, punct, sid, rid,
    orig_* and loglm_* (as result2stash does), and fields without a value. Renamed to orig_<name>: Splunk's own fields,
    those of Enterprise Security, and names in `taken`.
    """
    fields: dict[str, tuple[str, ...]] = {}
    for name, values in {**{name: row[name] for name in _PIVOTS if name in row}, **row}.items():
        if len(fields) >= MAX_FIELDS:
            break
        copied = tuple(truncate(value, MAX_VALUE) for value in values[:MAX_VALUES] if value)
        if not copied or _OMITTED.match(name):
            continue
        new_name = name if _NAME.match(name) else "field_" + _NOT_IN_NAME.sub("_", name)[:90]
        if new_name in RENAMED or new_name in RESERVED or new_name in taken or new_name.startswith("annotations."):
            new_name = "orig_" + new_name
        if new_name not in taken:
            fields.setdefault(new_name, copied)
    return fields


def drilldown(event: Event, row: Row) -> dict[str, str]:
    """Return the drilldown fields that lead to the original event, none where the row does not identify it.

    The search contains nothing of the event but its index (only where it has the form of an index name) and whole
    seconds.
    """
    index, indexed = first_value(row, "index"), first_value(row, "_indextime")
    if event.time is None or not INDEX_NAME.match(index):
        return {}
    second = int(event.time)
    return {
        "drilldown_name": "The original event",
        "drilldown_search": f"search index={index}" + (f" _indextime={indexed}" if _DIGITS.match(indexed) else ""),
        "drilldown_earliest_offset": "$info_min_time$",
        "drilldown_latest_offset": "$info_max_time$",
        "info_min_time": f"{second}.000",
        "info_max_time": f"{second + 1}.000",
    }


def risk_objects(event: Event, row: Row, fields: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Yield (object, type) of each risk object of a row; type is user, system or other.

    `fields` names fields as `field` or `field:type`. Without any: user, src_user, dest and src, else the event's host.
    """
    pairs = [item.partition(":") for item in fields]
    types = {name: type_ or _RISK_FIELDS.get(name, "other") for name, _, type_ in pairs} or _RISK_FIELDS
    values = dict.fromkeys((first_value(row, name), type_) for name, type_ in types.items())
    objects = [(truncate(value, MAX_VALUE), type_) for value, type_ in values if value.strip().lower() not in _NO_NAME]
    if objects:
        yield from objects
    else:
        yield event.host or "unknown", "system"
