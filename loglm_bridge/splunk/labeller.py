"""Labels the rows of one search: rows to events, events to the sidecar, verdicts to columns. No row is lost.

While sidecars work, the next rows are read and those that were answered are written (SidecarClient.answers).
"""

from __future__ import annotations

from itertools import chain, islice, repeat
from typing import Callable, Container, Iterator, NamedTuple, Optional, Sequence

from loglm_bridge.contract.errors import LogLMError, SidecarError
from loglm_bridge.contract.sequence import cut, filled, key_of
from loglm_bridge.contract.wire import Options, Reply, write_event
from loglm_bridge.splunk.batch import Batch
from loglm_bridge.splunk.client import SidecarClient, split
from loglm_bridge.splunk.company import Company
from loglm_bridge.splunk.credentials import SplunkSession, sidecar_token
from loglm_bridge.splunk.decision import brief
from loglm_bridge.splunk.label_cells import LabelCells
from loglm_bridge.splunk.lanes import Outcome, Request
from loglm_bridge.splunk.messages import Tally
from loglm_bridge.splunk.options import SearchOptions
from loglm_bridge.splunk.rows import Told, event_reader
from loglm_bridge.splunk.settings import Settings
from loglm_bridge.splunk.table import Table, csv_row

#: The first request about a chunk is so many times smaller than a full one: the sidecar has nothing to do before it.
_FIRST = 4


class _Part(NamedTuple):
    """A request about places of a batch, which `ends` what there is of some entities."""

    places: Sequence[int]
    request: Request
    ends: Container[str] = ()


class _About(NamedTuple):
    """What a request is about: see _Part; whether it is the last about its batch."""

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
        self._company = Company()
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
                self._company.keep({entity: text for entity, text in outcome.past.items() if entity in about.ends})
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
        read = event_reader(table, self._options.field, self._options.by)
        rows, most = table.rows(), self._settings.batch_events
        size = None if self._options.by else -(-most // _FIRST)
        while True:
            batch = Batch(islice(rows, size), read, self._empty)
            if not len(batch):
                return
            size = size and most
            parts = self._parts(batch)
            part = next(parts, _Part((), Request(())))
            for following in parts:
                yield _About(batch, part.places, part.ends, last=False), part.request
                part = following
            yield _About(batch, part.places, part.ends, last=True), part.request

    def _parts(self, batch: Batch) -> Iterator[_Part]:
        """Yield what is asked about a batch, as it is wanted."""
        left = set(range(len(batch)))
        try:
            if batch.defect is not None:
                raise batch.defect
            for part in self._in_company(batch) if self._options.by else self._alone(batch):
                left.difference_update(part.places)
                yield part
        except Exception as error:  # noqa: BLE001 - a defect of ours must not cost the user the search
            self._defect(batch, sorted(left), error)
        batch.told.clear()  # what is on the wire now need not be held twice

    def _alone(self, batch: Batch) -> Iterator[_Part]:
        told = batch.told
        for part, events in split(self._settings, [[i] for i in range(len(told))], lambda i: _written(told[i])):
            yield _Part([batch.asked[i] for i in part], Request(events))

    def _in_company(self, batch: Batch) -> Iterator[_Part]:
        """Yield parts with all rows of an entity, or with whole windows of one that has too many, and its past.

        Its past goes with the first of its rows that came, and what becomes of it is taken from where the last one is.
        """
        told = batch.told
        runs: dict[str, list[int]] = {}
        for i, one in enumerate(told):
            runs.setdefault(one.entity, []).append(i)
        known = self._company.of(runs)
        beside = {runs[entity][0]: len(entity) + len(text) for entity, text in known.items()}
        units = chain.from_iterable(_units(self._settings, told, entity, run) for entity, run in runs.items())
        for part, events in split(self._settings, units, lambda i: _written(told[i]), beside):
            mine, entities = set(part), {told[i].entity for i in part}
            past = {entity: known[entity] for entity in entities if entity in known and runs[entity][0] in mine}
            ends = {entity for entity in entities if entity and runs[entity][-1] in mine}
            yield _Part([batch.asked[i] for i in part], Request(events, past), ends)

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
        """Return status and label cells of each row; equal verdicts are one object (wire.read_reply)."""
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


def _units(settings: Settings, told: Sequence[Told], entity: str, run: Sequence[int]) -> Iterator[Sequence[int]]:
    """Yield which events of an entity have to stay together: all, where they fit a request well, else each window."""
    if not entity:
        yield from ([i] for i in run)
    elif len(run) <= settings.batch_events and sum([len(told[i].raw) for i in run]) <= settings.batch_bytes // 2:
        yield run
    else:
        entities = [entity] * len(run)
        keys = [key_of(told[i].raw) for i in run]
        for window in cut(entities, filled(entities, [told[i].time for i in run]), keys):
            yield [run[place] for place in window]


def _written(told: Told) -> bytes:
    return write_event(told.raw, told.hints, told.entity, told.time)
