"""Labels the rows of one search: rows to events, events to the sidecar, verdicts to columns. No row is lost.

While sidecars work, the next rows are read and labelled ones are written (SidecarClient.label_requests).
"""

from __future__ import annotations

from itertools import chain, islice, repeat
from typing import Callable, Container, Iterator, NamedTuple, Optional, Sequence

from loglm_bridge.contract.errors import LogLMError, SidecarError
from loglm_bridge.contract.reply import Reply
from loglm_bridge.contract.wire import Options
from loglm_bridge.splunk.client.client import SidecarClient
from loglm_bridge.splunk.client.dispatcher import EncodedRequest, Outcome
from loglm_bridge.splunk.config.credentials import SplunkSession, sidecar_token
from loglm_bridge.splunk.config.settings import Settings
from loglm_bridge.splunk.rows.label_proof import LabelProofs
from loglm_bridge.splunk.rows.row_mapping import EventReader
from loglm_bridge.splunk.rows.table import Table, csv_row
from loglm_bridge.splunk.rows.verdict_policy import omit_benign_techniques
from loglm_bridge.splunk.search.entity_state_cache import EntityStateCache
from loglm_bridge.splunk.search.label_cells import LabelCells
from loglm_bridge.splunk.search.options import SearchOptions
from loglm_bridge.splunk.search.request_batches import FIRST_BATCH_DIVISOR, RequestBatch, by_entity, independent
from loglm_bridge.splunk.search.row_batch import RowBatch
from loglm_bridge.splunk.user_messages import Tally


class _Context(NamedTuple):
    """The rows that a request is about (see RequestBatch); `is_last`: their batch has no further request.

    `events` are those of the request, for the proofs of their labels.
    """

    batch: RowBatch
    indices: Sequence[int]
    completed_entities: Container[str]
    is_last: bool
    events: Sequence[bytes] = ()


