"""Backgrounds: ordinary events only, none of a held-out recording, the same draw every time."""

import gzip
import json
import random

from loglm_bridge.lab.data import backgrounds
from loglm_bridge.lab.data.sources import read_events, validation_groups


def rows(path):
    with gzip.open(path, "rt") as lines:
        return [json.loads(line) for line in lines]


def test_neither_held_out_nor_hit_events_are_drawn(data, tmp_path):
    backgrounds.collect(data.folder, validation_groups(data.split), tmp_path / "b.gz", 1)
    taken = {raw for _, _, raw in rows(tmp_path / "b.gz")}
    events = list(read_events(data.folder / "otrf_security_datasets.jsonl.gz"))
    allowed = {e.event.raw for e in events if e.group not in data.held_out and not e.hits}
    allowed |= {e.event.raw for e in read_events(data.folder / "evtx_baseline.jsonl.gz")}
    assert taken
    assert taken <= allowed
    assert not any("Heldoutword" in raw for raw in taken)


def test_the_same_seed_draws_the_same_and_a_pool_is_bounded(data, tmp_path, monkeypatch):
    monkeypatch.setattr(backgrounds, "PER_KIND", 2)
    for name in ("a.gz", "b.gz"):
        backgrounds.collect(data.folder, {}, tmp_path / name, 7)
    assert rows(tmp_path / "a.gz") == rows(tmp_path / "b.gz")
    keys = [key for _, key, _ in rows(tmp_path / "a.gz")]
    assert max(keys.count(k) for k in keys) == 2


def test_a_record_is_of_the_kind_asked_for(data, tmp_path):
    found = backgrounds.collect(data.folder, {}, tmp_path / "b.gz", 1)
    rng = random.Random(0)
    assert found.record("sysmon:1", rng).kind == "sysmon:1"
    assert found.record("sysmon:999", rng) is None
    assert found.raw("never:heard", rng) is None
    assert json.loads(found.raw("aws:cloudtrail", rng))["eventName"]
