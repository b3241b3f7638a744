"""Identity inside text: SIDs, GUIDs, times, mail addresses, hex, numbers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loglm_bridge.telemetry.canonical.identity import mask, mask_segment, sid
from tests.telemetry.parsing import assert_linear, few_examples

WORDS = st.from_regex(r"[g-z]{3,8}", fullmatch=True)


@pytest.mark.parametrize(
    ("raw", "canonical"),
    [
        ("S-1-5-18", "system"),
        ("s-1-5-18", "system"),
        ("%{S-1-5-18}", "system"),
        ("S-1-1-0", "everyone"),
        ("S-1-5-32-544", "administrators"),
        ("S-1-16-12288", "high"),
        ("S-1-5-21-1-2-3-512", "{sid-512}"),
        ("S-1-5-21-1-2-3-1104", "{sid}"),
        ("S-1-5-80-1-2-3-4-5", "{sid-service}"),
        ("S-1-5-82-1", "{sid-apppool}"),
        ("S-1-5-90-0-1", "window manager"),
        ("S-1-15-2-1", "{sid-appcontainer}"),
        ("S-1-12-1-1-2-3-4", "{sid-entra}"),
        ("S-1-99", "{sid}"),
    ],
)
def test_sid(raw, canonical):
    assert sid(raw) == canonical


@pytest.mark.parametrize(
    ("raw", "masked"),
    [
        ("sid S-1-5-18 n 123456 at 12:30:01", "sid system n {number} at {time}"),
        ("id 7c1d2e3f-1111-2222-3333-444455556666", "id {guid}"),
        ("{1131f6ad-9c07-11d1-f79f-00c04fc2dcd2}", "{ds-replication-get-all}"),
        ("since 2024-01-03", "since {time}"),
        ("since 2024-01-03T10:00:00.123+01:00", "since {time}"),
        ("on 1/3/2024", "on {time}"),
        ("to bob.lee@corp.example now", "to {email} now"),
        ("hash d41d8cd98f00b204", "hash {hex}"),
        ("0x7ff8a1b2", "{hex}"),
        ("code 1234", "code 1234"),
        ("code 12345", "code {number}"),
        ("version 1.23456", "version 1.23456"),
        ("deadbeef", "deadbeef"),
        ("plain words", "plain words"),
    ],
)
def test_mask(raw, masked):
    assert mask(raw) == masked


@pytest.mark.parametrize(
    ("raw", "masked"),
    [
        ("tmp12345.tmp", "tmp{number}.tmp"),
        ("ab12cd34ef", "{hex}"),
        ("q7w2e9r4t5y6u8i1o3", "{random}"),
        ("s-1-5-18", "system"),
        ("{7c1d2e3f-1111-2222-3333-444455556666}", "{guid}"),
        ("system32", "system32"),
    ],
)
def test_mask_segment(raw, masked):
    assert mask_segment(raw) == masked


@few_examples
@given(WORDS, st.uuids(), st.integers(100_000, 10**12), st.datetimes().map(lambda m: m.strftime("%H:%M:%S")), WORDS)
def test_identity_between_words_is_masked(before, guid, number, clock, after):
    text = f"{before} {guid} {number} {clock} {after}"
    assert mask(text) == f"{before} {{guid}} {{number}} {{time}} {after}"


@few_examples
@given(st.lists(WORDS, max_size=8).map(" ".join))
def test_words_are_not_masked(text):
    assert mask(text) == text
    assert mask_segment(text) == text


@pytest.mark.parametrize("unit", ["a1", "7", "S-1-5-21-", "deadbeef-", "a@b.", "1:", "0x", "2024-01-03 "])
def test_masking_takes_linear_time(unit):
    assert_linear(mask, unit)
    assert_linear(mask_segment, unit)
