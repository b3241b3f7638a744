"""Labels the rows of one search: rows to events, events to the sidecar, verdicts to columns. No row is lost.

While sidecars work, the next rows are read and those that were answered are written (SidecarClient.answers).
"""

from __future__ import annotations

from itertools import chain, islice, repeat
from typing import Callable, Container, Iterator, NamedTuple, Optional, Sequence

from loglm_bridge.contract.errors import LogLMError, SidecarError
from loglm_bridge.contract.reply import Reply
from loglm_bridge.contract.wire import Options
from loglm_bridge.splunk.client.client import SidecarClient
from loglm_bridge.splunk.client.dispatcher import Outcome, Request
from loglm_bridge.splunk.config.credentials import SplunkSession, sidecar_token
from loglm_bridge.splunk.config.settings import Settings
from loglm_bridge.splunk.rows.row_mapping import EventReader
from loglm_bridge.splunk.rows.table import Table, csv_row
from loglm_bridge.splunk.rows.verdict_policy import brief
from loglm_bridge.splunk.search.entity_state_cache import EntityStateCache
from loglm_bridge.splunk.search.label_cells import LabelCells
from loglm_bridge.splunk.search.options import SearchOptions
from loglm_bridge.splunk.search.request_batches import FIRST, alone, in_company
from loglm_bridge.splunk.search.row_batch import Batch
from loglm_bridge.splunk.user_messages import Tally


class _About(NamedTuple):
    """What a request is about: see Part; whether it is the last about its batch."""

    batch: Batch
    places: Sequence[int]
    ends: Container[str]
    last: bool


class Labeller:
    """Adds the loglm columns to rows; counts what became of them in `tally`.

    The token is read and the client made once, when the first row needs them; `away` says why no sidecar can be asked
    at all. A defect of ours costs labels and never a row; `on_defect` is told of it.
    """

    def __init__(
        self,
        options: SearchOptions,
        settings: Settings,
        session: Optional[SplunkSession],
        on_defect: Callable[[Exception], None],
        away: Optional[SidecarError] = None,
    ) -> None:
        self.tally = Tally()
        self._options = options
        self._settings = settings
        self._session = session
        self._on_defect = on_defect
        self._stops = options.onerror == "fail" and away is None
        self._client: Optional[SidecarClient] = None
        self._no_client = away
        self._company = EntityStateCache()
        self._cells = LabelCells(options)
        self._empty = self._cells.blank("empty", f'field "{options.field}" is absent or empty')
        self._wanted = Options(
            top=options.top,
            embedding=options.output != "labels",
            explain=options.explain,
            sequence=bool(options.by),
            brief=brief(options.threshold),
        )

    def label(self, table: Table) -> Iterator[str]:
        """Yield the rows of a chunk in their order, as CSV in pieces, each row with all columns.

        Raises:
            SidecarError: no labels, and the search asked to stop then (onerror=fail).
        """
        gap = "," if table.columns else ""
        head = csv_row(table.columns) + gap + self._cells.head
        for about, outcome in self._outcomes(self._requests(table)):
            self._fill(about.batch, about.places, outcome)
            if isinstance(outcome, Reply):
                self._company.keep({entity: text for entity, text in outcome.state.items() if entity in about.ends})
            if about.last:
                self.tally.count(about.batch.statuses)
                for piece in about.batch.pieces(gap):
                    yield head + piece
                    head = ""

    def close(self) -> None:
        """Close the connections to the sidecars."""
        if self._client is not None:
            self._client.close()

    def _requests(self, table: Table) -> Iterator[tuple[_About, Request]]:
        """Yield what is to be asked about the rows, batch by batch; with `by` the whole chunk is one batch."""
        read = EventReader(table, self._options.field, self._options.by)
        rows, most = table.rows(), self._settings.batch_events
        size = None if self._options.by else -(-most // FIRST)
        while True:
            batch = Batch(islice(rows, size), read.text, self._empty)
            if not len(batch):
                return
            size = size and most
            yield from self._asked(batch, read)

    def _asked(self, batch: Batch, read: EventReader) -> Iterator[tuple[_About, Request]]:
        """Yield what is to be asked about a batch, as it is wanted."""
        left, together, settings = set(batch.asked), bool(self._options.by), self._settings
        try:
            for part in in_company(settings, batch, read, self._company) if together else alone(settings, batch, read):
                left.difference_update(part.places)
                # handed on at once: what follows it is written while the sidecar works
                yield _About(batch, part.places, part.ends, last=not left), part.request
        except Exception as error:  # noqa: BLE001 - a defect of ours must not cost the user the search
            self._defect(batch, sorted(left), error)
        batch.events.clear()  # what is on the wire now need not be held twice
        if left or not batch.asked:
            yield _About(batch, (), (), last=True), Request(())

    def _outcomes(self, requests: Iterator[tuple[_About, Request]]) -> Iterator[tuple[_About, Outcome]]:
        first = list(islice(requests, 1))  # without rows nobody is asked for the token
        try:
            client = self._connected() if first else None
        except SidecarError as error:
            yield from ((about, error) for about, _ in chain(first, requests))
        else:
            yield from client.answers(chain(first, requests), self._wanted) if client else ()

    def _connected(self) -> SidecarClient:
        if self._no_client is not None:
            raise self._no_client.with_traceback(None)
        if self._client is None:
            try:
                self._client = SidecarClient(self._settings, sidecar_token(self._settings, self._session))
            except SidecarError as error:
                self._no_client = error
                raise
        return self._client

    def _fill(self, batch: Batch, places: Sequence[int], outcome: Outcome) -> None:
        if isinstance(outcome, SidecarError):
            if self._stops:
                raise outcome
            self._blank(batch, places, outcome.row_status, outcome)
            return
        try:
            if isinstance(outcome, Exception):
                raise outcome
            batch.label(places, self._labelled(outcome))
        except Exception as error:  # noqa: BLE001 - as above
            self._defect(batch, places, error)

    def _labelled(self, reply: Reply) -> list[tuple[str, str]]:
        """Return status and label cells of each row; equal verdicts are one object (reply.read_reply)."""
        model, known, found = str(reply.model), dict[int, tuple[str, str]](), []
        for verdict in reply.verdicts:
            one = known.get(id(verdict))
            if one is None:
                one = known[id(verdict)] = (verdict.status, self._cells.of(verdict, model))
            found.append(one)
        return found

    def _defect(self, batch: Batch, places: Sequence[int], error: Exception) -> None:
        self._on_defect(error)
        self._blank(batch, places, "error", LogLMError(f"internal error ({type(error).__name__})"))

    def _blank(self, batch: Batch, places: Sequence[int], status: str, reason: LogLMError) -> None:
        self.tally.blame(reason)
        batch.label(places, repeat((status, self._cells.blank(status, str(reason)))))
