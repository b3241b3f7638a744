"""A remembered answer is the answer that would be given anew: real events, in random order and batches."""

import gzip
import json
import random
from itertools import islice

import pytest

from loglm_bridge.contract.event import Event
from loglm_bridge.contract.reply import write_verdict
from loglm_bridge.contract.wire import Options
from loglm_bridge.model.labeller import Labeller
from loglm_bridge.model.registry import SHIPPED
from tests.telemetry.test_shared_data import FILES

#: Lines of each file between two events that are taken.
EVERY = 97


def batches(events, rng):
    """Cut the events into batches of random sizes."""
    start = 0
    while start < len(events):
        size = rng.choice((1, 2, 7, 40, 300))
        yield events[start : start + size]
        start += size


def answers(labeller, events, rng, forget):
    """The bytes of each event's answer; with `forget` nothing is remembered from batch to batch."""
    out = []
    for batch in batches(events, rng):
        if forget:
            labeller.close()
        out += [write_verdict(verdict) for verdict in labeller.label(batch, Options())]
    return out


@pytest.mark.shared
@pytest.mark.slow
def test_cached_and_fresh_answers_are_the_same_bytes(shared):
    rng, events = random.Random(5), []
    for name in FILES:
        with gzip.open(shared / "data" / f"{name}.jsonl.gz", "rt", encoding="utf-8", errors="surrogatepass") as lines:
            rows = [json.loads(line) for line in islice(lines, 0, 8_000, EVERY)]
        events += [Event(r["raw"], r["sourcetype"] or "", r["source"] or "", r.get("host") or "") for r in rows]
    events = rng.sample(events * 2, 2 * len(events))
    remembering, forgetful = (Labeller.load(SHIPPED / "loglm-small") for _ in range(2))
    wanted = answers(forgetful, events, rng, forget=True)
    assert answers(remembering, events, rng, forget=False) == wanted
    order = rng.sample(range(len(events)), len(events))
    again = answers(remembering, [events[i] for i in order], rng, forget=False)
    assert again == [wanted[i] for i in order]
