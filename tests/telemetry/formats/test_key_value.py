"""Lists of name=value pairs, of `Name: value`, and single lines of printed JSON."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loglm_bridge.contract.event import Event
from loglm_bridge.telemetry.formats import key_value
from tests.telemetry.parsing import assert_linear, canonical, few_examples

FORTINET = (
    'date=2024-01-03 time=10:00:00 devname="fg" devid="FG1" logid="{logid}" type="{type}" subtype="{subtype}" '
    "srcip=10.0.0.5 srcport=51000 dstip=203.0.113.9 dstport=443 proto=6 {rest}"
)


def parse(text):
    return key_value.parse(text, Event(text))


def fields(text):
    return dict(parse(text).fields)


def test_fortinet_traffic_is_a_flow():
    text = FORTINET.format(
        logid="0000000013",
        type="traffic",
        subtype="forward",
        rest="action=close duration=30 sentbyte=900 rcvdbyte=9000",
    )
    record = parse(text)
    assert (record.format, record.family, record.kind) == ("key_value", "flow", "tcp")
    assert dict(record.fields) == {
        "src_ip": "10.0.0.5",
        "src_port": "51000",
        "dest_ip": "203.0.113.9",
        "dest_port": "443",
        "protocol": "tcp",
        "action": "allowed",
        "flow_dur": "30",
        "fwd_bytes": "900",
        "bwd_bytes": "9000",
    }


def test_fortinet_events_are_a_devices():
    text = FORTINET.format(
        logid="0419016384", type="utm", subtype="ips", rest='attack="Bash.Function" severity=critical action=dropped'
    )
    record = parse(text)
    assert (record.family, record.kind) == ("device", "fortinet_utm")
    assert canonical(text)["signature"] == "bash.function"
    assert canonical(text)["action"] == "dropped"


def test_words_between_pairs_give_the_action_first():
    text = (
        'time="2024-01-03T10:00:00Z" level=warning msg="Incorrect username or password" '
        "client_ip=203.0.113.9 username=bob"
    )
    record = parse(text)
    assert record.fields[0] == ("action", "logon_failed")
    assert dict(record.fields) == {
        "action": "logon_failed",
        "time": "2024-01-03T10:00:00Z",
        "level": "warning",
        "client_ip": "203.0.113.9",
        "username": "bob",
        "message": "Incorrect username or password",
    }


def test_blank_values_are_dropped():
    assert fields("alpha=1 beta=- gamma=N/A delta=null epsilon=2 zeta=") == {"alpha": "1", "epsilon": "2"}


def test_a_level_before_the_pairs_is_the_severity():
    assert fields("2024-01-03 10:00:00 ERROR failed id=1 node=2 retries=3")["severity"] == "error"


def test_a_line_of_printed_json_is_one_field():
    assert fields('    "userName": "ann",') == {"userName": "ann"}
    assert fields('"count": 12') == {"count": "12"}


def test_names_and_values_between_colons_and_commas():
    text = "User: ann, Client IP: 10.0.0.5, Action: Login, Result: Failed, Attempts: 3"
    assert fields(text) == {
        "User": "ann",
        "Client_IP": "10.0.0.5",
        "Action": "Login",
        "Result": "Failed",
        "Attempts": "3",
    }


@pytest.mark.parametrize(
    "text",
    [
        "a sentence with x=1 in it",
        "a=1 b=2",
        "a long sentence that has a=1 and b=2 and c=3 at its very end and then goes on and on",
        "one: two, three: four",
        "x",
        "",
    ],
)
def test_other_text_is_no_list(text):
    assert parse(text) is None


@few_examples
@given(
    st.dictionaries(
        st.from_regex(r"[g-z]{4,8}", fullmatch=True),
        st.from_regex(r"[a-z0-9.]{1,9}", fullmatch=True),
        min_size=3,
        max_size=9,
    )
)
def test_a_list_round_trips(values):
    present = {name: value for name, value in values.items() if value != "null"}
    text = " ".join(f"{name}={value}" for name, value in values.items())
    assert {name: value for name, value in fields(text).items() if name in values} == {
        name: value for name, value in present.items() if name not in ("msg", "message")
    }


@pytest.mark.parametrize("unit", ["a=", 'a="b" ', "a=b c ", "key: v, ", '"a": ', "user "])
def test_parsing_takes_linear_time(unit):
    assert_linear(parse, unit)
    assert_linear(parse, unit, "a=1 b=2 c=3 ")
