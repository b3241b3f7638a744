"""Zeek's logs in JSON, and what all its records share."""

import json

import pytest

from loglm_bridge.telemetry.families.network import zeek
from loglm_bridge.telemetry.families.network.pan_columns import COLUMNS
from loglm_bridge.telemetry.families.network.zeek_columns import LAYOUTS, columns
from tests.telemetry.parsing import canonical, record

ID = {"ts": 1_700_000_000.1, "uid": "C1", "id.orig_h": "10.0.0.5", "id.orig_p": 51_000, "id.resp_h": "203.0.113.9"}


@pytest.mark.parametrize(
    ("fields", "log"),
    [
        ({"_path": "dns", "query": "x"}, "dns"),
        ({"@stream": "http"}, "http"),
        ({"qtype_name": "A", "query": "x"}, "dns"),
        ({"trans_depth": 1, "method": "GET"}, "http"),
        ({"cipher": "x", "server_name": "y"}, "ssl"),
        ({"auth_attempts": 1}, "ssh"),
        ({"operation": "x", "endpoint": "y"}, "dce_rpc"),
        ({"request_type": "TGS"}, "kerberos"),
        ({"note": "Scan::Port_Scan", "actions": ["Notice::ACTION_LOG"]}, "notice"),
        ({"something": "else"}, ""),
    ],
)
def test_json_logs_are_recognised_by_path_or_fields(fields, log):
    actual = record(json.dumps({**ID, **fields}))
    assert (actual.format, actual.family, actual.kind) == ("json", "zeek", log)


def test_a_connection_in_json_is_a_flow():
    actual = record(json.dumps({**ID, "id.resp_p": 443, "proto": "tcp", "conn_state": "S0", "orig_bytes": 12}))
    assert (actual.family, actual.kind) == ("flow", "tcp")
    assert dict(actual.fields)["state"] == "no_reply"


@pytest.mark.parametrize(
    "fields", [{"_path": "dns"}, {"ts": 1, "query": "x"}, {"ts": 1, "host": "web1", "message": "x"}, {"uid": "C1"}]
)
def test_other_json_is_not_zeeks(fields):
    assert zeek.classify({name: str(value) for name, value in fields.items()}) is None


def test_a_record_has_the_action_first_and_no_routes():
    actual = zeek.record("zeek_tsv", "smtp", [("ts", "1"), ("helo", "x"), ("path", "10.0.0.1"), ("mailfrom", "a@b.c")])
    assert actual.fields == (("action", "mail_send"), ("ts", "1"), ("mailfrom", "a@b.c"))
    actual = zeek.record("zeek_tsv", "smb_files", [("action", "SMB::FILE_OPEN")])
    assert actual.fields == (("action", "share_file_access"), ("operation", "SMB::FILE_OPEN"))
    assert zeek.action_of("dns") == "dns_query"
    assert zeek.action_of("unheard") == ""


def test_the_canonical_query():
    event = {
        **ID,
        "_path": "dns",
        "query": "x7k2p9q4m1z8w3.top",
        "qtype_name": "TXT",
        "rcode_name": "NXDOMAIN",
        "proto": "udp",
    }
    assert canonical(json.dumps(event)) == {
        "action": "dns_query",
        "query": "{random}.top",
        "transport": "udp",
        "dest_ip": "{public}",
        "src_ip": "{private}",
        "src_port": "{ephemeral}",
        "query_type": "txt",
        "reply_code": "nxdomain",
    }


def test_columns_of_lines_without_a_header():
    assert columns("conn", 21)[:6] == ("ts", "uid", "id.orig_h", "id.orig_p", "id.resp_h", "id.resp_p")
    assert columns("unheard", 5) == ()
    # the nearest layout, a longer one first
    assert len(columns("dpd", 8)) == 9
    assert len(columns("dpd", 20)) == 9
    assert columns("http", 5) == LAYOUTS["http"][min(LAYOUTS["http"])]


@pytest.mark.parametrize("log", sorted(LAYOUTS))
def test_layouts_have_distinct_lengths_and_names(log):
    for length, names in LAYOUTS[log].items():
        assert len(names) == length == len(set(names))
        assert not any(name.startswith("@") for name in names)


def test_columns_of_pan_os_begin_alike():
    assert {names[3:5] for names in COLUMNS.values()} == {("type", "subtype")}
    assert COLUMNS["TRAFFIC"].index("src_ip") == 7
    assert COLUMNS["TRAFFIC"].index("dest_port") == 25
