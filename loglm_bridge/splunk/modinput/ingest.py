"""One run of an input: read window after window, label the events, write notables, advance the position.

Order within a batch: write, flush, record in the journal; at the end of a window: save the position. A kill at any
point repeats at most one batch of notables and loses none (docs/dev/faults.md, P3). If anything fails, the position
stays.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from itertools import islice
from typing import Callable, Iterator, Optional

from splunklib.client import Service

from loglm_bridge.contract.notable import NotableRule, notable_event
from loglm_bridge.contract.row import Row
from loglm_bridge.contract.wire import Options
from loglm_bridge.splunk.client.client import SidecarClient
from loglm_bridge.splunk.config.settings import Settings
from loglm_bridge.splunk.modinput.checkpoint import CheckpointStore, Position
from loglm_bridge.splunk.modinput.event_stream import EventStream
from loglm_bridge.splunk.modinput.index_time_window import Window, correct_for_clock, next_window
from loglm_bridge.splunk.modinput.journal import Journal, short_key
from loglm_bridge.splunk.modinput.options import InputOptions
from loglm_bridge.splunk.modinput.search_export import SearchNotes, read_window
from loglm_bridge.splunk.rows.finding import finding_of, unread_finding
from loglm_bridge.splunk.rows.row_mapping import event_of
from loglm_bridge.splunk.rows.verdict_policy import omit_benign_techniques

#: Maximum windows of one run. Catching up after a long stop, or with a clock that is years ahead, takes several runs.
MAX_WINDOWS = 500

#: Events that are held at a time where they are read by entity; bounds memory, and the events that share a context.
MAX_HELD_EVENTS = 20_000


@dataclass
class Progress:
    """Counts of a run: windows and events read, notables written, repeats left out, events with an entity, by status.

    `notes` are the peculiarities of the answers that it read.
    """

    windows: int = 0
    events: int = 0
    notables: int = 0
    repeats: int = 0
    entities: int = 0
    statuses: Counter[str] = field(default_factory=Counter)
    notes: SearchNotes = field(default_factory=SearchNotes)

    def __str__(self) -> str:
        counts = " ".join(f"{status}={n}" for status, n in sorted(self.statuses.items()))
        totals = f"windows={self.windows} events={self.events} notables={self.notables} repeats={self.repeats}"
        return f"{totals} {counts}".rstrip()


@dataclass
class Ingest:
    """One run of an input. `clock` returns epoch seconds; `progress` is valid also when the run fails."""

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
        """Read from `position` all windows that are complete now, or as many as one run may; return the saved position.

        Raises:
            CheckpointError, SidecarError, SplunkdError, StreamClosed: the run ends; the saved position stays valid.
        """
        now = self.clock()  # once: reading it again would add many windows of one second
        while self.progress.events < self.options.max_events and self.progress.windows < MAX_WINDOWS:
            window = next_window(position, now, self.options.lag, self.options.window)
            if window is None:
                break
            position = self._read_window(window, position)
        return position

    def _read_window(self, window: Window, position: Position) -> Position:
        written = self.journal.resume(window.start)
        options, notes = self.options, self.progress.notes
        rows = read_window(self.service, options.search, window, options.max_event_age, options.by, notes)
        latest = position.latest
        for batch in _batches(rows, MAX_HELD_EVENTS if self.options.by else self.settings.batch_events):
            self._label(batch, written)
            batch_latest = max(int(row["_indextime"][0]) for row in batch)
            latest = batch_latest if latest is None else max(latest, batch_latest)
        new_position = Position(window.end, latest)
        self.store.save(new_position)
        self.progress.windows += 1
        return new_position

    def _label(self, rows: list[Row], written: Counter[str]) -> None:
        """Label a batch and write its notables, except those that an earlier process wrote before it was killed."""
        events = [event_of(row, "_raw", self.options.by) for row in rows]
        threshold = self.settings.threshold if self.options.threshold is None else self.options.threshold
        top = self.options.top or self.settings.top
        options = Options(top=top, sequence=bool(self.options.by), brief=omit_benign_techniques(threshold))
        reply = self.client.label(events, options)
        keys: list[str] = []
        for row, event, verdict in zip(rows, events, reply.verdicts):
            self.progress.statuses[verdict.status] += 1
            self.progress.entities += bool(event.entity)
            labelled = event, verdict, str(reply.model), row, threshold
            finding = finding_of(*labelled) or unread_finding(*labelled)
            if finding is None:
                continue
            if written[short_key(event.key)]:
                written[short_key(event.key)] -= 1
                self.progress.repeats += 1
                continue
            self.stream.write(notable_event(finding, self.rule, self.clock()))
            keys.append(event.key)
            if len(keys) >= self.settings.batch_events:
                self._flush(keys)
        self._flush(keys)
        self.progress.events += len(rows)

    def _flush(self, keys: list[str]) -> None:
        """Flush the notables with these keys to splunkd, then record them; empties the list."""
        if keys:
            self.stream.flush()
            self.journal.record(keys)
            self.progress.notables += len(keys)
            keys.clear()


def start_position(store: CheckpointStore, saved: Optional[Position], options: InputOptions, now: float) -> Position:
    """Return the position to read from; that of a new input is saved at once.

    If it were saved only after the first window, it would move with the clock while the sidecar is down or the token
    is missing, and events indexed meanwhile would be skipped.

    Raises:
        CheckpointError: the position cannot be saved.
    """
    store.reserve()
    position = saved and correct_for_clock(saved, now, options.lag)
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
