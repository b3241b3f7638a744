"""What a benchmark measures with: a work folder, the model, the streams, and sidecars and commands on demand."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, nullcontext
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from loglm_bridge.bench import processes
from loglm_bridge.bench.baselines import passthrough
from loglm_bridge.bench.comparison import Measurement
from loglm_bridge.bench.workload import load_client, splunkd_driver
from loglm_bridge.bench.workload.load_client import LoadClient
from loglm_bridge.bench.workload.splunkd_driver import GROWING, SearchCost
from loglm_bridge.bench.workload.streams import Stream
from loglm_bridge.contract.event import Event
from loglm_bridge.harness import sidecar_process
from loglm_bridge.harness.app_folder import make_app

#: Events of one direct request to a sidecar.
BATCH = 500

#: Limit of the events whose requests are in memory at a time.
_MAX_HELD = 20_000

#: The baseline command: it returns its rows as they are.
PASS_THROUGH = (sys.executable, str(Path(passthrough.__file__)))


@dataclass(frozen=True)
class Sidecar:
    """A running sidecar and a client for it."""

    url: str
    pid: int
    client: LoadClient

    def cpu(self) -> float:
        """Return the processor seconds it has used."""
        return processes.cpu_seconds(self.pid) or 0.0

    def memory(self) -> float:
        """Return its resident bytes."""
        return float(processes.memory(self.pid) or 0)


@dataclass(frozen=True)
class Environment:
    """The folder for everything that is written, the model, the streams, and how much of them is measured.

    `events` and `rounds` are the size of a round and their number, `env` the variables of all processes. If `pinned`,
    each sidecar keeps to a processor of its own, as CPUAffinity= in its unit would have it.
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
        """Run a sidecar with empty caches until the block ends."""
        folder = self._new_folder("sidecar")
        flags = ("--profile", self.profile) if self.profile else ()
        with ExitStack() as stack:
            # a process inherits the processors that were allowed when it was started
            with processes.one_core(int(folder.name.rpartition("-")[2])) if self.pinned else nullcontext():
                started = sidecar_process.sidecar(folder, self.model, self.token_file, self.env, flags)
                running = stack.enter_context(started)
            yield Sidecar(running.url, running.pid, LoadClient(running.url, self.token_file.read_text().strip()))

    def command(self, *sidecars: Sidecar) -> tuple[str, str]:
        """Return the search command of an app that is configured for the sidecars."""
        app = make_app(self._new_folder("app"), ", ".join(sidecar.url for sidecar in sidecars), self.token_file)
        return sys.executable, str(app / "bin" / "loglm.py")

    def search(
        self,
        command: Sequence[str],
        events: Iterable[Event],
        args: Sequence[str] = (),
        sidecars: Sequence[Sidecar] = (),
        chunk_sizes: Sequence[int] = GROWING,
    ) -> SearchCost:
        """Run a search command over the events; the processor time includes that of the sidecars it asks."""
        before = sum(sidecar.cpu() for sidecar in sidecars)
        cost = splunkd_driver.run_search(command, args, events, self.env, chunk_sizes)
        cost.cpu += sum(sidecar.cpu() for sidecar in sidecars) - before
        return cost

    @property
    def token_file(self) -> Path:
        """The token of all sidecars."""
        return self.folder / "token"

    @property
    def first_stream(self) -> Stream:
        """The stream that parts with one stream measure."""
        return next(iter(self.streams.values()))

    def size(self, stream: Stream) -> int:
        """Return the events of one round; fewer where no event repeats, since each costs several times as much."""
        return max(1, self.events // 5) if stream.name == "distinct" else self.events

    def _new_folder(self, name: str) -> Path:
        folder = next(path for i in count() if not (path := self.folder / f"{name}-{i}").exists())
        folder.mkdir()
        return folder


def label_events(
    sidecars: Sequence[Sidecar], stream: Stream, start: int, count: int, turn: int = 0, batch: int = BATCH
) -> float:
    """Have `count` events of a stream labelled as fast as answers come; returns seconds, encoding not included.

    `batch` is the events of a request. Where the stream has entities, their windows stay whole.
    """
    seconds = 0.0
    for first in range(start, start + count, _MAX_HELD):
        events = list(stream.events(first, min(_MAX_HELD, start + count - first), turn))
        bodies = load_client.requests(events, batch, by_entity=bool(stream.by))
        seconds += load_client.run_closed_loop([sidecar.client for sidecar in sidecars], bodies, len(events))
    return seconds


def measured_rate(sidecars: Sequence[Sidecar], stream: Stream, start: int, count: int, turn: int = 0) -> Measurement:
    """Label events and return the events a second, and the sidecars' processor time an event."""
    cpu = sum(sidecar.cpu() for sidecar in sidecars)
    seconds = label_events(sidecars, stream, start, count, turn)
    return Measurement(count / seconds, 1e6 * (sum(sidecar.cpu() for sidecar in sidecars) - cpu) / count)
