"""The rows of an alert as findings: labels taken from the row or asked for, and what to do where there are none."""

from __future__ import annotations

from dataclasses import replace
from typing import Callable, Iterator, Optional, Sequence

from loglm_bridge.contract.errors import SidecarError
from loglm_bridge.contract.event import Event
from loglm_bridge.contract.notable import Finding
from loglm_bridge.contract.row import first_value
from loglm_bridge.contract.verdict import Verdict
from loglm_bridge.contract.wire import Options
from loglm_bridge.splunk.alert.payload import Alert, AlertOptions
from loglm_bridge.splunk.alert.trusted_labels import event_in, verdict_of
from loglm_bridge.splunk.client.client import SidecarClient
from loglm_bridge.splunk.client.dispatcher import Outcome
from loglm_bridge.splunk.config.settings import Settings
from loglm_bridge.splunk.modinput.search_export import Row
from loglm_bridge.splunk.rows.finding import PREFIX, judge
from loglm_bridge.splunk.rows.row_mapping import event_of
from loglm_bridge.splunk.rows.verdict_policy import brief
from loglm_bridge.splunk.user_messages import Tally

#: Statuses of rows that might have got a label if all had gone well.
UNANSWERED = ("unavailable", "overloaded", "timeout", "error")

#: A row's event, its verdict, and the model that gave it.
_Judged = tuple[Event, Verdict, str]


class AlertFindings:
    """Makes findings of an alert's rows; counts in `tally` what labels they had.

    `connect` makes the client of the sidecar; it is called when the first row needs it.
    """

    def __init__(
        self, alert: Alert, options: AlertOptions, settings: Settings, connect: Callable[[], SidecarClient]
    ) -> None:
        self.tally = Tally()
        self._alert = alert
        self._options = options
        self._settings = settings
        self._connect = connect
        self._client: Optional[SidecarClient] = None

    def of(self, rows: Sequence[Row], first: int) -> list[Finding]:
        """Return the findings among `rows`, which are the results from number `first` (counted from 0) on."""
        judged = [self._from_columns(row) for row in rows]
        missing = [i for i, found in enumerate(judged) if found is None]
        for i, found in zip(missing, self._ask([event_of(rows[i], "_raw", self._options.by) for i in missing])):
            judged[i] = found
        findings = []
        for i, (row, known) in enumerate(zip(rows, judged)):
            finding = self._judge(row, known) if known else None
            if finding is not None:
                origin = {"orig_sid": self._alert.sid, "orig_rid": str(first + i)}
                findings.append(replace(finding, origin=origin))
        return findings

    def close(self) -> None:
        """Close the connection to the sidecar."""
        if self._client is not None:
            self._client.close()

    @property
    def _threshold(self) -> Optional[float]:
        return self._settings.threshold if self._options.threshold is None else self._options.threshold

    def _from_columns(self, row: Row) -> Optional[_Judged]:
        """Return what the row says itself; None: the model has to be asked."""
        verdict = verdict_of(row, self._settings.prefix)
        if verdict is None:
            return None if first_value(row, "_raw").strip() else (event_in(row), Verdict("empty"), "")
        return event_in(row), verdict, first_value(row, self._settings.prefix + "model")

    def _ask(self, events: Sequence[Event]) -> list[_Judged]:
        """Ask the sidecar; events that it cannot be asked about get a verdict that says why."""
        found: dict[int, _Judged] = {}
        top, together = self._settings.top, bool(self._options.by)
        asked = Options(top=top, sequence=together, brief=brief(self._threshold))
        for places, outcome in self._outcomes(events, asked) if events else ():
            if isinstance(outcome, SidecarError):
                self.tally.blame(outcome)
                lost = Verdict(outcome.row_status, detail=str(outcome))
                found.update((i, (events[i], lost, "")) for i in places)
            elif isinstance(outcome, Exception):
                raise outcome
            else:
                model = str(outcome.model)
                found.update((i, (events[i], verdict, model)) for i, verdict in zip(places, outcome.verdicts))
        return [found[i] for i in range(len(events))]

    def _outcomes(self, events: Sequence[Event], asked: Options) -> Iterator[tuple[Sequence[int], Outcome]]:
        try:
            if self._client is None:
                self._client = self._connect()
        except SidecarError as error:
            yield range(len(events)), error
        else:
            yield from self._client.label_parts(events, asked)

    def _judge(self, row: Row, known: _Judged) -> Optional[Finding]:
        event, verdict, model = known
        self.tally.statuses[verdict.status] += 1
        if verdict.status in UNANSWERED and self._options.onerror == "pass":
            labels = {f"{PREFIX}status": [verdict.status], f"{PREFIX}detail": [verdict.detail or ""]}
            return Finding(event, verdict, labels, row)
        return judge(event, verdict, model, row, self._threshold)
