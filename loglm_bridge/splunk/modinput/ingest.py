"""One run of an input: read window after window, label, write notables, move on.

Order within a batch: write, flush, note in the journal; at the end of a window: save the position. A kill at any point
repeats at most one batch of notables and loses none (docs/dev/faults.md, P3). If anything fails, nothing moves on.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from itertools import islice
from typing import Callable, Iterator, Optional

from splunklib.client import Service

from loglm_bridge.contract.notable import NotableRule, notable_event
from loglm_bridge.contract.wire import Options
from loglm_bridge.splunk.client.client import SidecarClient
from loglm_bridge.splunk.config.settings import Settings
from loglm_bridge.splunk.modinput.checkpoint import CheckpointStore, Position
from loglm_bridge.splunk.modinput.event_stream import EventStream
from loglm_bridge.splunk.modinput.index_time_window import Window, anchored, next_window
from loglm_bridge.splunk.modinput.journal import Journal, short
from loglm_bridge.splunk.modinput.options import InputOptions
from loglm_bridge.splunk.modinput.search_export import Row, read_window
from loglm_bridge.splunk.rows.finding import judge
from loglm_bridge.splunk.rows.row_mapping import event_of
from loglm_bridge.splunk.rows.verdict_policy import brief

#: Windows of one run, so that catching up after a long stop, or a clock that is years ahead, is done in pieces.
MAX_WINDOWS = 500

#: Events that are held at a time where those of one entity are read together; bounds memory and what context reaches.
TOGETHER = 20_000


@dataclass
class Progress:
    """What a run has done so far: windows and events read, notables written, repeats left out, events by status."""

    windows: int = 0
    events: int = 0
    notables: int = 0
    repeats: int = 0
    statuses: Counter[str] = field(default_factory=Counter)

    def __str__(self) -> str:
        counts = " ".join(f"{status}={n}" for status, n in sorted(self.statuses.items()))
        numbers = f"windows={self.windows} events={self.events} notables={self.notables} repeats={self.repeats}"
        return f"{numbers} {counts}".rstrip()


@dataclass
class Ingest:
    """One input's run. `clock` gives epoch seconds; `progress` counts, also when the run fails."""

    options: InputOptions
    settings: Settings
    rule: NotableRule
    service: Service
    client: SidecarClient
    store: CheckpointStore
    journal: Journal
    stream: EventStream
    clock: Callable[[], float]
    progress: Progress = field(default_factory=Progress)

    def run(self, position: Position) -> Position:
        """Read from `position` what is settled now, or as much as one run may; return where it got to, which is saved.

        Raises:
            CheckpointError, SidecarError, SplunkdError, StreamClosed: the run ends; what was saved still holds.
        """
        now = self.clock()  # once: a run that chased the clock would end in many windows of one second
        while self.progress.events < self.options.max_events and self.progress.windows < MAX_WINDOWS:
            window = next_window(position, now, self.options.lag, self.options.window)
            if window is None:
                break
            position = self._read(window, position)
        return position

    def _read(self, window: Window, position: Position) -> Position:
        written = self.journal.resume(window.start)
        rows = read_window(self.service, self.options.search, window, self.options.max_event_age)
        seen = position.seen
        for batch in _batches(rows, TOGETHER if self.options.by else self.settings.batch_events):
            self._label(batch, written)
            latest = max(int(row["_indextime"][0]) for row in batch)
            seen = latest if seen is None else max(seen, latest)
        reached = Position(window.end, seen)
        self.store.save(reached)
        self.progress.windows += 1
        return reached

    def _label(self, rows: list[Row], written: Counter[str]) -> None:
        """Label a batch and write its notables, but for those that an earlier process wrote before it died."""
        events = [event_of(row, "_raw", self.options.by) for row in rows]
        threshold = self.settings.threshold if self.options.threshold is None else self.options.threshold
        top = self.options.top or self.settings.top
        wanted = Options(top=top, sequence=bool(self.options.by), brief=brief(threshold))
        reply = self.client.label(events, wanted)
        keys = []
        for row, event, verdict in zip(rows, events, reply.verdicts):
            self.progress.statuses[verdict.status] += 1
            finding = judge(event, verdict, str(reply.model), row, threshold)
            if finding is None:
                continue
            if written[short(event.key)]:
                written[short(event.key)] -= 1
                self.progress.repeats += 1
                continue
            self.stream.write(notable_event(finding, self.rule, self.clock()))
            keys.append(event.key)
        if keys:
            self.stream.flush()
            self.journal.note(keys)
        self.progress.events += len(rows)
        self.progress.notables += len(keys)


def start_position(store: CheckpointStore, saved: Optional[Position], options: InputOptions, now: float) -> Position:
    """Return the position to read from; that of a new input is saved at once.

    Were it only saved after the first window, a sidecar that is down or a missing token would let it slide, and what
    was indexed meanwhile would be skipped.

    Raises:
        CheckpointError: the disk takes no position.
    """
    store.reserve()
    position = saved and anchored(saved, now, options.lag)
    if position is None:
        position = Position(max(0, int(now) - options.lookback))
    if position != saved:
        store.save(position)
    return position


def _batches(rows: Iterator[Row], size: int) -> Iterator[list[Row]]:
    batch = list(islice(rows, size))
    while batch:
        yield batch
        batch = list(islice(rows, size))
