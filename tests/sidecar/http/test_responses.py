"""Bodies of answers that are written in a quick way say what the contract's own way says."""

import json

from hypothesis import given
from hypothesis import strategies as st

from loglm_bridge.sidecar.http.responses import texts
from tests.contract.strategies import TEXT


@given(st.dictionaries(TEXT, TEXT, max_size=5))
def test_texts_are_read_as_they_were_written(told):
    assert json.loads(texts(told)) == told


def test_a_lone_surrogate_travels():
    assert json.loads(texts({"\ud800": "1:"})) == {"\ud800": "1:"}
