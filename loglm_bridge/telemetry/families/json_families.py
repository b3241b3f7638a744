"""The family of a JSON event: families are tried in turn, from the most specific to the most general."""

from __future__ import annotations

from collections.abc import Mapping

from loglm_bridge.contract.event import Event
from loglm_bridge.telemetry.families import cloud, endpoint
from loglm_bridge.telemetry.families.network import flow, zeek
from loglm_bridge.telemetry.families.product_signatures import clean_kind
from loglm_bridge.telemetry.families.unix import macos
from loglm_bridge.telemetry.families.windows import json_fields
from loglm_bridge.telemetry.record import Field, Record

#: Names under which logs of any product state an event's kind, the most informative first.
_KIND_FIELDS = ("event_type", "eventtype", "eventname", "event.action", "event.type", "operation", "action", "activity",
                "log_type", "logtype", "type", "event", "category", "object")  # fmt: skip
_MAX_KIND = 60

#: Lower-case names of the fields whose values decide family and kind; otherwise only names do.
DECIDING_FIELDS = frozenset(
    {
        *json_fields.DECIDING_FIELDS,
        *zeek.DECIDING_FIELDS,
        *endpoint.DECIDING_FIELDS,
        *cloud.DECIDING_FIELDS,
        *_KIND_FIELDS,
    }
)


def record(fields: list[Field], event: Event) -> Record:  # noqa: ARG001 (the sourcetype is never needed here)
    """Return the record of flattened JSON fields with its family and kind; family `json` where no other matches."""
    lower = {name.lower(): value for name, value in reversed(fields)}
    windows = json_fields.windows_event(fields, lower)
    if windows is not None:
        return Record("json", "windows", windows[0], tuple(windows[1]))
    zeek_type = zeek.classify(lower)
    if zeek_type is not None:
        return zeek.record("json", lower.get("_path") or lower.get("@stream") or zeek_type[1], fields)
    sensor = endpoint.classify(lower)
    if sensor is None and flow.is_flow(fields):
        return Record("json", "flow", flow.kind_of(fields), flow.normalise(fields))
    if sensor is not None and sensor[0] == "macos":
        return Record("json", *sensor, tuple(macos.fields(fields)))
    family, kind = sensor or cloud.classify(lower) or ("json", _kind(lower))
    return Record("json", family, kind, tuple(fields))


def _kind(lower: Mapping[str, str]) -> str:
    """Return the kind that an unknown product states, empty where no field has such a name and a short value."""
    return next((clean_kind(lower[name]) for name in _KIND_FIELDS if 0 < len(lower.get(name, "")) <= _MAX_KIND), "")
