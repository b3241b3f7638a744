"""The ablations of context change one property of the events and nothing else."""

import json

from loglm_bridge.contract.event import Event
from loglm_bridge.lab.data.sources import LabelledEvent
from loglm_bridge.lab.evaluate import context_ablation


def flow(i, src="10.0.0.5", dest="203.0.113.9", time=None):
    raw = json.dumps({"src_ip": src, "src_port": 5, "dest_ip": dest, "dest_port": 443, "fwd_bytes": i, "flow_dur": 1})
    event = Event(raw, sourcetype="netflow:json", time=1000.0 + 60 * i if time is None else time)
    return LabelledEvent(f"e{i}", "s", "g", event, "benign", (), ())


EVENTS = [flow(i, dest=f"203.0.113.{i % 2}") for i in range(10)]


def test_the_entity_is_the_pair_of_a_flow_and_the_host_of_other_events():
    assert context_ablation.entity(EVENTS[0].event) == "10.0.0.5\x1f203.0.113.0"
    assert context_ablation.entity(Event("sshd[1]: session opened for user root", host="web1")) == "web1"


def test_by_source_the_entity_of_a_flow_is_its_source_address():
    assert context_ablation.source(EVENTS[0].event) == "10.0.0.5"
    assert context_ablation.source(Event("sshd[1]: session opened for user root", host="web1")) == "web1"


def test_shuffling_permutes_the_times_of_an_entity():
    permuted = context_ablation.shuffled(EVENTS)
    assert [e.event.raw for e in permuted] == [e.event.raw for e in EVENTS]
    for start in (0, 1):
        own, other = ([e.event.time for e in events[start::2]] for events in (EVENTS, permuted))
        assert own != other
        assert own == sorted(other)


def test_without_gaps_the_order_stays():
    dense = context_ablation.without_gaps(list(reversed(EVENTS)))
    assert max(e.event.time for e in dense) < 1e-3
    assert [e.id for e in sorted(dense, key=lambda e: e.event.time)] == [e.id for e in EVENTS]


def test_addresses_are_replaced_consistently_and_private_ones_stay_private():
    rows = [json.loads(e.event.raw) for e in context_ablation.with_random_addresses(EVENTS)]
    assert {row["src_ip"].partition(".")[0] for row in rows} == {"10"}
    assert len({row["src_ip"] for row in rows}) == 1
    assert [row["dest_ip"] for row in rows[::2]] == [rows[0]["dest_ip"]] * 5
    assert rows[0]["dest_ip"] != rows[1]["dest_ip"]
    assert not {row["dest_ip"] for row in rows} & {"203.0.113.0", "203.0.113.1"}
    assert [row["fwd_bytes"] for row in rows] == list(range(10))
