"""Backgrounds: ordinary events alone, none of a held-out recording, the same sample for the same seed."""

import gzip
import json
import random

from loglm_bridge.lab.data import backgrounds
from loglm_bridge.lab.data.sources import read_events, validation_groups


def rows(path):
    with gzip.open(path, "rt") as lines:
        return [json.loads(line) for line in lines]


def test_neither_held_out_events_nor_rule_hits_are_sampled(data, tmp_path):
    backgrounds.collect(data.folder, validation_groups(data.split), tmp_path / "b.gz", 1)
    sampled = {raw for _, _, raw in rows(tmp_path / "b.gz")}
    events = list(read_events(data.folder / "otrf_security_datasets.jsonl.gz"))
    allowed = {e.event.raw for e in events if e.group not in data.held_out and not e.hits}
    allowed |= {e.event.raw for e in read_events(data.folder / "evtx_baseline.jsonl.gz")}
    assert sampled
    assert sampled <= allowed
    assert not any("Heldoutword" in raw for raw in sampled)


def test_the_same_seed_gives_the_same_sample_of_limited_size(data, tmp_path, monkeypatch):
    monkeypatch.setattr(backgrounds, "PER_KIND", 2)
    for name in ("a.gz", "b.gz"):
        backgrounds.collect(data.folder, {}, tmp_path / name, 7)
    assert rows(tmp_path / "a.gz") == rows(tmp_path / "b.gz")
    keys = [key for _, key, _ in rows(tmp_path / "a.gz")]
    assert max(keys.count(k) for k in keys) == 2


def test_a_record_is_of_the_given_kind(data, tmp_path):
    ordinary = backgrounds.collect(data.folder, {}, tmp_path / "b.gz", 1)
    rng = random.Random(0)
    assert ordinary.record("sysmon:1", rng).kind == "sysmon:1"
    assert ordinary.record("sysmon:999", rng) is None
    assert ordinary.raw("never:heard", rng) is None
    assert json.loads(ordinary.raw("aws:cloudtrail", rng))["eventName"]
