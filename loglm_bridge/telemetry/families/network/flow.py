"""Network flows of any exporter to one schema: flowprep's names, durations in seconds, protocols by name."""

from __future__ import annotations

from collections.abc import Sequence, Set
from typing import NamedTuple

from loglm_bridge.telemetry.byte_cache import remembered
from loglm_bridge.telemetry.families.network import flow_values
from loglm_bridge.telemetry.families.network.flow_aliases import ALIASES, END_TIMES, NON_FLOW_FIELDS, START_TIMES
from loglm_bridge.telemetry.record import Field

#: The schema: names of a flow's fields in their order.
SCHEMA = (
    "src_ip", "src_port", "dest_ip", "dest_port", "protocol", "service", "action", "state", "history", "tcp_flags",
    "direction", "flow_dur", "fwd_bytes", "bwd_bytes", "fwd_pkts", "bwd_pkts", "app", "rule",
)  # fmt: skip
_COUNTERS = frozenset({"fwd_bytes", "bwd_bytes", "fwd_pkts", "bwd_pkts"})
#: Values that carry no information.
BLANK_VALUES = frozenset({"", "-", "(empty)", "null", "None", "N/A", "nan"})


class FlowFields(NamedTuple):
    """What a record's fields can say about a flow, by their indices.

    `schema` are (index, lower-case name, schema name) of fields of the schema, `start_times` and `end_times` (index,
    lower-case name) of a flow's first and last moment. `non_flow` are fields that no plain flow has; `indices` are
    those of `schema` and `non_flow` together.
    """

    indices: tuple[int, ...]
    non_flow: tuple[int, ...]
    schema: tuple[tuple[int, str, str], ...]
    start_times: tuple[tuple[int, str], ...]
    end_times: tuple[tuple[int, str], ...]

    @property
    def can_be_flow(self) -> bool:
        """Whether a record with these fields can be a flow, whatever its values."""
        return make_a_flow({schema_name for _, _, schema_name in self.schema})


@remembered(1)
def flow_fields(names: tuple[str, ...]) -> FlowFields:
    """Return what fields of these names can say about a flow."""
    lower = [name.lower() for name in names]
    return FlowFields(
        tuple(i for i, name in enumerate(lower) if name in NON_FLOW_FIELDS or name in ALIASES),
        tuple(i for i, name in enumerate(lower) if name in NON_FLOW_FIELDS),
        tuple((i, name, ALIASES[name]) for i, name in enumerate(lower) if name in ALIASES),
        tuple((i, name) for i, name in enumerate(lower) if name in START_TIMES),
        tuple((i, name) for i, name in enumerate(lower) if name in END_TIMES),
    )


def make_a_flow(schema_names: Set[str]) -> bool:
    """Return whether fields of these schema names make a flow: two addresses, and a counter of bytes or packets."""
    return "src_ip" in schema_names and "dest_ip" in schema_names and not _COUNTERS.isdisjoint(schema_names)


def values_are_flow(fields: FlowFields, values: Sequence[str]) -> bool:
    """Return whether values have two addresses and a counter, and nothing that no plain flow has."""
    if any(values[i] not in BLANK_VALUES for i in fields.non_flow):
        return False
    return make_a_flow({schema_name for i, _, schema_name in fields.schema if values[i] not in BLANK_VALUES})


def is_flow(fields: Sequence[Field]) -> bool:
    """Return whether fields are those of a flow: see `values_are_flow`."""
    return values_are_flow(*_columns(fields))


def kind_of(fields: Sequence[Field]) -> str:
    """Return the flow's protocol (tcp, udp, icmp, ...), empty where it is unknown."""
    return protocol_of(*_columns(fields))


def protocol_of(fields: FlowFields, values: Sequence[str]) -> str:
    """Return the flow's protocol (tcp, udp, icmp, ...), empty where it is unknown."""
    protocols = (values[i] for i, _, schema_name in fields.schema if schema_name == "protocol")
    return next((flow_values.protocol(value) for value in protocols if value not in BLANK_VALUES), "")


def normalise(fields: Sequence[Field]) -> tuple[Field, ...]:
    """Return a flow's fields under the schema's names and in its order, whatever exporter wrote them."""
    by_name = schema_values(*_columns(fields))
    return tuple([(name, by_name[name]) for name in SCHEMA if by_name.get(name)])


def schema_values(fields: FlowFields, values: Sequence[str]) -> dict[str, str]:
    """Return a flow's values by the schema's names, some of them perhaps empty.

    Durations become seconds: from milli-, micro- and nanosecond fields, or from start and end. Of several fields with
    one meaning the first that is not blank counts. Fields outside the schema are left out.
    """
    by_name: dict[str, str] = {}
    for i, name, schema_name in fields.schema:
        value = values[i]
        if value not in BLANK_VALUES and schema_name not in by_name:
            by_name[schema_name] = flow_values.seconds(value, name) if schema_name == "flow_dur" else value
    if "flow_dur" not in by_name and fields.start_times and fields.end_times:
        start, end = _first_moment(fields.start_times, values), _first_moment(fields.end_times, values)
        if start is not None and end is not None and end >= start:
            by_name["flow_dur"] = format(end - start, ".6f").rstrip("0").rstrip(".")
    for name, convert in flow_values.CONVERTERS.items():
        if name in by_name:
            by_name[name] = convert(by_name[name])
    return by_name


def _columns(fields: Sequence[Field]) -> tuple[FlowFields, Sequence[str]]:
    return flow_fields(tuple([name for name, _ in fields])), [value for _, value in fields]


def _first_moment(time_fields: Sequence[tuple[int, str]], values: Sequence[str]) -> float | None:
    moments = (flow_values.moment(values[i], name) for i, name in time_fields if values[i] not in BLANK_VALUES)
    return next((moment for moment in moments if moment is not None), None)
