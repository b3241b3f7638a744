"""Records of security and network devices."""

import pytest

from loglm_bridge.telemetry.families.network import device

ENDPOINTS = [("src", "10.0.0.1"), ("dst", "10.0.0.2")]


@pytest.mark.parametrize(
    ("text", "expected"),
    [("Palo Alto Networks", "palo_alto_networks"), ("Check-Point!", "check_point"), ("--", ""), ("x" * 60, "x" * 40)],
)
def test_slug(text, expected):
    assert device.slug(text) == expected


def test_the_kind_is_vendor_and_product():
    record = device.record(
        "cef", [("vendor", "Acme Inc"), ("product", "Guard"), ("act", "block"), ("x", "-"), ("y", "")]
    )
    assert (record.format, record.family, record.kind) == ("cef", "device", "acme_inc_guard")
    assert record.fields == (("vendor", "Acme Inc"), ("product", "Guard"), ("act", "block"))
    assert device.record("cef", [("act", "block")]).kind == ""
    assert device.record("csv", [("act", "block")], "acme").kind == "acme"


@pytest.mark.parametrize(
    ("fields", "family"),
    [
        ([*ENDPOINTS, ("bytes", "7")], "flow"),
        ([("signature", "Connection closed"), *ENDPOINTS, ("bytes", "7")], "flow"),
        ([("signature", "Denied"), *ENDPOINTS, ("bytes", "7")], "flow"),
        ([("signature", "SQL injection"), *ENDPOINTS, ("bytes", "7")], "device"),
        ([*ENDPOINTS, ("bytes", "7"), ("url", "/x")], "device"),
        (ENDPOINTS, "device"),
    ],
)
def test_traffic_is_a_flow_and_a_detection_a_devices(fields, family):
    assert device.record("cef", fields).family == family
