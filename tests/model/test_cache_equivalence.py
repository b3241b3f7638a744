"""Cached verdicts are the bytes of uncached ones: recorded events, in random order and batches."""

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
from tests.telemetry.recordings import FILES

#: Of each file, every n-th line is read.
EVERY = 97


def batches(events, rng):
    """Yield the events in batches of random sizes."""
    start = 0
    while start < len(events):
        size = rng.choice((1, 2, 7, 40, 300))
        yield events[start : start + size]
        start += size


def encoded_verdicts(labeller, events, rng, clear):
    """Return the bytes of each event's verdict; with `clear` the caches are cleared before each batch."""
    bodies = []
    for batch in batches(events, rng):
        if clear:
            labeller.close()
        bodies += [write_verdict(verdict) for verdict in labeller.label(batch, Options())]
    return bodies


@pytest.mark.shared
@pytest.mark.slow
def test_cached_and_uncached_verdicts_are_the_same_bytes(shared):
    rng, events = random.Random(5), []
    for name in FILES:
        with gzip.open(shared / "data" / f"{name}.jsonl.gz", "rt", encoding="utf-8", errors="surrogatepass") as lines:
            rows = [json.loads(line) for line in islice(lines, 0, 8_000, EVERY)]
        events += [Event(r["raw"], r["sourcetype"] or "", r["source"] or "", r.get("host") or "") for r in rows]
    events = rng.sample(events * 2, 2 * len(events))
    caching, uncached = (Labeller.load(SHIPPED / "loglm-small") for _ in range(2))
    expected = encoded_verdicts(uncached, events, rng, clear=True)
    assert encoded_verdicts(caching, events, rng, clear=False) == expected
    order = rng.sample(range(len(events)), len(events))
    again = encoded_verdicts(caching, [events[i] for i in order], rng, clear=False)
    assert again == [expected[i] for i in order]
