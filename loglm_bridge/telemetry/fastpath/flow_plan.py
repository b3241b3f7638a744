"""Fast path for flows of one layout: which value goes where is decided once for each choice of blank fields.

Reference implementation: `families.network.flow.schema_values`; a plan gives the same values
(tests/telemetry/fastpath/test_flow_plan.py).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Optional

from loglm_bridge.telemetry.families.network import flow, flow_values
from loglm_bridge.telemetry.families.network.flow import FlowFields
from loglm_bridge.telemetry.families.network.flow_aliases import SECONDS_PER_UNIT


@dataclass(frozen=True)
class DurationConverter:
    """Converts the values of the duration field `name` (lower case) to seconds."""

    name: str

    @property
    def changes_unit(self) -> bool:
        """Whether the field's numbers are in another unit than seconds."""
        return self.name in SECONDS_PER_UNIT

    def __call__(self, value: str) -> str:
        """Return a value in seconds, as text."""
        return flow_values.seconds(value, self.name)


class FlowPlan(NamedTuple):
    """How flows are parsed whose fields have the same names and of which the same fields are blank.

    `names` are the schema's; value i is at `indices[i]` of the flow's values. `converters` are (i, function) of the
    values that are converted.
    """

    names: tuple[str, ...]
    indices: tuple[int, ...]
    converters: tuple[tuple[int, Callable[[str], str]], ...]

    def apply(self, values: Sequence[str]) -> Optional[list[str]]:
        """Return the values of `names`, None where one of them converts to nothing."""
        selected = [values[index] for index in self.indices]
        for i, convert in self.converters:
            selected[i] = convert(selected[i])
        return None if "" in selected else selected


def blank_indices(fields: FlowFields, values: Sequence[str]) -> tuple[int, ...]:
    """Return the indices of the fields that could say something about the flow but are blank."""
    return tuple([i for i in fields.indices if values[i] in flow.BLANK_VALUES])


def flow_plan(fields: FlowFields, blank: Collection[int]) -> Optional[FlowPlan]:
    """Return the plan of flows whose fields at the indices `blank` are blank.

    None where such records are not flows, or where their duration has to be computed from two times.
    """
    first: dict[str, tuple[int, str]] = {}
    for i, name, schema_name in fields.schema:
        if i not in blank:
            first.setdefault(schema_name, (i, name))
    if not flow.make_a_flow(first.keys()) or any(i not in blank for i in fields.non_flow):
        return None
    if "flow_dur" not in first and fields.start_times and fields.end_times:
        return None
    names = tuple([name for name in flow.SCHEMA if name in first])
    by_name: dict[str, Callable[[str], str]] = dict(flow_values.CONVERTERS)
    if "flow_dur" in first:
        by_name["flow_dur"] = DurationConverter(first["flow_dur"][1])
    converters = tuple([(i, by_name[name]) for i, name in enumerate(names) if name in by_name])
    return FlowPlan(names, tuple([first[name][0] for name in names]), converters)
