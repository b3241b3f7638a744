"""Times of events as splunkd renders them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loglm_bridge.splunk.modinput.answer.event_time import epoch_of

#: 2026-11-29 16:33:18.25 UTC.
TIME = 1_795_969_998.25


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-29 16:33:18.250 GMT",
        "2026-11-29 17:33:18.250 CET",
        "2026-11-29 18:33:18.250 CEST",
        "2026-11-29 11:33:18.250 EST",
        "2026-11-29 22:03:18.250 IST",
        "2026-11-29 18:33:18.250 IST",
        "2026-11-30 00:33:18.250 CST",
        "2026-11-29 10:33:18.250 CST",
        "2026-11-29 13:33:18.250 -03",
        "2026-11-29 22:18:18.250 +0545",
        "2026-11-29 20:33:18.250 XYZT",
        "2026-11-29T16:33:18.250+00:00",
        "2026-11-29T16:33:18.25Z",
        "2026-11-29 16:33:18.250000000 UTC",
        "1795969998.25",
        "1795969998.250000",
    ],
)
def test_forms_of_one_time(text):
    assert epoch_of(text, 1_795_970_000) == TIME


def test_first_meaning_of_a_zone_counts_without_an_index_time():
    assert epoch_of("2026-11-29 10:33:18.250 CST", None) == TIME


@pytest.mark.parametrize(
    "text", ["", "yesterday", "2026-11-29", "2026-02-30 00:00:00 GMT", "nan", "1e999", "Nov 29 2026"]
)
def test_anything_else_is_no_time(text):
    assert epoch_of(text, 1_795_970_000) is None


@given(st.text(), st.none() | st.integers(0, 2**31))
def test_no_text_raises(text, index_time):
    epoch_of(text, index_time)
    epoch_of(f"2026-11-29 16:33:18.{text}", index_time)
