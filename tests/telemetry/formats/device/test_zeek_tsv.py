"""Zeek's tab-separated logs."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loglm_bridge.contract.event import Event
from loglm_bridge.telemetry.families.network.zeek_columns import LAYOUTS
from loglm_bridge.telemetry.formats.device import zeek_tsv
from tests.telemetry.parsing import assert_linear, few_examples

ID = ["1700000000.123456", "CtPZjS20MLrsMUOJi2", "10.0.0.5", "51234", "203.0.113.9", "443"]
#: Values of the columns after the connection's id, one line of each log that is recognised without a hint.
LOGS = {
    "dns": "udp 1242 0.01 evil.example 1 C_INTERNET 16 TXT 0 NOERROR F F T T 0 - - F",
    "ssl": "TLSv12 - x25519 www.acme.com F - h2 T CsiI a b T",
    "http": "1 GET www.acme.com /a - 1.1 curl/8.1 0 512 200 OK - - (empty) - - - - - - F1 - text/html",
    "ssh": "2 F 3 INBOUND SSH-2.0-Go SSH-2.0-OpenSSH aes hmac none curve ed25519 aa:bb",
    "weird": "bad_HTTP_request - F worker-1",
    "smb_mapping": "\\\\fs1\\share DISK NTFS DISK",
    "smb_files": "F1 SMB::FILE_OPEN \\\\fs1\\share a.txt 0 - 1.0 1.0 1.0 1.0",
    "ftp": "ann secret RETR a.txt - 12 226 Done - - - - F1",
    "kerberos": "TGS ann/CORP cifs/fs1 T - - 1.0 aes T T - - - -",
    "ntp": "4 3 2 64.0 0.1 0.1 0.1 10.0.0.9 1.0 1.0 1.0 1.0 0",
    "ntlm": "ann WS1 CORP FS1 fs1.corp corp T",
    "dce_rpc": "0.001 135 svcctl CreateServiceW",
    "dpd": "tcp HTTP bad",
    "sip": "0 INVITE sip:a@b - x y x y - id 1 - - - ua 200 OK - 0 0 -",
}


def line(log):
    return "\t".join([*ID, *LOGS[log].split(" ")])


def parse(text, sourcetype=""):
    return zeek_tsv.parse(text, Event(text, sourcetype=sourcetype))


def test_a_connection_is_a_flow():
    values = "tcp ssl 12.5 1200 34000 SF T F 0 ShADadFf 20 2200 40 36000 -"
    record = parse("\t".join([*ID, *values.split(" ")]))
    assert (record.format, record.family, record.kind) == ("zeek_tsv", "flow", "tcp")
    assert dict(record.fields) == {
        "src_ip": "10.0.0.5",
        "src_port": "51234",
        "dest_ip": "203.0.113.9",
        "dest_port": "443",
        "protocol": "tcp",
        "service": "ssl",
        "state": "established",
        "history": "ShADadFf",
        "flow_dur": "12.5",
        "fwd_bytes": "1200",
        "bwd_bytes": "34000",
        "fwd_pkts": "20",
        "bwd_pkts": "40",
    }


@pytest.mark.parametrize("log", LOGS)
def test_logs_are_recognised_by_their_values(log):
    record = parse(line(log))
    assert (record.format, record.family, record.kind) == ("zeek_tsv", "zeek", log)


@pytest.mark.parametrize("log", LOGS)
@pytest.mark.parametrize("sourcetype", ["zeek:{}", "bro_{}", "corelight_zeek.{}"])
def test_the_sourcetype_names_the_log(log, sourcetype):
    assert parse(line(log), sourcetype.format(log)) == parse(line(log))


@pytest.mark.xfail(reason="the command is looked for in the column of another layout")
def test_ftp_lines_with_a_mime_type_are_recognised():
    assert parse(line("ftp").replace("a.txt\t-", "a.txt\ttext/plain")).kind == "ftp"


def test_columns_by_header():
    text = (
        "#separator \\x09\n#path\tssh\n#fields\tts\tuid\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\tauth_success\n"
        "#types\ttime\tstring\taddr\tport\taddr\tport\tbool\n" + "\t".join([*ID, "F"])
    )
    record = parse(text)
    assert (record.family, record.kind) == ("zeek", "ssh")
    assert dict(record.fields) == {
        "action": "ssh_connect",
        "ts": ID[0],
        "uid": ID[1],
        "id.orig_h": ID[2],
        "id.orig_p": ID[3],
        "id.resp_h": ID[4],
        "id.resp_p": ID[5],
        "auth_success": "F",
    }


def test_absent_values_are_dropped_and_surplus_columns_numbered():
    names = dict(parse("\t".join([*ID[:5], "-", "(empty)", "", "x", "y"]), "zeek:unknown").fields)
    assert set(names) == {f"column_{i}" for i in (1, 2, 3, 4, 5, 9, 10)}


@pytest.mark.parametrize(
    ("values", "log"),
    [
        ([ID[0], "FabcdefgH1", *"x" * 19], "files"),
        ([ID[0], "F1", *"x" * 15], "pe"),
        ([ID[0], "C1", "10.0.0.5", "10.0.0.1", "aa:bb:cc:dd:ee:ff", *"x" * 10], "dhcp"),
        ([ID[0], "F" + "a" * 9, "3", *"x" * 19], "files"),
        ([ID[0], "ab" * 20, "3", *"x" * 19], "x509"),
    ],
)
def test_logs_without_endpoints(values, log):
    assert parse("\t".join(values)).kind == log


@few_examples
@given(st.sampled_from(sorted(LAYOUTS)), st.data())
def test_a_line_of_any_layout_has_its_columns_by_the_sourcetype(log, data):
    names = data.draw(st.sampled_from(sorted(LAYOUTS[log].values())))
    values = [ID[0], *(f"v{i}" for i in range(1, len(names)))]
    record = parse("\t".join(values), f"zeek:{log}")
    if log == "conn":
        assert record.family == "flow"
    else:
        by_name = {"operation" if name == "action" else name: v for name, v in zip(names, values, strict=True)}
        assert (record.family, record.kind) == ("zeek", log)
        assert {name: value for name, value in record.fields if name != "action"}.items() <= by_name.items()


@pytest.mark.parametrize(
    ("text", "sourcetype"),
    [("", ""), ("no tabs", "zeek:conn"), ("a\tb\tc", ""), ("1\t2", "zeek"), ("x.1\ty\tz", "")],
)
def test_other_text_is_no_zeek_log(text, sourcetype):
    assert parse(text, sourcetype) is None


@few_examples
@given(st.lists(st.sampled_from(["#fields\t", "\t", "\n", "#path\t", "conn", "-", "1.2", "a"]), max_size=20))
def test_any_text_is_accepted(parts):
    parse("".join(parts), "zeek:conn")
    parse("#" + "".join(parts), "zeek:conn")


@pytest.mark.parametrize("unit", ["\t", "a\t", "#fields\t", "1.1.1.1\t", "\n"])
def test_parsing_takes_linear_time(unit):
    assert_linear(parse, unit)
    assert_linear(parse, unit, "\t".join(ID) + "\t")
