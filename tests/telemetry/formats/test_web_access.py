"""Lines of web servers, proxies and load balancers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loglm_bridge.contract.event import Event
from loglm_bridge.telemetry.formats import web_access
from tests.telemetry.parsing import assert_linear, canonical, few_examples

TIME = "[10/Oct/2024:13:55:36 +0000]"
COMBINED = f'198.51.100.7 - ann {TIME} "GET /a.php?x=1 HTTP/1.1" 404 196 "http://www.acme.com/" "curl/8.1.2"'
EXPECTED = {
    "action": "http_request",
    "src_ip": "198.51.100.7",
    "user": "ann",
    "http_method": "GET",
    "uri": "/a.php?x=1",
    "status": "404",
    "bytes": "196",
    "http_referrer": "http://www.acme.com/",
    "http_user_agent": "curl/8.1.2",
}


def parse(text):
    return web_access.parse(text, Event(text))


def fields(text):
    return dict(parse(text).fields)


def without(*names):
    return {name: value for name, value in EXPECTED.items() if name not in names}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (COMBINED, EXPECTED),
        (COMBINED.partition(' "http:')[0], without("http_referrer", "http_user_agent")),
        (f"www.acme.com:443 {COMBINED}", EXPECTED),
        (COMBINED.replace(" ann ", " - "), without("user")),
        (COMBINED.replace("198.51.100.7", "198.51.100.7:4411"), EXPECTED),
        (COMBINED.replace('"http://www.acme.com/"', '"-"'), without("http_referrer")),
        (COMBINED.replace(" 196 ", " - "), without("bytes")),
        (COMBINED + ' "203.0.113.1" 0.003', EXPECTED),
        (COMBINED.replace("198.51.100.7", "2001:db8::7"), EXPECTED | {"src_ip": "2001:db8::7"}),
        (COMBINED.replace("curl/8.1.2", r"a \"quoted\" agent"), EXPECTED | {"http_user_agent": 'a "quoted" agent'}),
        (COMBINED.replace("GET /a.php?x=1 HTTP/1.1", "-"), without("http_method", "uri")),
        (
            COMBINED.replace("GET /a.php?x=1 HTTP/1.1", r"\x16\x03\x01"),
            {"payload": r"\x16\x03\x01"} | without("http_method", "uri"),
        ),
    ],
)
def test_access_lines(text, expected):
    record = parse(text)
    assert (record.format, record.family, record.kind) == ("web_access", "web", "access")
    assert dict(record.fields) == expected


LOAD_BALANCER = (
    "http 2024-01-03T10:00:00.1Z app/lb/0f 198.51.100.7:4411 10.0.0.5:80 0.0 0.1 0.0 404 404 34 196 "
    '"GET /a.php?x=1 HTTP/1.1" "curl/8.1.2" - -'
)


def test_load_balancers_write_the_status_before_the_request():
    actual = fields(LOAD_BALANCER)
    assert {name: value for name, value in actual.items() if name != "user"} == without("user", "http_referrer")


@pytest.mark.xfail(reason="the second word after the client is taken for the user in any line")
def test_load_balancers_write_no_user():
    assert "user" not in fields(LOAD_BALANCER)


W3C = {
    "iis": (
        "2024-01-03 10:00:00 10.0.0.5 GET /a.php x=1 443 ann 198.51.100.7 curl/8.1.2 http://www.acme.com/ 404 0 0 15"
    ),
    "header": (
        "#Software: Microsoft IIS\n#Fields: date time s-ip cs-method cs-uri-stem cs-uri-query s-port cs-username c-ip "
        "cs(User-Agent) cs(Referer) sc-status sc-bytes\n2024-01-03 10:00:00 10.0.0.5 GET /a.php x=1 443 ann "
        "198.51.100.7 curl/8.1.2 http://www.acme.com/ 404 196"
    ),
    "iis native": (
        "198.51.100.7, ann, 1/3/2024, 10:00:00, W3SVC1, WEB1, 10.0.0.5, 15, 300, 196, 404, 0, GET, /a.php, x=1,"
    ),
    "cloudfront": (
        "2024-01-03\t10:00:00\tFRA2\t196\t198.51.100.7\tGET\td1.cloudfront.net\t/a.php\t404\thttp://www.acme.com/\t"
        "curl/8.1.2\tx=1\t-"
    ),
}


@pytest.mark.parametrize("text", W3C.values(), ids=W3C.keys())
def test_w3c_lines_have_the_same_fields(text):
    actual = fields(text)
    assert {name: actual[name] for name in actual if name != "dest_port"} == {
        name: value for name, value in EXPECTED.items() if name in actual
    }
    assert {"action", "src_ip", "http_method", "uri", "status"} <= set(actual)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "[Wed Jan 03 10:00:00.123 2024] [core:error] [pid 77:tid 88] [client 203.0.113.9:4411] AH00126: Bad URI",
            {
                "severity": "error",
                "module": "core",
                "src_ip": "203.0.113.9",
                "src_port": "4411",
                "message": "[pid 77:tid 88] [client 203.0.113.9:4411] AH00126: Bad URI",
            },
        ),
        (
            "[Wed Jan 03 10:00:00 2024] [error] [client 203.0.113.9] File does not exist",
            {"severity": "error", "src_ip": "203.0.113.9", "message": "[client 203.0.113.9] File does not exist"},
        ),
        (
            '2024/01/03 10:00:00 [error] 77#88: *1 open() failed, client: 203.0.113.9, request: "GET /x HTTP/1.1"',
            {
                "severity": "error",
                "src_ip": "203.0.113.9",
                "http_method": "GET",
                "uri": "/x",
                "message": '*1 open() failed, client: 203.0.113.9, request: "GET /x HTTP/1.1"',
            },
        ),
    ],
)
def test_error_lines(text, expected):
    record = parse(text)
    assert (record.format, record.family, record.kind) == ("web_error", "web", "error")
    assert dict(record.fields) == expected


@few_examples
@given(
    st.ip_addresses(v=4).map(str),
    st.sampled_from(["GET", "POST", "HEAD", "PROPFIND"]),
    st.from_regex(r"(/[a-z]{1,8}){1,4}(\?[a-z]{1,5}=[a-z0-9]{1,5})?", fullmatch=True),
    st.integers(100, 599),
    st.integers(0, 10**9),
    st.from_regex(r"[A-Za-z]{3,9}/[0-9.]{1,5}", fullmatch=True),
)
def test_a_line_of_known_values_gives_them_back(address, method, uri, status, size, agent):
    actual = fields(f'{address} - - {TIME} "{method} {uri} HTTP/2.0" {status} {size} "-" "{agent}"')
    assert actual == {
        "action": "http_request",
        "src_ip": address,
        "http_method": method,
        "uri": uri,
        "status": str(status),
        "bytes": str(size),
        "http_user_agent": agent,
    }


def test_the_canonical_request_keeps_the_attack():
    text = f'203.0.113.9 - - {TIME} "GET /cgi-bin/.%2e/.%2e/bin/sh?id=77 HTTP/1.1" 200 4096 "-" "Mozilla/5.0 zgrab/0.x"'
    assert canonical(text) == {
        "action": "http_request",
        "url": "/cgi-bin/../../bin/sh?id={n}",
        "http_method": "get",
        "http_user_agent": "mozilla zgrab",
        "status": "200",
        "src_ip": "{public}",
        "bytes_in": "{4k-8kB}",
    }


@pytest.mark.parametrize(
    "text", ["", "hello", '"quoted" words', "# comment", "GET / HTTP/1.1", '{"a": "GET / HTTP/1.1"}']
)
def test_other_text_is_no_access_line(text):
    assert parse(text) is None


@few_examples
@given(st.text(max_size=200))
def test_any_request_is_accepted(text):
    parse(f'198.51.100.7 - - {TIME} "{text}" 200 1 "-" "-"')
    parse(f"2024-01-03 10:00:00 {text}")


@pytest.mark.parametrize("unit", ["GET ", '" 200', '"', '\\"', "a ", "[client ", "/ ", "\t"])
def test_parsing_takes_linear_time(unit):
    assert_linear(parse, unit)
    assert_linear(parse, unit, f'1.2.3.4 - - {TIME} "')
    assert_linear(parse, unit, "2024-01-03 10:00:00 ")
