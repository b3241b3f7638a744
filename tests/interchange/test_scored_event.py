"""Scored events in all text formats: benign ones have no techniques, and any text can be written."""

import json

import pytest

from loglm_bridge.interchange import navigator, ocsf, vigil
from tests.interchange.scored_events import scored


@pytest.mark.parametrize("lines", [vigil.findings, ocsf.findings, navigator.lines])
def test_a_lone_surrogate_does_not_stop_an_export(lines):
    (line,) = lines([scored("a\ud800b", host="\udfff")])
    assert json.loads(line.encode("utf-8"))


def test_a_benign_event_has_no_techniques():
    event = scored(score=0.1)
    assert event.row["techniques"]
    assert vigil.finding(event)["mitre_predictions"] == {}
    assert ocsf.finding(event)["finding_info"]["attacks"] == []
