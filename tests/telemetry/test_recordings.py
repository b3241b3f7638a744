"""Public recordings: every event is parsed, nearly all are understood; skipped where the data is absent."""

import pytest

from loglm_bridge.telemetry import parse_and_canonicalise
from tests.telemetry.recordings import FILES, sampled_events


@pytest.mark.shared
@pytest.mark.parametrize("name", FILES)
def test_nearly_all_events_are_understood_with_the_sourcetype_and_without(shared, name):
    events = sampled_events(shared, name, 53, 20_000)
    for hinted in (events, [event._replace(sourcetype="") for event in events]):
        parsed = [parse_and_canonicalise(event) for event in hinted]
        understood = sum(record.status in ("ok", "empty") for record, _ in parsed)
        assert understood >= 0.995 * len(parsed)
        for _, form in parsed:
            assert len(form.text().encode("utf-8")) < 200_000
