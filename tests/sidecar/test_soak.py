"""Memory does not grow under a mix of good, failing and refused requests."""

import json
import random
import time
from statistics import median

import pytest
import requests

from tests.sidecar.process import check_counters

SECONDS = 25
ROUNDS = 30


@pytest.mark.slow
def test_memory_does_not_grow(start):
    sidecar = start("--connections", "64").ready()
    draw = random.Random(7)
    samples = []
    session = requests.Session()
    session.trust_env = False
    until = time.monotonic() + SECONDS
    while time.monotonic() < until or len(samples) < ROUNDS:
        for _ in range(30):
            send_request(sidecar, session, draw)
        samples.append(sidecar.metrics()["process_resident_memory_bytes"])
    session.close()
    third = len(samples) // 3
    # one step of the allocator is no leak; ten rounds of leaked events, half a megabyte each, are more than a tenth
    assert median(samples[-third:]) < 1.1 * median(samples[third:-third])
    check_counters(sidecar.metrics())
    assert sidecar.stop() == 0


def send_request(sidecar, session, draw):
    """Send one request of the mix."""
    size = draw.choice((1, 50, 500))
    raws = [f"event {draw.random()} " + "x" * draw.randrange(200) for _ in range(size)]
    if draw.random() < 0.1:
        raws[0] = f"CRASH {draw.random()}"
    body = json.dumps({"events": [{"raw": raw} for raw in raws], "options": {"embedding": draw.random() < 0.3}})
    token = sidecar.token if draw.random() < 0.9 else "wrong"
    if draw.random() < 0.1:
        body = body[: len(body) // 2]
    headers = {"Authorization": f"Bearer {token}"}
    answer = session.post(sidecar.url + "/v1/label", data=body, headers=headers, timeout=20)
    assert answer.status_code in (200, 400, 401)
