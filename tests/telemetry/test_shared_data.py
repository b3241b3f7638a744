"""Public recordings: every event is read, nearly all are understood; skipped where the data is absent."""

import gzip
import json
from itertools import islice
from pathlib import Path

import pytest

from loglm_bridge.contract.event import Event
from loglm_bridge.telemetry import parse_and_canonicalise

FILES = (
    "atomic_evtx", "chronicle_parser_samples", "crowdsec_hub_tests", "eqllib_sysmon", "evtx_attack_samples",
    "evtx_baseline", "invictus_o365", "loghub_2k", "mixed_parser_samples", "netflow_cic2017",
    "open_xp_parser_samples", "open_xp_rules", "otrf_security_datasets", "panther_rule_tests",
    "sans504_s3_ransomware", "sc4s_vendor_samples", "sekoia_intake_formats", "stratosphere_testing",
    "zed_zeek_sample", "zeek_test_baselines",
)  # fmt: skip
TAKEN = 400


def every(shared: Path, name: str, step: int, most: int) -> list[Event]:
    """Return one event in `step` of the first `most` of a file; skips the test where it is absent."""
    path = shared / "data" / f"{name}.jsonl.gz"
    if not path.exists():
        pytest.skip(f"{path.name} is absent")
    with gzip.open(path, "rt", encoding="utf-8", errors="surrogatepass") as lines:
        rows = [json.loads(line) for line in islice(lines, 0, most, step)]
    return [Event(row["raw"], row["sourcetype"] or "", row["source"] or "", row.get("host") or "") for row in rows]


def events(path: Path) -> list[Event]:
    """Return the file's first events and, of the rest, every 97th."""
    with gzip.open(path, "rt", encoding="utf-8", errors="surrogatepass") as lines:
        rows = [json.loads(line) for line in islice(lines, 200)]
        rows += [json.loads(line) for line in islice(lines, 0, 97 * (TAKEN - 200), 97)]
    return [Event(raw=row["raw"], host=row.get("host") or "", sourcetype=row["sourcetype"] or "") for row in rows]


@pytest.mark.shared
@pytest.mark.parametrize("name", FILES)
def test_every_event_is_answered_and_nearly_all_are_understood(shared, name):
    path = shared / "data" / f"{name}.jsonl.gz"
    if not path.exists():
        pytest.skip(f"{path.name} is absent")
    seen = [parse_and_canonicalise(event) for event in events(path)]
    understood = sum(record.status in ("ok", "empty") for record, _ in seen)
    assert understood >= 0.995 * len(seen)
    for _, form in seen:
        form.text().encode("utf-8")
