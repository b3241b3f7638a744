"""A timed search over a stream: splunkd's double sends it chunk by chunk, and a clock measures the command.

A chunk is sent when the one before was answered; the last one is empty. The clock runs from the start of the process
to the answer to getinfo, and then while a chunk is with the command. Chunks are encoded before it runs, and answers are
checked after it stops, so the driver itself costs next to nothing.
"""

from __future__ import annotations

import csv
import io
import os
import sys
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain, islice, repeat
from threading import Timer

from loglm_bridge.bench import processes
from loglm_bridge.bench.comparison import Measurement
from loglm_bridge.contract.event import Event
from loglm_bridge.harness import splunkd
from loglm_bridge.harness.splunkd import ROW_NUMBER, SearchError, SearchProcess

#: Rows of each chunk of an event search; the last size is that of all further chunks (limits.conf: min_results_perchunk
#: 100, chunk_multiplier 5, max_results_perchunk 2500).
GROWING = (100, 500, 2_500)

#: Rows of each chunk of a search whose results were transformed (limits.conf: maxresultrows).
WHOLE = (50_000,)

#: Seconds within which one search must end.
_SEARCH_SECONDS = 3_600

#: Values of `loglm_status` of rows that the command labelled, or that hold nothing to label.
_LABELLED = frozenset({"ok", "empty", "unparsed"})


@dataclass
class SearchCost:
    """What one search took, in rows and seconds of the clock.

    `getinfo` and `first` are the seconds until the answer to getinfo and until the first rows. `cpu` is the command's
    processor time from the answer to getinfo on, `driver_cpu` that of this process, `peak` the command's memory in
    bytes. `statuses` counts the rows by `loglm_status`.
    """

    rows: int = 0
    getinfo: float = 0.0
    first: float = 0.0
    seconds: float = 0.0
    cpu: float = 0.0
    driver_cpu: float = 0.0
    peak: int | None = None
    statuses: dict[str, int] = field(default_factory=dict)

    @property
    def rate(self) -> float:
        """Rows a second from the answer to getinfo on: a long search does not show its start."""
        return self.rows / (self.seconds - self.getinfo)

    @property
    def measurement(self) -> Measurement:
        """The rate, and the microseconds of processor time a row."""
        return Measurement(self.rate, 1e6 * self.cpu / self.rows)


def run_search(
    command: Sequence[str],
    args: Sequence[str],
    events: Iterable[Event],
    env: Mapping[str, str],
    chunk_sizes: Sequence[int] = GROWING,
) -> SearchCost:
    """Run a search command over the events and return what it took.

    Raises:
        SearchError: the command broke the protocol, lost or moved a row, or wrote a row without a label.
    """
    cost, chunks = SearchCost(), _chunks(events, chunk_sizes)
    chunk = next(chunks, None)
    began, cpu_began = time.monotonic(), time.process_time()
    with SearchProcess(command, env) as search:
        limit = Timer(_SEARCH_SECONDS, search.process.kill)
        limit.start()
        try:
            splunkd.raise_error(search.ask(splunkd.getinfo(args))[0])
            cost.getinfo = cost.seconds = time.monotonic() - began
            cost.driver_cpu = time.process_time() - cpu_began
            cpu_at_getinfo = processes.cpu_seconds(search.process.pid) or 0.0
            while chunk is not None:
                _execute(cost, search, *chunk)
                chunk = next(chunks, None)
            cost.peak = processes.memory(search.process.pid, peak=True)
            _execute(cost, search, b"", 0, finished=True)
            cost.cpu = _end(search) - cpu_at_getinfo
        finally:
            limit.cancel()
    return cost


def _execute(cost: SearchCost, search: SearchProcess, body: bytes, count: int, finished: bool = False) -> None:
    """Send a chunk of `count` rows and add to `cost` what it took."""
    began, cpu_began = time.monotonic(), time.process_time()
    metadata, answer = search.ask({"action": "execute", "finished": finished}, body)
    cost.seconds += time.monotonic() - began
    cost.driver_cpu += time.process_time() - cpu_began
    splunkd.raise_error(metadata)
    cost.first = cost.first or cost.seconds
    cost.rows += count
    for status, number in count_statuses(answer, count).items():
        cost.statuses[status] = cost.statuses.get(status, 0) + number


def _end(search: SearchProcess) -> float:
    """Wait for the end of the process and return its processor seconds."""
    search.close_input()
    _, status, usage = os.wait4(search.process.pid, 0)
    search.process.returncode = os.waitstatus_to_exitcode(status)
    if search.process.returncode:
        raise SearchError(f"the command ended with code {search.process.returncode}")
    return usage.ru_utime + usage.ru_stime


def _chunks(events: Iterable[Event], sizes: Sequence[int]) -> Iterator[tuple[bytes, int]]:
    """Yield the bodies of chunks and their numbers of rows; the last size is that of all further chunks."""
    remaining = iter(events)
    for size in chain(sizes, repeat(sizes[-1])):
        rows = [_row(number, event) for number, event in enumerate(islice(remaining, size))]
        if not rows:
            return
        yield splunkd.encode_rows(rows), len(rows)


def _row(number: int, event: Event) -> dict[str, str]:
    row = {"_raw": event.raw, "_time": f"{event.time or 0:.3f}"}
    row |= {"host": event.host, "source": event.source, "sourcetype": event.sourcetype}
    if event.entity:
        row["entity"] = event.entity
    return {**row, ROW_NUMBER: str(number)}


def count_statuses(answer: bytes, count: int) -> dict[str, int]:
    """Return how many rows of an answer have which `loglm_status`.

    Raises:
        SearchError: the answer does not hold the `count` rows that were sent, in their order, or a row has no label.
    """
    csv.field_size_limit(sys.maxsize)
    rows = csv.reader(io.StringIO(answer.decode("utf-8"), newline=""))
    header = next(rows, [])
    number = header.index(ROW_NUMBER) if ROW_NUMBER in header else None
    status = header.index("loglm_status") if "loglm_status" in header else None
    statuses: dict[str, int] = {}
    answered = 0
    for answered, cells in enumerate(rows, start=1):
        if number is None or cells[number] != str(answered - 1):
            raise SearchError(f"{count} rows were sent; the answer does not hold these rows in their order")
        if status is not None:
            statuses[cells[status]] = statuses.get(cells[status], 0) + 1
    if answered != count:
        raise SearchError(f"{count} rows were sent and {answered} came back")
    if not statuses.keys() <= _LABELLED:
        raise SearchError(f"rows came back without labels: {statuses}")
    return statuses
