"""Navigator layers: each technique once, with its score in percent."""

import json

from hypothesis import given
from hypothesis import strategies as st

from loglm_bridge.interchange import navigator
from tests.interchange.scored_events import any_event


@given(st.lists(any_event, max_size=6))
def test_a_navigator_layer_names_each_technique_once(events):
    layer = json.loads(next(navigator.lines(events)))
    assert layer["domain"] == "enterprise-attack"
    assert layer["versions"]["layer"] == "4.5"
    ids = [technique["techniqueID"] for technique in layer["techniques"]]
    counted = [event for event in events if event.malicious and event.row["techniques"]]
    assert ids == sorted({event.row["techniques"][0][0] for event in counted})
    assert all(0 <= technique["score"] <= 100 for technique in layer["techniques"])
