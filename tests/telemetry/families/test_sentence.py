"""Sentences of any program: what they state, and names removed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loglm_bridge.telemetry.families import sentence
from loglm_bridge.telemetry.families.phrases import NOT_NAMES, PHRASES
from tests.telemetry.parsing import assert_linear, few_examples, subset


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Login failed for user 'bob' from 203.0.113.9", {"action": "logon_failed", "user": "bob"}),
        ("Incorrect username or password. IP: 2001:db8::9.", {"action": "logon_failed", "src_ip": "2001:db8::9"}),
        ("user eve logged in from 10.0.0.1:4411", {"action": "logon", "user": "eve", "src_port": "4411"}),
        ('account="bob" locked', {"user": "bob"}),
        ("login attempt for [bob]", {"action": "logon_failed"}),
        ("session opened for user root", {"action": "logon", "user": "root"}),
        ("password for bob changed", {"user": "bob"}),
        ("user not found", {"action": "logon_failed", "user": None}),
        ("connect from ::ffff:10.0.0.1", {"src_ip": "::ffff:10.0.0.1"}),
        ("version 1.2.3 started at 10:00:00", {"src_ip": None, "action": None}),
        ("process segfault", {"action": "process_crash"}),
    ],
)
def test_what_a_sentence_states(text, expected):
    assert subset(dict(sentence.fields(text)), expected) == expected


@pytest.mark.xfail(reason="a dot may follow an address, whatever comes after it")
def test_versions_of_five_numbers_are_no_addresses():
    assert "src_ip" not in dict(sentence.fields("version 1.2.3.4.5 started"))


@few_examples
@given(
    st.from_regex(r"[a-z]{4,9}[0-9]{2}", fullmatch=True),
    st.ip_addresses(v=4).map(str),
    st.sampled_from(["user {}", "user '{}'", 'username="{}"', "account [{}]", "login for {}"]),
)
def test_a_users_name_is_removed_from_the_message(name, address, spelling):
    actual = dict(sentence.fields(f"denied {spelling.format(name)} from {address} today"))
    assert actual["user"] == name
    assert actual["src_ip"] == address
    assert name not in actual["message"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("mail.acme.com ran setup.exe and org.apache.Main [4711]", "domain ran setup.exe and org.apache.Main "),
        ("pid=12 at aa:bb:cc:dd:ee:ff", " at mac"),
        ("plain words stay", "plain words stay"),
    ],
)
def test_hosts_processes_and_hardware_addresses_are_removed(text, message):
    assert dict(sentence.fields(text))["message"] == message


@pytest.mark.parametrize(("phrase", "action"), PHRASES)
def test_phrases_are_matched_in_any_case_unless_an_earlier_one_is_in_them(phrase, action):
    first = next(one for text, one in PHRASES if text in phrase)
    assert sentence.action_of(f"xx {phrase.upper()} yy") == first
    assert first in (action, "logon_failed", "logon")


@pytest.mark.parametrize("word", sorted(NOT_NAMES)[::9])
def test_ordinary_words_after_user_are_not_names(word):
    assert "user" not in dict(sentence.fields(f"the user {word} again"))


def test_text_after_the_searched_part_is_kept_as_it_is():
    text = "x" * 4_000 + " mail.acme.com"
    assert dict(sentence.fields(text))["message"] == text


@few_examples
@given(st.text(max_size=300))
def test_any_text_has_a_message(text):
    names = [name for name, _ in sentence.fields(text)]
    assert names[-1] == "message"
    assert names == [name for name in ("action", "src_ip", "src_port", "user", "message") if name in names]


@pytest.mark.parametrize("unit", ["user ", "1.", "a.", "aa:", "for ", "[1]", "fe80::", "login for "])
def test_reading_takes_linear_time(unit):
    assert_linear(sentence.fields, unit)
