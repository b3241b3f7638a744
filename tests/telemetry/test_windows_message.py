"""Rendered text of Windows events taken apart."""

import re

from hypothesis import given
from hypothesis import strategies as st

from loglm_bridge.telemetry.families.windows import rendered_message
from loglm_bridge.telemetry.families.windows.rendered_message import context

PIECES = st.sampled_from(
    ["\n", "\r\n", " ", "\t", "=", " = ", "User", "Host Application", "HostApplication", "UserId", "x", "Details:", "é"]
)


@given(st.lists(PIECES, max_size=30).map("".join))
def test_keys_are_found_at_the_beginnings_of_lines(text):
    lines = re.compile("^" + rendered_message._CONTEXT_KEY.pattern, re.MULTILINE)
    assert [key.span() for key in rendered_message._context_keys(text)] == [key.span() for key in lines.finditer(text)]


def test_values_run_up_to_the_next_key_and_details_are_the_payload():
    text = "\tUserId=ann\n\tHostApplication=a.exe -x a=b\n y\nScriptName=\nDetails:\nfirst\nlast"
    assert context(text) == [("User", "ann"), ("HostApplication", "a.exe -x a=b\n y"), ("Payload", "first\nlast")]
    assert context("nothing = known") == []
