"""What is measured and with what: a work folder, the model, the streams, and sidecars and commands on demand."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, nullcontext
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from loglm_bridge.bench import processes
from loglm_bridge.bench.baselines import passthrough
from loglm_bridge.bench.workload import load_client
from loglm_bridge.bench.workload.load_client import Asker
from loglm_bridge.bench.workload.streams import Stream
from loglm_bridge.demo import stage

#: Events of one request where the sidecar is asked directly.
BATCH = 500

#: Most events that are held as requests at a time.
_SLAB = 20_000

PASS_THROUGH = (sys.executable, str(Path(passthrough.__file__)))


@dataclass(frozen=True)
class Sidecar:
    """A running sidecar."""

    url: str
    pid: int
    asker: Asker

    def cpu(self) -> float:
        """Return the processor seconds it has used."""
        return processes.cpu_seconds(self.pid) or 0.0

    def memory(self) -> float:
        """Return its resident bytes."""
        return float(processes.memory(self.pid) or 0)


@dataclass(frozen=True)
class Setting:
    """The folder for everything that is written, the model, the streams, and how much of them is measured.

    If `pinned`, each sidecar has a processor that it keeps to, as CPUAffinity= in its unit would have it.
    """

    folder: Path
    model: Path
    profile: str
    streams: Mapping[str, Stream]
    events: int
    rounds: int
    env: Mapping[str, str]
    pinned: bool = False

    @contextmanager
    def sidecar(self) -> Iterator[Sidecar]:
        """Run a sidecar that has seen nothing until the block ends."""
        folder = self._new("sidecar")
        flags = ("--profile", self.profile) if self.profile else ()
        with ExitStack() as running:
            # a process keeps to what the one that started it was allowed then
            with processes.one_core(int(folder.name.rpartition("-")[2])) if self.pinned else nullcontext():
                started = stage.sidecar(folder, self.model, self.token_file, self.env, flags)
                serving = running.enter_context(started)
            yield Sidecar(serving.url, serving.pid, Asker(serving.url, self.token_file.read_text().strip()))

    def command(self, *sidecars: Sidecar) -> tuple[str, str]:
        """Return the search command of an app that is configured for the sidecars."""
        app = stage.make_app(self._new("app"), ", ".join(sidecar.url for sidecar in sidecars), self.token_file)
        return sys.executable, str(app / "bin" / "loglm.py")

    @property
    def token_file(self) -> Path:
        """The token of all sidecars."""
        return self.folder / "token"

    def size(self, stream: Stream) -> int:
        """Return how many events of a stream are one round; where nothing repeats, each costs several times as much."""
        return max(1, self.events // 5) if stream.name == "distinct" else self.events

    def _new(self, name: str) -> Path:
        folder = next(path for i in count() if not (path := self.folder / f"{name}-{i}").exists())
        folder.mkdir()
        return folder


def label(
    sidecars: Sequence[Sidecar], stream: Stream, start: int, count: int, turn: int = 0, batch: int = BATCH
) -> float:
    """Have events of a stream labelled as fast as answers come; returns the seconds without making the requests."""
    seconds = 0.0
    for first in range(start, start + count, _SLAB):
        events = list(stream.events(first, min(_SLAB, start + count - first), turn))
        bodies = load_client.requests(events, batch, together=bool(stream.by))
        seconds += load_client.closed([sidecar.asker for sidecar in sidecars], bodies, len(events))
    return seconds
