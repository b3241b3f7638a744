"""GUIDs that name a behaviour."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loglm_bridge.telemetry.canonical.guids import guid
from tests.telemetry.parsing import few_examples

GUID = re.compile(r"%?\{?[0-9a-fA-F-]{36}\}?")


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("1131f6aa-9c07-11d1-f79f-00c04fc2dcd2", "{ds-replication-get-changes}"),
        ("{1131F6AA-9C07-11D1-F79F-00C04FC2DCD2}", "{ds-replication-get-changes}"),
        ("%{bf967aba-0de6-11d0-a285-00aa003049e2}", "{user-class}"),
        ("367abb81-9844-35f1-ad32-98f038001003", "{rpc-svcctl}"),
        ("00000000-0000-0000-0000-000000000000", "{zero-guid}"),
    ],
)
def test_known_guids_become_their_meaning(text, name):
    assert GUID.sub(guid, text) == name


@few_examples
@given(st.uuids(version=4))
def test_other_guids_become_a_placeholder(value):
    assert GUID.sub(guid, f"{{{value}}}") == "{guid}"
