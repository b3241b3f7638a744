"""Memory stays bounded under unique long values in every place that a cache keys by (docs/dev/faults.md).

LOGLM_SOAK_EVENTS sets the number of events: 18,000 is the number at which the sidecar once had 1.1 GB.
"""

import json
import os
import random

import pytest

from loglm_bridge.model import default_folder
from tests.sidecar.process import Process

EVENTS = int(os.environ.get("LOGLM_SOAK_EVENTS", "1200"))
BATCH = 24
LENGTH = 60_000
#: 450 MB until the model knew 7,000 rules of its own, whose tests take 100 MB.
MAX_RESIDENT = 600_000_000
#: Bytes that all caches together report at most.
MAX_CACHES = 300_000_000

_SYSTEM = "<Provider Name='Microsoft-Windows-Sysmon'/><EventID>1</EventID><TimeCreated SystemTime='2026-01-01'/>"
_XML = "<Event><System>{system}</System><EventData>{data}</EventData></Event>"

SHAPES = (
    lambda text: {"raw": f"Jan  1 00:00:00 {text[:200]} sshd[1]: {text}"},
    lambda text: {"raw": json.dumps({"host": text, "message": text[:50]})},
    lambda text: {"raw": json.dumps({text: 1, "event": text[:60]})},
    lambda text: {"raw": json.dumps({"event_type": text, "a": 1})},
    lambda text: {"raw": json.dumps({f"{text[:40]}{i}": i for i in range(250)})},
    lambda text: {"raw": _XML.format(system=_SYSTEM, data=f"<Data Name='CommandLine'>{text}</Data>")},
    lambda text: {"raw": _XML.format(system=_SYSTEM, data=f"<Data Name='{text}'>x</Data>")},
    lambda text: {"raw": _XML.format(system=f"<Provider Name='{text}'/>{_SYSTEM}", data="")},
    lambda text: {"raw": _XML.format(system=f"<Computer>{text}</Computer>{_SYSTEM}", data="")},
    lambda text: {"raw": f"a={text} b=2 c=3", "host": text, "source": text, "sourcetype": text},
    lambda text: {"raw": json.dumps({"CommandLine": text, "ProcessId": text, "dest_port": "é" + text[:20_000]})},
)


@pytest.mark.slow
@pytest.mark.timeout(3_600)
def test_unique_long_values_do_not_fill_the_memory(tmp_path):
    folder = str(default_folder())
    sidecar = Process(tmp_path, "--model", folder, module="tests.sidecar.real").ready(60)
    try:
        peak = held = 0.0
        for start in range(0, EVENTS, BATCH):
            events = [SHAPES[i % len(SHAPES)](unique(i)) for i in range(start, start + BATCH)]
            answer = sidecar.ask("/v1/label", {"events": events})
            assert answer.status_code == 200, answer.text
            metrics = sidecar.metrics()
            peak = max(peak, metrics["process_resident_memory_bytes"])
            held = max(held, sum(value for name, value in metrics.items() if "cache_bytes" in name))
        print(f"{EVENTS} events: peak {peak / 1e6:.0f} MB, caches {held / 1e6:.0f} MB")
        assert peak <= MAX_RESIDENT
        assert held <= MAX_CACHES
    finally:
        sidecar.close()


def unique(number):
    """Return a long text that no other number has, with characters of one, two or four bytes."""
    draw = random.Random(number)
    wide = ("", "é", "\U0001f600")[number % 3]
    words = " ".join(f"{draw.getrandbits(64):x}{wide}" for _ in range(LENGTH // 18))
    return words.encode("utf-8")[:LENGTH].decode("utf-8", "ignore")
