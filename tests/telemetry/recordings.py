"""Samples of public recordings in the folder of third-party data."""

import gzip
import json
from itertools import islice
from pathlib import Path

import pytest

from loglm_bridge.contract.event import Event

FILES = (
    "atomic_evtx", "chronicle_parser_samples", "crowdsec_hub_tests", "eqllib_sysmon", "evtx_attack_samples",
    "evtx_baseline", "invictus_o365", "loghub_2k", "mixed_parser_samples", "netflow_cic2017",
    "open_xp_parser_samples", "open_xp_rules", "otrf_security_datasets", "panther_rule_tests",
    "sans504_s3_ransomware", "sc4s_vendor_samples", "sekoia_intake_formats", "stratosphere_testing",
    "zed_zeek_sample", "zeek_test_baselines",
)  # fmt: skip


def sampled_events(shared: Path, name: str, step: int, limit: int) -> list[Event]:
    """Return one event in `step` of the first `limit` of a file; skips the test where the file is absent."""
    path = shared / "data" / f"{name}.jsonl.gz"
    if not path.exists():
        pytest.skip(f"{path.name} is absent")
    with gzip.open(path, "rt", encoding="utf-8", errors="surrogatepass") as lines:
        rows = [json.loads(line) for line in islice(lines, 0, limit, step)]
    return [Event(row["raw"], row["sourcetype"] or "", row["source"] or "", row.get("host") or "") for row in rows]
