"""Labels the rows of one search: rows to events, events to the sidecar, verdicts to columns. No row is lost."""

from __future__ import annotations

from typing import Optional, Sequence

from loglm_bridge.contract.errors import LogLMError, SidecarError
from loglm_bridge.contract.event import Event
from loglm_bridge.contract.wire import Options, Reply
from loglm_bridge.splunk.client import SidecarClient
from loglm_bridge.splunk.columns import Value
from loglm_bridge.splunk.company import Company
from loglm_bridge.splunk.credentials import SplunkSession, sidecar_token
from loglm_bridge.splunk.messages import Tally
from loglm_bridge.splunk.options import SearchOptions
from loglm_bridge.splunk.rows import blank_columns, event_of, label_columns
from loglm_bridge.splunk.settings import Settings

Record = dict[str, Value]


class Labeller:
    """Adds the loglm columns to rows; counts what became of them in `tally`.

    The token is read and the client made once, when the first row needs them.
    """

    def __init__(self, options: SearchOptions, settings: Settings, session: Optional[SplunkSession]) -> None:
        self.tally = Tally()
        self._options = options
        self._settings = settings
        self._session = session
        self._client: Optional[SidecarClient] = None
        self._no_client: Optional[SidecarError] = None
        self._company = Company()
        self._wanted = Options(
            top=options.top,
            embedding=options.output != "labels",
            explain=options.explain,
            sequence=bool(options.by),
        )

    def label(self, rows: Sequence[Record]) -> None:
        """Give every row all columns, in place.

        Raises:
            SidecarError: no labels, and the search asked to stop then (onerror=fail).
        """
        asked: list[Record] = []
        events: list[Event] = []
        for row in rows:
            event = event_of(row, self._options.field, self._options.by)
            if event.raw.strip():
                asked.append(row)
                events.append(event)
            else:
                self._blank([row], "empty", f'field "{self._options.field}" is absent or empty')
        if events:
            self._ask(asked, events)
        self._count(rows)

    def give_up(self, rows: Sequence[Record], status: str, reason: LogLMError) -> None:
        """Give rows the columns of no answer, in place of `label`."""
        self.tally.blame(reason)
        self._blank(rows, status, str(reason))
        self._count(rows)

    def close(self) -> None:
        """Close the connection to the sidecar."""
        if self._client is not None:
            self._client.close()

    def _ask(self, rows: list[Record], events: list[Event]) -> None:
        try:
            client = self._connected()
        except SidecarError as error:
            self._unanswered(rows, error)
            return
        known = self._company.of(events) if self._wanted.sequence else []
        together = [*known, *events]
        for part in client.split(together, self._wanted.sequence):
            asked = [i - len(known) for i in part]
            if max(asked) >= 0:
                self._ask_part(client, [rows[i] if i >= 0 else {} for i in asked], [together[i] for i in part])
        if self._wanted.sequence:
            self._company.keep(events)

    def _ask_part(self, client: SidecarClient, rows: list[Record], events: Sequence[Event]) -> None:
        try:
            self._write(rows, client.label(events, self._wanted))
        except SidecarError as error:
            self._unanswered(rows, error)

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

    def _unanswered(self, rows: Sequence[Record], error: SidecarError) -> None:
        if self._options.onerror == "fail":
            raise error
        self.tally.blame(error)
        self._blank(rows, error.row_status, str(error))

    def _write(self, rows: list[Record], reply: Reply) -> None:
        options, model = self._options, str(reply.model)
        for row, verdict in zip(rows, reply.verdicts):
            columns = label_columns(
                verdict, model, prefix=options.prefix, output=options.output, threshold=options.threshold
            )
            row.update(columns)

    def _blank(self, rows: Sequence[Record], status: str, detail: str) -> None:
        columns = blank_columns(status, detail, prefix=self._options.prefix, output=self._options.output)
        for row in rows:
            row.update(columns)

    def _count(self, rows: Sequence[Record]) -> None:
        """Count what the rows carry, so that the message cannot say anything else."""
        status = self._options.prefix + "status"
        for row in rows:
            self.tally.add(str(row[status]))
