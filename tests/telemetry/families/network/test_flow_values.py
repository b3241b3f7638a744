"""Values of flows in one vocabulary and unit."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loglm_bridge.telemetry.families.network.flow_aliases import SECONDS_PER_UNIT
from loglm_bridge.telemetry.families.network.flow_values import direction, moment, protocol, seconds, state
from tests.telemetry.parsing import few_examples


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("6", "tcp"),
        ("TCP", "tcp"),
        ("17", "udp"),
        ("58", "icmp"),
        ("IPv6-ICMP", "icmp"),
        ("200", "proto200"),
        ("1234", ""),
        ("a protocol", ""),
        ("x" * 13, ""),
        ("", ""),
    ],
)
def test_protocol(value, expected):
    assert protocol(value) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [("SF", "established"), ("S0", "no_reply"), ("REJ", "rejected"), ("RSTO", "reset"), ("INT", "no_reply"),
     ("Accept", "allowed"), ("DROP", "blocked"), ("Timeout", "timeout"), ("x" * 25, "")],
)  # fmt: skip
def test_state(value, expected):
    assert state(value) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [("Ingress", "inbound"), (" out ", "outbound"), ("0", "inbound"), ("lateral", "internal"), ("both", ""), ("", "")],
)
def test_direction(value, expected):
    assert direction(value) == expected


@pytest.mark.parametrize(
    ("value", "name", "expected"),
    [
        ("1.5", "duration", "1.5"),
        ("0:01:05", "duration", "65"),
        ("1:00:00.5", "duration", "3600.5"),
        ("x:y:z", "duration", "x:y:z"),
        ("1500", "flow_duration_ms", "1.5"),
        ("1500000", "flowduration", "1.5"),
        ("1500000000", "event.duration", "1.5"),
        ("0", "duration_ms", "0"),
        ("soon", "duration_ms", ""),
    ],
)
def test_seconds(value, name, expected):
    assert seconds(value, name) == expected


@few_examples
@given(st.integers(0, 10**9), st.sampled_from(sorted(SECONDS_PER_UNIT)))
def test_units_are_converted(amount, name):
    assert float(seconds(str(amount), name)) == pytest.approx(amount * SECONDS_PER_UNIT[name], abs=1e-6)


def test_moments_are_in_seconds_too():
    assert moment("1970-01-01T00:01:00Z", "start") == 60.0
    assert moment("61000", "flowstartsysuptime") == 61.0
    assert moment("then", "start") is None
