"""Events that were never seen: the sidecar beside a general sentence encoder (MiniLM-L6, int8) on the same texts."""

from __future__ import annotations

import time
from collections.abc import Iterator

from loglm_bridge.bench.baselines import minilm
from loglm_bridge.bench.environment import Setting, label
from loglm_bridge.bench.reporting.comparison import Figure, Run, compared, interleaved
from loglm_bridge.bench.workload.streams import distinct
from loglm_bridge.commands.label import cores

#: Texts that MiniLM reads in a round; it takes a few seconds for them.
_TEXTS = 128

#: Threads of MiniLM, where the machine has them.
_THREADS = 2


def measure(setting: Setting) -> Iterator[Figure]:
    """Yield the rate of new events beside MiniLM's, or a line that says that MiniLM is not here."""
    what, source = "loglm serve, every event new", minilm.folder()
    if source is None:
        yield Figure("minilm", what, "distinct", "events/s", None, note=f"{minilm.PACKAGE} is not installed")
        return
    encoder = minilm.MiniLM(source, setting.folder, min(_THREADS, cores()))
    stream, size = distinct(), max(_TEXTS, setting.events // 5)
    with setting.sidecar() as sidecar:

        def ours(number: int) -> Run:
            before = sidecar.cpu()
            rate = size / label([sidecar], stream, number * size, size)
            return rate, 1e6 * (sidecar.cpu() - before) / size

        def theirs(number: int) -> Run:
            texts = [event.raw for event in stream.events(number * size, _TEXTS)]
            before = time.process_time()
            rate = encoder.rate(texts)
            return rate, 1e6 * (time.process_time() - before) / len(texts)

        found = interleaved(setting.rounds, {"theirs": theirs, "ours": ours})
    note = f"MiniLM reads {_TEXTS} of the round's texts"
    yield compared("minilm", what, "distinct", "events/s", found["ours"], "MiniLM-L6 int8", found["theirs"], note)
