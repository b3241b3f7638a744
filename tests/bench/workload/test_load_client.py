"""Load on a real sidecar: all events are answered, windows stay whole, arrivals do not wait for replies."""

import asyncio
import json
import re

import pytest

from loglm_bridge.bench.environment import label_events
from loglm_bridge.bench.workload import load_client, streams
from loglm_bridge.bench.workload.load_client import LoadClient
from loglm_bridge.contract.errors import BadReply


def received(sidecar) -> int:
    """The events that the sidecar has received."""
    text = load_client.fetch(sidecar.client, "/metrics").decode()
    match = re.search(r"^loglm_events_received_total (\d+)$", text, re.MULTILINE)
    assert match
    return int(match[1])


def test_every_event_of_a_stretch_is_sent_once(environment, sidecar):
    before = received(sidecar)
    assert label_events([sidecar], environment.streams["samples"], 7, 130, batch=50) > 0
    assert received(sidecar) - before == 130


def test_windows_of_an_entity_stay_whole(sidecar):
    events = list(streams.flows(pairs=3).events(0, 90))
    bodies = [json.loads(body) for body in load_client.requests(events, 40, by_entity=True)]
    entities = [{event["entity"] for event in body["events"]} for body in bodies]
    assert sum(map(len, entities)) == len(set.union(*entities)) == 3
    assert sum(len(body["events"]) for body in bodies) == 90
    assert all(body["options"]["sequence"] and body["options"]["distinct"] for body in bodies)


def test_a_refused_request_ends_the_benchmark(sidecar):
    unauthorised = LoadClient(sidecar.url, "not the token")
    with pytest.raises(BadReply, match="401"):
        load_client.run_closed_loop([unauthorised], load_client.requests(list(streams.distinct().events(0, 2)), 2), 2)


def test_an_event_without_a_verdict_ends_the_benchmark(sidecar):
    bodies = load_client.requests(list(streams.distinct().events(0, 5)), 2)
    with pytest.raises(BadReply, match="6 events were sent and 5 answered"):
        load_client.run_closed_loop([sidecar.client], bodies, 6)


def test_arrivals_do_not_wait_for_replies(sidecar):
    arrived, all_arrived = [], asyncio.Event()

    async def reply_after_all_arrived() -> bytes:
        arrived.append(1)
        if len(arrived) == 20:
            all_arrived.set()
        await all_arrived.wait()
        return b""

    assert len(load_client.run_open_loop(sidecar.client, [reply_after_all_arrived] * 20, rate=500, seed=1)) == 20


def test_calls_one_after_the_other_are_each_measured(sidecar):
    calls = [lambda: sidecar.client.get("/health/live")] * 3
    assert len([seconds for seconds in load_client.run_sequentially(sidecar.client, calls) if seconds > 0]) == 3
