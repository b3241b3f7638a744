"""Marks: amounts in quarter octaves, sameness instead of addresses, and no address that could be read out of them."""

import json
import random

import numpy as np
import pytest

from loglm_bridge.contract.event import Event
from loglm_bridge.model.steps import MARKS, ROWS, Step, marks, step_of
from loglm_bridge.telemetry import read

NAMES = list(MARKS)
OFFSETS = dict(zip(NAMES, np.concatenate([[0], np.cumsum(list(MARKS.values()))[:-1]]), strict=True))


CONN = (
    "ts", "uid", "id.orig_h", "id.orig_p", "id.resp_h", "id.resp_p", "proto", "duration", "orig_bytes", "resp_bytes",
    "conn_state", "orig_pkts", "resp_pkts",
)  # fmt: skip


def flow(time=0.0, **changes):
    fields = {
        "src_ip": "10.0.0.5", "src_port": 51000, "dest_ip": "203.0.113.9", "dest_port": 443, "flow_dur": 0.25,
        "fwd_bytes": 800, "bwd_bytes": 2400, "total_fwd_pkts": 6, "total_bwd_pkts": 7,
    } | changes  # fmt: skip
    event = Event(raw=json.dumps(fields), sourcetype="netflow:json", time=time)
    return step_of(read(event), event)


def told(steps, name, keys=None):
    rows = marks(steps, keys or [b"k"] * len(steps))
    return [int(row[NAMES.index(name)] - OFFSETS[name]) for row in rows]


def test_every_exporter_gives_the_same_step():
    values = (0.0, "C1", "10.0.0.5", 51000, "203.0.113.9", 443, "tcp", 0.25, 800, 2400, "SF", 6, 7)
    zeek = {"_path": "conn", **dict(zip(CONN, values, strict=True))}
    event = Event(raw=json.dumps(zeek), sourcetype="zeek:conn:json", time=0.0)
    assert step_of(read(event), event) == flow()


def test_amounts_stand_in_quarter_octaves():
    assert flow(fwd_bytes=0).amounts[0] == 1
    assert flow(fwd_bytes=1).amounts[0] == 2
    assert flow(fwd_bytes=1024).amounts[0] == 42
    assert flow(fwd_bytes=1024).amounts[0] == flow(fwd_bytes=1200).amounts[0] == flow(fwd_bytes=1300).amounts[0] - 1
    assert flow(fwd_bytes=2**200).amounts[0] == MARKS["fwd_bytes"] - 1
    assert Step(0.0).amounts == (0, 0, 0, 0, 0)


def test_a_beat_is_told_from_noise():
    steady = [flow(60.0 * i) for i in range(4)]
    assert told(steady, "beat") == [1, 1, 2, 2]
    assert told([flow(t) for t in (0, 60, 70, 500)], "beat")[2:] != [2, 2]


def test_addresses_are_compared_not_read():
    rng = random.Random(4)
    plain = [("10.0.0.5", f"203.0.113.{rng.randrange(5)}") for _ in range(30)]
    names = {address for pair in plain for address in pair}
    drawn = {a: ("10.9.8." if a.startswith("10.") else "198.51.100.") + a.rpartition(".")[2] for a in names}
    one, other = (
        marks([flow(i, src_ip=m[s], dest_ip=m[d]) for i, (s, d) in enumerate(plain)], [b"k"] * 30)
        for m in ({a: a for a in names}, drawn)
    )
    assert one.tolist() == other.tolist()


@pytest.mark.parametrize(("port", "mark"), [(51000, 1), (51001, 2), (51009, 3), (50000, 4)])
def test_a_ports_move_is_told(port, mark):
    assert told([flow(), flow(1.0, src_port=port)], "source_port") == [0, mark]


def test_fan_out_and_repeats_are_counted():
    steps = [flow(i, dest_ip=f"203.0.113.{i}", dest_port=i + 1) for i in range(5)]
    assert told(steps, "destinations") == told(steps, "ports") == [1, 2, 2, 3, 3]
    assert told(steps, "repeats", [b"a", b"b", b"a", b"a", b"a"]) == [1, 1, 2, 2, 3]


def test_marks_stay_in_their_rows_and_no_step_looks_like_padding():
    rng = random.Random(2)
    steps = [
        flow(rng.choice([0, 1e-9, 5, 1e9]), src_port=rng.choice([0, 80, 65535]), fwd_bytes=rng.choice([0, 7, 1e30]))
        for _ in range(60)
    ]
    rows = marks([*steps, Step(1e12)], [b"k"] * 61)
    ends = np.cumsum(list(MARKS.values()))
    assert (rows < ends).all()
    assert (rows >= ends - list(MARKS.values())).all()
    assert (rows[:, 0] > 0).all()
    assert rows.max() < ROWS
