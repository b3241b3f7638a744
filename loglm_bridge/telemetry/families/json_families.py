"""Whose JSON is it: asks the families in turn, from the most specific shape to the general one."""

from __future__ import annotations

from collections.abc import Mapping

from loglm_bridge.contract.event import Event
from loglm_bridge.telemetry.families import cloud, endpoint
from loglm_bridge.telemetry.families.network import flow, zeek
from loglm_bridge.telemetry.families.product_signatures import clean_kind
from loglm_bridge.telemetry.families.unix import macos
from loglm_bridge.telemetry.families.windows import json_fields
from loglm_bridge.telemetry.record import Field, Record

#: Names under which logs of any product say what an event is, the most telling first.
_KIND_NAMES = ("event_type", "eventtype", "eventname", "event.action", "event.type", "operation", "action", "activity",
               "log_type", "logtype", "type", "event", "category", "object")  # fmt: skip
_MAX_KIND = 60

#: Lower-case names of the fields whose values decide whose event it is; of all others their names do.
TOLD_BY = json_fields.TOLD_BY | zeek.TOLD_BY | endpoint.TOLD_BY | cloud.TOLD_BY | frozenset(_KIND_NAMES)


def record(fields: list[Field], event: Event) -> Record:  # noqa: ARG001 (the sourcetype is never needed here)
    """Return the record of flattened JSON fields with its family and kind; `json` where nobody claims it."""
    lower = {name.lower(): value for name, value in reversed(fields)}
    found = json_fields.read(fields, lower)
    if found is not None:
        return Record("json", found[0], found[1], tuple(found[2]))
    zeek_log = zeek.classify(lower)
    if zeek_log is not None:
        return zeek.record("json", lower.get("_path") or lower.get("@stream") or zeek_log[1], fields)
    named = endpoint.classify(lower)
    if named is None and flow.is_flow(fields):
        return Record("json", "flow", flow.kind_of(fields), flow.normalise(fields))
    if named is not None and named[0] == "macos":
        return Record("json", *named, tuple(macos.fields(fields)))
    family, kind = named or cloud.classify(lower) or ("json", _kind(lower))
    return Record("json", family, kind, tuple(fields))


def _kind(lower: Mapping[str, str]) -> str:
    """Return what an unknown product calls its event, empty where no field has such a name and a short value."""
    return next((clean_kind(lower[n]) for n in _KIND_NAMES if 0 < len(lower.get(n, "")) <= _MAX_KIND), "")
