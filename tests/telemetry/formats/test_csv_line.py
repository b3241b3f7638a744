"""Comma-separated lines: Palo Alto Networks' columns, headers, numbered columns."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loglm_bridge.contract.event import Event
from loglm_bridge.telemetry.formats import csv_line
from tests.telemetry.parsing import assert_linear, canonical, few_examples

TRAFFIC = (
    "1,2024/01/03 10:00:00,0011,TRAFFIC,end,2560,2024/01/03 10:00:00,10.0.0.5,203.0.113.9,0.0.0.0,0.0.0.0,out,,,ssl,"
    "vsys1,in,out,e1,e2,fwd,x,1,1,51000,443,0,0,0x1c,tcp,allow,9900,900,9000,30,x,15,any"
)
THREAT = (
    "1,2024/01/03 10:00:00,0011,THREAT,vulnerability,2560,2024/01/03 10:00:00,203.0.113.9,10.0.0.5,0.0.0.0,0.0.0.0,in,"
    ',,web-browsing,vsys1,out,in,e1,e2,fwd,x,1,1,51000,80,0,0,0x1c,tcp,reset-both,"/a?b,c",SQL Injection(12345),any,'
    "high,client-to-server"
)
CELLS = (
    st.text(alphabet='abc XYZ019.-"', min_size=1, max_size=12).map(str.strip).filter(lambda cell: cell not in ("", "-"))
)


def parse(text):
    return csv_line.parse(text, Event(text))


def fields(text):
    return dict(parse(text).fields)


def test_paloalto_traffic_is_a_flow():
    record = parse(TRAFFIC)
    assert (record.format, record.family, record.kind) == ("csv", "flow", "tcp")
    assert dict(record.fields) == {
        "src_ip": "10.0.0.5",
        "src_port": "51000",
        "dest_ip": "203.0.113.9",
        "dest_port": "443",
        "protocol": "tcp",
        "action": "allowed",
        "flow_dur": "15",
        "fwd_bytes": "900",
        "bwd_bytes": "9000",
        "fwd_pkts": "30",
        "app": "ssl",
    }


def test_paloalto_threats_are_detections():
    record = parse(THREAT)
    assert (record.family, record.kind) == ("device", "paloalto_threat")
    expected = {"src_ip": "203.0.113.9", "action": "reset-both", "url": "/a?b,c", "signature": "SQL Injection(12345)"}
    assert {name: value for name, value in record.fields if name in expected} == expected
    assert canonical(THREAT)["action"] == "reset-both"


def test_a_header_names_the_columns():
    text = "Time,User Name,Source IP,Action,Result,Host\n2024-01-03,ann,10.0.0.5,login,ok,web1"
    assert fields(text) == {
        "time": "2024-01-03",
        "user_name": "ann",
        "source_ip": "10.0.0.5",
        "action": "login",
        "result": "ok",
        "host": "web1",
    }


def test_a_flow_under_a_header_is_a_flow():
    text = "src_ip,src_port,dest_ip,dest_port,proto,bytes\n10.0.0.5,51000,203.0.113.9,443,6,1200"
    record = parse(text)
    assert (record.family, record.kind) == ("flow", "tcp")
    assert dict(record.fields)["fwd_bytes"] == "1200"


def test_columns_without_a_header_are_numbered():
    assert fields("2024-01-03,9,alpha,-,gamma,,delta") == {
        "column_1": "2024-01-03",
        "column_2": "9",
        "column_3": "alpha",
        "column_5": "gamma",
        "column_7": "delta",
    }


@pytest.mark.parametrize(
    "text",
    [
        "one, two, three, four, five, six and a sentence",
        "a=1,b=2,c=3,d=4,e=5,f=6",
        "a:1,b:2,c:3,d:4,e:5,f:6",
        '"key": 1,2,3,4,5,6,7',
        "1,2,3,4,5",
        "",
    ],
)
def test_other_text_is_no_row(text):
    assert parse(text) is None


@few_examples
@given(st.lists(CELLS, min_size=6, max_size=12))
def test_a_quoted_row_round_trips(cells):
    line = io.StringIO()
    csv.writer(line).writerow(cells)
    record = parse(line.getvalue())
    spaced = line.getvalue().strip().count(" ") >= 2 * len(cells)
    if record is None:
        assert spaced or "=" in line.getvalue() or cells[0].startswith('"')
    else:
        assert [value for _, value in record.fields] == cells


@pytest.mark.parametrize("unit", [",", 'a,"', '"', "a,b,", '"",', "a=b,"])
def test_parsing_takes_linear_time(unit):
    assert_linear(parse, unit)
    assert_linear(parse, unit, "1,2,3,TRAFFIC,")
