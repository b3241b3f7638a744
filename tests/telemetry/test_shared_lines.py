"""Small draws from ../shared/data: nothing raises, nearly everything is read, with the hint and without."""

import gzip
import json
from itertools import islice

import pytest

from loglm_bridge.contract.event import Event
from loglm_bridge.telemetry import parse_and_canonicalise

FILES = {
    "crowdsec_hub_tests": 11, "loghub_2k": 97, "sc4s_vendor_samples": 3, "sekoia_intake_formats": 11,
    "stratosphere_testing": 301, "mixed_parser_samples": 89, "zeek_test_baselines": 29, "netflow_cic2017": 701,
}  # fmt: skip


@pytest.mark.shared
@pytest.mark.parametrize("name", FILES)
def test_events_are_read(shared, name):
    path = shared / "data" / f"{name}.jsonl.gz"
    if not path.is_file():
        pytest.skip(f"{path.name} is absent")
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        events = [json.loads(line) for line in islice(lines, 0, None, FILES[name])]
    statuses = []
    for event in events:
        for hint in ("", event["sourcetype"] or ""):
            record, form = parse_and_canonicalise(Event(event["raw"], sourcetype=hint))
            statuses.append(record.status)
            assert len(form.text()) < 60_000
    assert statuses.count("ok") >= 0.97 * len(statuses)
