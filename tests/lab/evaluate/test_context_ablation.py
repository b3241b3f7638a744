"""The ablations of context change what they say and nothing else."""

import json

from loglm_bridge.contract.event import Event
from loglm_bridge.lab.data.sources import LabelledEvent
from loglm_bridge.lab.evaluate import context_ablation


def flow(i, src="10.0.0.5", dest="203.0.113.9", time=None):
    raw = json.dumps({"src_ip": src, "src_port": 5, "dest_ip": dest, "dest_port": 443, "fwd_bytes": i, "flow_dur": 1})
    event = Event(raw, sourcetype="netflow:json", time=1000.0 + 60 * i if time is None else time)
    return LabelledEvent(f"e{i}", "s", "g", event, "benign", (), ())


EVENTS = [flow(i, dest=f"203.0.113.{i % 2}") for i in range(10)]


def test_flows_are_of_their_pair_and_the_rest_of_its_host():
    assert context_ablation.entity(EVENTS[0].event) == "10.0.0.5\x1f203.0.113.0"
    assert context_ablation.entity(Event("sshd[1]: session opened for user root", host="web1")) == "web1"


def test_by_source_a_flow_is_of_its_source_alone():
    assert context_ablation.source(EVENTS[0].event) == "10.0.0.5"
    assert context_ablation.source(Event("sshd[1]: session opened for user root", host="web1")) == "web1"


def test_shuffling_deals_the_times_of_an_entity_out_anew():
    mixed = context_ablation.shuffled(EVENTS)
    assert [e.event.raw for e in mixed] == [e.event.raw for e in EVENTS]
    for start in (0, 1):
        own, other = ([e.event.time for e in events[start::2]] for events in (EVENTS, mixed))
        assert own != other
        assert own == sorted(other)


def test_without_gaps_the_order_stays():
    flat = context_ablation.without_gaps(list(reversed(EVENTS)))
    assert max(e.event.time for e in flat) < 1e-3
    assert [e.id for e in sorted(flat, key=lambda e: e.event.time)] == [e.id for e in EVENTS]


def test_addresses_are_drawn_anew_the_same_for_the_same_and_private_stays_private():
    found = [json.loads(e.event.raw) for e in context_ablation.redrawn(EVENTS)]
    assert {row["src_ip"].partition(".")[0] for row in found} == {"10"}
    assert len({row["src_ip"] for row in found}) == 1
    assert [row["dest_ip"] for row in found[::2]] == [found[0]["dest_ip"]] * 5
    assert found[0]["dest_ip"] != found[1]["dest_ip"]
    assert not {row["dest_ip"] for row in found} & {"203.0.113.0", "203.0.113.1"}
    assert [row["fwd_bytes"] for row in found] == list(range(10))
