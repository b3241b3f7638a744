"""Plans give the values that the reference implementation gives, for any choice of blank fields."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loglm_bridge.telemetry.families.network import flow
from loglm_bridge.telemetry.families.network.flow_aliases import ALIASES, END_TIMES, NON_FLOW_FIELDS, START_TIMES
from loglm_bridge.telemetry.fastpath.flow_plan import DurationConverter, blank_indices, flow_plan

NAMES = st.sampled_from(sorted({*ALIASES, *START_TIMES, *END_TIMES, *NON_FLOW_FIELDS, "other"}))
VALUES = st.sampled_from(
    ["", "-", "N/A", "0", "6", "17", "1500", "0.25", "TCP", "Accept", "REJECT", "S0", "out", "0:01:05", "x" * 30,
     "1700000000", "2024-01-02T03:04:05Z", "10.0.0.1", "203.0.113.9"]
)  # fmt: skip


@settings(max_examples=300)
@given(st.dictionaries(NAMES, VALUES, max_size=8))
def test_a_plan_gives_the_values_of_the_schema(extra):
    record = {"src_ip": "10.0.0.1", "dest_ip": "203.0.113.9", "fwd_bytes": "90", **extra}
    fields, values = flow.flow_fields(tuple(record)), list(record.values())
    plan = flow_plan(fields, blank_indices(fields, values))
    if plan is None:
        has_times = bool(fields.start_times) and bool(fields.end_times)
        assert has_times or not flow.values_are_flow(fields, values)
        return
    assert flow.values_are_flow(fields, values)
    converted = plan.apply(values)
    expected = [(name, value) for name, value in flow.normalise(list(record.items())) if value]
    if converted is None:
        assert len(expected) < len(plan.names)
    else:
        assert list(zip(plan.names, converted, strict=True)) == expected


def test_records_that_are_no_flows_have_no_plan():
    fields = flow.flow_fields(("src_ip", "dest_ip", "bytes", "url"))
    assert flow_plan(fields, [3]) is not None
    assert flow_plan(fields, []) is None
    assert flow_plan(fields, [2, 3]) is None


def test_a_duration_between_two_times_has_no_plan():
    fields = flow.flow_fields(("src_ip", "dest_ip", "bytes", "start", "end", "duration"))
    assert flow_plan(fields, [5]) is None
    assert flow_plan(fields, []) is not None


@pytest.mark.parametrize(("name", "changes"), [("duration", False), ("flow_duration_ms", True)])
def test_durations_in_other_units_are_converted(name, changes):
    converter = DurationConverter(name)
    assert converter.changes_unit is changes
    assert converter("1500") == ("1.5" if changes else "1500")
