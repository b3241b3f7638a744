"""New events: the sidecar beside a general sentence encoder (MiniLM-L6, int8) on the same texts."""

from __future__ import annotations

import time
from collections.abc import Iterator

from loglm_bridge.bench.baselines import minilm
from loglm_bridge.bench.comparison import Figure, Measurement, compare, run_interleaved
from loglm_bridge.bench.environment import Environment, measured_rate
from loglm_bridge.bench.workload.streams import distinct
from loglm_bridge.commands.label import cores

#: Texts that MiniLM encodes in a round, which takes a few seconds.
_TEXTS = 128

#: Threads of MiniLM, where the machine has as many cores.
_THREADS = 2


def measure(environment: Environment) -> Iterator[Figure]:
    """Yield the rate of new events beside MiniLM's, or a line that says that MiniLM is not installed."""
    what, source = "loglm serve, every event new", minilm.model_folder()
    if source is None:
        yield Figure("minilm", what, "distinct", "events/s", None, note=f"{minilm.PACKAGE} is not installed")
        return
    encoder = minilm.MiniLM(source, environment.folder, min(_THREADS, cores()))
    stream, size = distinct(), max(_TEXTS, environment.events // 5)
    with environment.sidecar() as sidecar:

        def ours(number: int) -> Measurement:
            return measured_rate([sidecar], stream, number * size, size)

        def theirs(number: int) -> Measurement:
            texts = [event.raw for event in stream.events(number * size, _TEXTS)]
            cpu_began = time.process_time()
            rate = encoder.rate(texts)
            return Measurement(rate, 1e6 * (time.process_time() - cpu_began) / len(texts))

        results = run_interleaved(environment.rounds, {"theirs": theirs, "ours": ours})
    note = f"MiniLM reads {_TEXTS} of the round's texts"
    yield compare("minilm", what, "distinct", "events/s", results["ours"], "MiniLM-L6 int8", results["theirs"], note)
