"""splunkd's side of the chunked protocol, made to cost next to nothing: a search over a stream, chunk by chunk.

Lockstep as splunkd does it: a chunk is sent when the one before was answered, and the last one is empty. The clock runs
from the start of the process to the answer to getinfo and then while a chunk is with the command; chunks are made
before it runs and answers are checked after it stops.
"""

from __future__ import annotations

import csv
import io
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import chain, islice, repeat
from threading import Timer
from typing import IO, Any

from loglm_bridge.bench import processes
from loglm_bridge.contract.event import Event
from loglm_bridge.demo.splunkd import HEADER, ROW_NUMBER, SearchError, encode, getinfo

#: Rows of the chunks of an event search (limits.conf: 100 at first, five times as many, at most 2,500), and of a
#: search that has transformed its results (maxresultrows).
GROWING, WHOLE = (100, 500, 2_500), (50_000,)

#: Seconds within which one search must end.
_MOST_SECONDS = 3_600

#: What a row must carry if the command wrote labels.
_LABELLED = frozenset({"ok", "empty", "unparsed"})


@dataclass
class Search:
    """What one search took. `seconds` are those of the clock; `peak` (bytes) is the command's own, and `cpu` its
    processor seconds from the answer to getinfo on."""

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
        """Rows a second from the answer to getinfo on: a long search shows no start."""
        return self.rows / (self.seconds - self.getinfo)


def search(
    command: Sequence[str],
    args: Sequence[str],
    events: Iterable[Event],
    env: Mapping[str, str],
    sizes: Sequence[int] = GROWING,
) -> Search:
    """Run a search command over the events and return what it took.

    Raises:
        SearchError: the command broke the protocol, lost or moved a row, or wrote a row without a label.
    """
    found, chunks = Search(), _chunks(events, sizes)
    ahead = next(chunks, None)
    began, busy = time.monotonic(), time.process_time()
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=dict(env))  # noqa: S603
    limit = Timer(_MOST_SECONDS, process.kill)
    limit.start()
    try:
        talk = _Talk(process)
        talk.ask(getinfo(args), b"")
        found.getinfo = found.seconds = time.monotonic() - began
        found.driver_cpu = time.process_time() - busy
        started = processes.cpu_seconds(process.pid) or 0.0
        while ahead is not None:
            _timed(found, talk, *ahead)
            ahead = next(chunks, None)
        found.peak = processes.memory(process.pid, peak=True)
        _timed(found, talk, b"", 0, finished=True)
        found.cpu = _end(process) - started
    finally:
        limit.cancel()
        _close(process)
    return found


def _timed(found: Search, talk: _Talk, body: bytes, count: int, finished: bool = False) -> None:
    began, busy = time.monotonic(), time.process_time()
    answer = talk.ask({"action": "execute", "finished": finished}, body)
    found.seconds += time.monotonic() - began
    found.driver_cpu += time.process_time() - busy
    found.first = found.first or found.seconds
    found.rows += count
    for status, number in check(answer, count).items():
        found.statuses[status] = found.statuses.get(status, 0) + number


def _end(process: subprocess.Popen[bytes]) -> float:
    """Wait for the end of the process and return its processor seconds."""
    assert process.stdin is not None  # noqa: S101 - for the type checker: both are pipes
    assert process.stdout is not None  # noqa: S101
    process.stdin.close()
    if process.stdout.read(1):
        raise SearchError("the command wrote more than its answers")
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SearchError(f"the command ended with code {process.returncode}")
    return usage.ru_utime + usage.ru_stime


def _close(process: subprocess.Popen[bytes]) -> None:
    process.kill()
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            with suppress(BrokenPipeError):
                pipe.close()
    process.wait()


class _Talk:
    """The conversation with one process."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._out: IO[bytes] | None = process.stdin
        self._answers: IO[bytes] | None = process.stdout

    def ask(self, metadata: Mapping[str, Any], body: bytes) -> bytes:
        """Send a record and return the body of its answer. Raises SearchError."""
        assert self._out is not None  # noqa: S101 - for the type checker: both are pipes
        assert self._answers is not None  # noqa: S101
        head = json.dumps(metadata).encode()
        try:
            self._out.write(b"chunked 1.0,%d,%d\n" % (len(head), len(body)) + head)
            self._out.write(body)
            self._out.flush()
            found = HEADER.fullmatch(self._answers.readline(200))
        except BrokenPipeError:
            found = None
        if found is None:
            raise SearchError(f"no answer to {metadata['action']}")
        said, rows = (self._answers.read(int(size)) for size in found.groups())
        error = json.loads(said).get("error") if b'"error"' in said else None
        if error:
            raise SearchError(str(error))
        return rows


def _chunks(events: Iterable[Event], sizes: Sequence[int]) -> Iterator[tuple[bytes, int]]:
    """Yield bodies and their numbers of rows; the last size is that of all further ones."""
    left = iter(events)
    for size in chain(sizes, repeat(sizes[-1])):
        rows = [_row(event) for event in islice(left, size)]
        if not rows:
            return
        yield encode(rows, list(rows[0])), len(rows)


def _row(event: Event) -> dict[str, str]:
    hints = {"host": event.host, "source": event.source, "sourcetype": event.sourcetype}
    row = {"_raw": event.raw, "_time": f"{event.time or 0:.3f}", **hints}
    return {**row, "entity": event.entity} if event.entity else row


def check(answer: bytes, count: int) -> dict[str, int]:
    """Return how many rows of an answer have which `loglm_status`.

    Raises:
        SearchError: not the rows that were sent, in their order, or a row without a label.
    """
    csv.field_size_limit(sys.maxsize)
    rows = csv.reader(io.StringIO(answer.decode("utf-8"), newline=""))
    header = next(rows, [])
    number = header.index(ROW_NUMBER) if ROW_NUMBER in header else None
    status = header.index("loglm_status") if "loglm_status" in header else None
    statuses: dict[str, int] = {}
    came = 0
    for came, cells in enumerate(rows, start=1):
        if number is None or cells[number] != str(came - 1):
            raise SearchError(f"{count} rows went in, and what came back is not these rows in their order")
        if status is not None:
            statuses[cells[status]] = statuses.get(cells[status], 0) + 1
    if came != count:
        raise SearchError(f"{count} rows went in and {came} came back")
    if not statuses.keys() <= _LABELLED:
        raise SearchError(f"rows came back without labels: {statuses}")
    return statuses
