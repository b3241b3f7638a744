"""The message of a search about rows without labels."""

import pytest

from loglm_bridge.contract.errors import SidecarOverloaded, SidecarTimeout, SidecarUnavailable
from loglm_bridge.splunk.user_messages import Tally, failure, internal_error, summary


def message_of(reason=None, prefix="loglm_", field="_raw", **statuses):
    """Return the message of a search whose rows have these statuses."""
    tally = Tally()
    tally.statuses.update(statuses)
    if reason:
        tally.note_reason(reason)
    return summary(tally, field=field, prefix=prefix, ref="7f3a")


@pytest.mark.parametrize("statuses", [{}, {"ok": 5}])
def test_no_message_where_all_rows_are_labelled(statuses):
    assert message_of(**statuses) is None


def test_message_says_what_how_many_consequence_and_advice():
    assert message_of(SidecarUnavailable("sidecar not reachable at 127.0.0.1:8765"), unavailable=1240) == (
        "LogLM: sidecar not reachable at 127.0.0.1:8765. 1,240 of 1,240 events returned without labels "
        "(loglm_status=unavailable). Check that `loglm serve` is running. ref=7f3a"
    )


def test_message_of_an_overloaded_sidecar():
    assert message_of(SidecarOverloaded("the sidecar is busy"), ok=4700, overloaded=300) == (
        "LogLM: the sidecar is busy. 300 of 5,000 events returned without labels (loglm_status=overloaded). "
        "Narrow the search or run more sidecar workers. ref=7f3a"
    )


def test_message_with_all_statuses_is_one_line():
    text = message_of(SidecarTimeout("no answer"), "x_", "a\nb", timeout=1, error=2, empty=3, unparsed=4)
    assert text == (
        "LogLM: no answer. 3 of 10 events returned without labels (x_status=timeout 1, error 2). Raise `timeout` in "
        'loglm.conf or check the sidecar\'s health. 3 of 10 events have no text in field "a\\nb" (x_status=empty). '
        "4 of 10 events contain nothing LogLM can read (x_status=unparsed). ref=7f3a"
    )


def test_message_without_a_reason():
    assert message_of(ok=9, error=1) == "LogLM: 1 of 10 events returned without labels (loglm_status=error). ref=7f3a"


def test_tally_keeps_the_first_reason():
    tally = Tally()
    tally.note_reason(SidecarTimeout("first"))
    tally.note_reason(SidecarTimeout("second"))
    assert str(tally.reason) == "first"
    tally.statuses.update(ok=2, timeout=1)
    assert (str(tally), tally.rows) == ("rows=3 ok=2 timeout=1", 3)


def test_messages_of_a_search_that_stops():
    assert failure(SidecarUnavailable("gone"), "7f3a") == "LogLM: gone. Check that `loglm serve` is running. ref=7f3a"
    assert internal_error(KeyError("secret"), "7f3a") == (
        "LogLM: internal error (KeyError). Look for ref=7f3a in index=_internal source=*loglm*"
    )
