"""A test double of the model, for tests of the HTTP service only: its verdicts are a hash of the text.

Its faults are set by the text of the event: HANG, REGEX (hangs without releasing the GIL), CRASH, NAN, SHORT (one
verdict too few), SLOW <seconds>, HOLD <path> (until that file exists), ALLOCATE <MiB>, SEQUENCE (fails in a sequence
only). Or by the variable DOUBLE: refuse, untested, late <seconds>, broken <path> (from the first event with BREAK on;
a reload waits for that file, if one is named).

    python -m tests.sidecar.double --port 0       is `loglm serve` with this model
"""

from __future__ import annotations

import argparse
import math
import os
import re
import sys
import threading
import time
from hashlib import sha256
from pathlib import Path

from loglm_bridge.contract.attack import technique
from loglm_bridge.contract.errors import InvalidRequest, LogLMError, ModelFailed, ModelRefused
from loglm_bridge.contract.verdict import VERDICTS, Verdict
from loglm_bridge.contract.wire import ModelId, Options
from loglm_bridge.sidecar.config import add_arguments, from_args
from loglm_bridge.sidecar.server import serve

ALLOCATE = re.compile(r"ALLOCATE (\d+)")

#: Ends the calls that hang, so that a test can clean up; a sidecar process never sets it.
RELEASE_HANGING = threading.Event()


class Double:
    """See the module."""

    id = ModelId(name="double", version="0", sha256="0" * 64)
    loads = 0

    def __init__(self):
        self.mode, _, self.value = os.environ.get("DOUBLE", "").partition(" ")
        self.broken = False
        self.calls = []

    @classmethod
    def load(cls, folder: Path | None, threads: int, profile: str):
        cls.loads += 1
        double = cls()
        if double.mode == "refuse":
            raise ModelRefused("tokenizer.json: sha256 differs from manifest", where=str(folder))
        if double.mode == "late":
            time.sleep(float(double.value))
        if double.mode == "broken" and cls.loads > 1:
            wait_for_file(double.value)
        return double

    def label(self, events, options, state=None):
        self.calls.append(len(events))
        for event in events if state else ():
            before = state.outgoing.get(event.entity, state.incoming.get(event.entity, ""))
            if "NONE" in before:
                raise InvalidRequest("an invalid entity state", where="/past")
            state.outgoing[event.entity] = before + f"<{event.raw}>"
        bytearray(sum(int(mebibytes) for event in events for mebibytes in ALLOCATE.findall(event.raw)) * 1024 * 1024)
        verdicts = [self._verdict(event, options) for event in events]
        return verdicts[:-1] if any("SHORT" in e.raw for e in events) else verdicts

    def inspect(self, event):
        misbehave(event.raw, Options())
        return {"status": "ok" if event.raw else "empty", "format": "double", "fields": [["raw", event.raw]]}

    def _verdict(self, event, options):
        misbehave(event.raw, options)
        self.broken = self.broken or (self.mode == "broken" and "BREAK" in event.raw)
        if self.broken:
            return Verdict("ok", score=math.nan, verdict="benign", novelty=0.0)
        if not event.raw:
            return Verdict("empty", detail="nothing to read")
        digest = sha256(event.raw.encode("utf-8", "surrogatepass")).digest()
        return Verdict(
            "ok",
            score=math.nan if "NAN" in event.raw else digest[0] / 255,
            verdict=VERDICTS[digest[1] % 4],
            techniques=(technique("T1003.001", digest[2] / 255), technique("T1059", 0.25))[: options.top],
            novelty=digest[3] / 255,
            embedding=tuple(b / 255 for b in digest) if options.embedding else None,
        )

    def describe(self):
        return {"name": "double", "version": "0", "sha256": "0" * 64}

    def caches(self):
        return {"form_cache_hits": 3, "form_cache_bytes": 9}

    def self_test(self):
        if self.broken or self.mode == "untested":
            raise ModelFailed("golden event 0: another score")

    def close(self):
        pass


def misbehave(raw, options):
    if "HANG" in raw:
        RELEASE_HANGING.wait()
    if "REGEX" in raw:
        re.match(r"(a+)+$", "a" * 60 + "b")
    if "CRASH" in raw or ("SEQUENCE" in raw and options.sequence):
        raise RuntimeError(f"could not read {raw!r}")
    if match := re.search(r"SLOW ([\d.]+)", raw):
        time.sleep(float(match[1]))
    if match := re.search(r"HOLD (\S+)", raw):
        wait_for_file(match[1])


def wait_for_file(path):
    while path and not Path(path).exists():
        time.sleep(0.02)


def main():
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    try:
        return serve(from_args(parser.parse_args()), load=Double.load)
    except LogLMError as error:
        print(error, file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