class Labeller:
    """Adds the label columns to rows; counts rows by status in `tally`.

    The token is read and the client created with the first row that needs them. `unavailable_reason` is set where no
    sidecar can be called at all. A bug here costs labels but never a row; `on_internal_error` receives the exception.
    """

    def __init__(
        self,
        options: SearchOptions,
        settings: Settings,
        session: Optional[SplunkSession],
        on_internal_error: Callable[[Exception], None],
        unavailable_reason: Optional[SidecarError] = None,
    ) -> None:
        self.tally = Tally()
        self._options = options
        self._settings = settings
        self._session = session
        self._on_internal_error = on_internal_error
        self._stops_on_error = options.onerror == "fail" and unavailable_reason is None
        self._client: Optional[SidecarClient] = None
        self._proofs = LabelProofs("")
        self._unavailable_reason = unavailable_reason
        self._states = EntityStateCache()
        self._cells = LabelCells(options)
        self._empty = self._cells.blank("empty", f'field "{options.field}" is absent or empty')
        self._request_options = Options(
            top=options.top,
            embedding=options.output != "labels",
            explain=options.explain,
            sequence=bool(options.by),
            brief=omit_benign_techniques(options.threshold),
        )

    def label(self, table: Table) -> Iterator[str]:
        """Yield the rows of a chunk in their order, as CSV in pieces, each row with all columns.

        Raises:
            SidecarError: no labels, and the search is to stop then (onerror=fail).
        """
        separator = "," if table.columns else ""
        header = csv_row(table.columns) + separator + self._cells.header
        for context, outcome in self._outcomes(self._requests(table)):
            self._set_labels(context, outcome)
            if isinstance(outcome, Reply):
                completed = context.completed_entities
                self._states.update({entity: text for entity, text in outcome.state.items() if entity in completed})
            if context.is_last:
                self.tally.count(context.batch.statuses)
                for piece in context.batch.pieces(separator):
                    yield header + piece
                    header = ""

    def close(self) -> None:
        """Close the connections to the sidecars."""
        if self._client is not None:
            self._client.close()

    def _requests(self, table: Table) -> Iterator[tuple[_Context, EncodedRequest]]:
        """Yield the requests about the rows, batch by batch; with `by` the whole chunk is one batch."""
        reader = EventReader(table, self._options.field, self._options.by)
        rows, batch_events = table.rows(), self._settings.batch_events
        size = None if self._options.by else -(-batch_events // FIRST_BATCH_DIVISOR)
        while True:
            batch = RowBatch(islice(rows, size), reader.text, self._empty)
            if not len(batch):
                return
            size = size and batch_events
            yield from self._batch_requests(batch, reader)

    def _batch_requests(self, batch: RowBatch, reader: EventReader) -> Iterator[tuple[_Context, EncodedRequest]]:
        """Yield the requests about a batch, as they are taken."""
        remaining = set(batch.event_rows)
        try:
            for part in self._split(batch, reader):
                remaining.difference_update(part.indices)
                # yielded at once: the next request is written while the sidecar works
                is_last, events = not remaining, part.request.events
                yield _Context(batch, part.indices, part.completed_entities, is_last, events), part.request
        except Exception as error:  # noqa: BLE001 - a bug here must not stop the search
            self._fail(batch, sorted(remaining), error)
        batch.events.clear()  # they are in the requests now, and need not be held twice
        if remaining or not batch.event_rows:
            yield _Context(batch, (), (), is_last=True), EncodedRequest(())

    def _split(self, batch: RowBatch, reader: EventReader) -> Iterator[RequestBatch]:
        if self._options.by:
            return by_entity(self._settings, batch, reader, self._states)
        return independent(self._settings, batch, reader)

    def _outcomes(self, requests: Iterator[tuple[_Context, EncodedRequest]]) -> Iterator[tuple[_Context, Outcome]]:
        first = list(islice(requests, 1))  # a chunk without rows needs no token
        try:
            client = self._connect() if first else None
        except SidecarError as error:
            yield from ((context, error) for context, _ in chain(first, requests))
        else:
            yield from client.label_requests(chain(first, requests), self._request_options) if client else ()

    def _connect(self) -> SidecarClient:
        if self._unavailable_reason is not None:
            raise self._unavailable_reason.with_traceback(None)
        if self._client is None:
            try:
                token = sidecar_token(self._settings, self._session)
                self._client, self._proofs = SidecarClient(self._settings, token), LabelProofs(token)
            except SidecarError as error:
                self._unavailable_reason = error
                raise
        return self._client

    def _set_labels(self, context: _Context, outcome: Outcome) -> None:
        batch, indices = context.batch, context.indices
        if isinstance(outcome, SidecarError):
            if self._stops_on_error:
                raise outcome
            self._set_blank(batch, indices, outcome.row_status, outcome)
            return
        try:
            if isinstance(outcome, Exception):
                raise outcome
            batch.set_labels(indices, self._labels(outcome, context.events))
        except Exception as error:  # noqa: BLE001 - as above
            self._fail(batch, indices, error)

    def _labels(self, reply: Reply, events: Sequence[bytes]) -> list[tuple[str, str]]:
        """Return status and label cells of each row; equal verdicts are the same object (reply.read_reply)."""
        model, by_verdict, labels = str(reply.model), dict[int, tuple[tuple[str, str], bytes]](), []
        for verdict, event in zip(reply.verdicts, events):
            known = by_verdict.get(id(verdict))
            if known is None:
                label = verdict.status, self._cells.labelled(verdict, model)
                known = by_verdict[id(verdict)] = label, self._cells.proven_label(verdict)
            label, proven = known
            if proven:
                label = label[0], self._cells.with_proof(label[1], self._proofs.tag(event, proven))
            labels.append(label)
        return labels

    def _fail(self, batch: RowBatch, indices: Sequence[int], error: Exception) -> None:
        self._on_internal_error(error)
        self._set_blank(batch, indices, "error", LogLMError(f"internal error ({type(error).__name__})"))

    def _set_blank(self, batch: RowBatch, indices: Sequence[int], status: str, reason: LogLMError) -> None:
        self.tally.note_reason(reason)
        batch.set_labels(indices, repeat((status, self._cells.blank(status, str(reason)))))
