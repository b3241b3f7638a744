"""Behaviour comes first, noise last."""

from loglm_bridge.telemetry.canonical.field_order import rank


def test_fields_are_ordered_by_information():
    names = ["severity", "message", "user", "unknown_field", "process", "dest_ip", "action", "call_trace"]
    ordered = ["action", "process", "dest_ip", "user", "unknown_field", "message", "call_trace", "severity"]
    assert sorted(names, key=rank) == ordered


def test_unknown_names_share_one_rank():
    assert rank("x") == rank("y")
    assert rank("app") < rank("x") < rank("message")
