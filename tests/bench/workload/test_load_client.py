"""Asking a real sidecar: all events are answered, windows stay whole, arrivals do not wait for answers."""

import asyncio
import json
import re

import pytest

from loglm_bridge.bench.environment import label
from loglm_bridge.bench.workload import load_client, streams
from loglm_bridge.bench.workload.load_client import Asker
from loglm_bridge.contract.errors import BadReply


def received(sidecar) -> int:
    """How many events the sidecar has been asked about."""
    text = load_client.fetch(sidecar.asker, "/metrics").decode()
    found = re.search(r"^loglm_events_received_total (\d+)$", text, re.MULTILINE)
    assert found
    return int(found[1])


def test_every_event_of_a_stretch_is_asked_about_once(setting, sidecar):
    before = received(sidecar)
    assert label([sidecar], setting.streams["samples"], 7, 130, batch=50) > 0
    assert received(sidecar) - before == 130


def test_windows_of_an_entity_stay_whole(sidecar):
    events = list(streams.flows(pairs=3).events(0, 90))
    bodies = [json.loads(body) for body in load_client.requests(events, 40, together=True)]
    entities = [{event["entity"] for event in body["events"]} for body in bodies]
    assert sum(map(len, entities)) == len(set.union(*entities)) == 3
    assert sum(len(body["events"]) for body in bodies) == 90
    assert all(body["options"]["sequence"] and body["options"]["distinct"] for body in bodies)


def test_a_refused_request_ends_the_benchmark(sidecar):
    stranger = Asker(sidecar.url, "not the token")
    with pytest.raises(BadReply, match="401"):
        load_client.closed([stranger], load_client.requests(list(streams.distinct().events(0, 2)), 2), 2)


def test_an_event_without_an_answer_ends_the_benchmark(sidecar):
    bodies = load_client.requests(list(streams.distinct().events(0, 5)), 2)
    with pytest.raises(BadReply, match="6 events were sent and 5 answered"):
        load_client.closed([sidecar.asker], bodies, 6)


def test_arrivals_do_not_wait_for_answers(sidecar):
    arrived, all_there = [], asyncio.Event()

    async def answered_when_all_are_there() -> bytes:
        arrived.append(1)
        if len(arrived) == 20:
            all_there.set()
        await all_there.wait()
        return b""

    assert len(load_client.arriving(sidecar.asker, [answered_when_all_are_there] * 20, rate=500, seed=1)) == 20


def test_calls_one_after_the_other_are_each_measured(sidecar):
    calls = [lambda: sidecar.asker.get("/health/live")] * 3
    assert len([seconds for seconds in load_client.alone(sidecar.asker, calls) if seconds > 0]) == 3
