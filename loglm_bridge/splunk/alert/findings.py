"""The findings among the rows of an alert: with labels from the row, else from the sidecar."""

from __future__ import annotations

from dataclasses import replace
from typing import Callable, Iterator, Optional, Sequence, Union

from loglm_bridge.contract.errors import SidecarError
from loglm_bridge.contract.event import Event
from loglm_bridge.contract.notable import Finding
from loglm_bridge.contract.row import Row, first_value
from loglm_bridge.contract.verdict import Verdict
from loglm_bridge.contract.wire import Options
from loglm_bridge.splunk.alert.payload import Alert, AlertOptions
from loglm_bridge.splunk.alert.trusted_labels import claimed_verdict, event_of_result, proven_label
from loglm_bridge.splunk.client.client import SidecarClient
from loglm_bridge.splunk.client.dispatcher import Outcome
from loglm_bridge.splunk.config.settings import Settings
from loglm_bridge.splunk.rows.columns import PROOF
from loglm_bridge.splunk.rows.finding import LABEL_PREFIX, finding_of
from loglm_bridge.splunk.rows.label_proof import LabelProofs
from loglm_bridge.splunk.rows.row_mapping import event_of
from loglm_bridge.splunk.rows.verdict_policy import omit_benign_techniques
from loglm_bridge.splunk.user_messages import UNANSWERED, Tally

#: A row's event, its verdict, and the model that gave it.
_LabelledEvent = tuple[Event, Verdict, str]


class AlertFindings:
    """Finds the findings among an alert's rows; counts rows by status in `tally`.

    `claimed` and `no_raw` count rows without `_raw`: those that say malicious, and are believed, and all others.
    `read_token` returns the sidecar's token or raises a SidecarError; it is called when the first row needs it.
    """

    def __init__(self, alert: Alert, options: AlertOptions, settings: Settings, read_token: Callable[[], str]) -> None:
        self.tally = Tally()
        self.claimed = self.no_raw = 0
        self._alert = alert
        self._options = options
        self._settings = settings
        self._read_token = read_token
        self._token: Union[str, SidecarError, None] = None
        self._client: Optional[SidecarClient] = None

    def of(self, rows: Sequence[Row], first: int) -> list[Finding]:
        """Return the findings among `rows`, which are the results from index `first` on."""
        labelled = [self._from_columns(row) for row in rows]
        missing = [i for i, event in enumerate(labelled) if event is None]
        for i, event in zip(missing, self._label([event_of(rows[i], "_raw", self._options.by) for i in missing])):
            labelled[i] = event
        findings = []
        for i, (row, labelled_event) in enumerate(zip(rows, labelled)):
            finding = self._finding(row, labelled_event) if labelled_event else None
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

    def _from_columns(self, row: Row) -> Optional[_LabelledEvent]:
        """Return the label that the row's columns prove, None where the sidecar must label the row."""
        prefix = self._settings.prefix
        model = first_value(row, prefix + "model")
        if first_value(row, prefix + PROOF):
            token = self._known_token()
            proven = proven_label(row, prefix, LabelProofs(token)) if isinstance(token, str) else None
            if proven is not None:
                return (*proven, model)
        if first_value(row, "_raw").strip():
            return None
        verdict = claimed_verdict(row, prefix, self._threshold)
        self.claimed, self.no_raw = self.claimed + (verdict is not None), self.no_raw + (verdict is None)
        return event_of_result(row), verdict or Verdict("empty"), model

    def _label(self, events: Sequence[Event]) -> list[_LabelledEvent]:
        """Label events by the sidecar; where that fails, their verdict says why."""
        labelled: dict[int, _LabelledEvent] = {}
        brief = omit_benign_techniques(self._threshold)
        options = Options(top=self._settings.top, sequence=bool(self._options.by), brief=brief)
        for indices, outcome in self._outcomes(events, options) if events else ():
            if isinstance(outcome, SidecarError):
                self.tally.note_reason(outcome)
                unlabelled = Verdict(outcome.row_status, detail=str(outcome))
                labelled.update((i, (events[i], unlabelled, "")) for i in indices)
            elif isinstance(outcome, Exception):
                raise outcome
            else:
                model = str(outcome.model)
                labelled.update((i, (events[i], verdict, model)) for i, verdict in zip(indices, outcome.verdicts))
        return [labelled[i] for i in range(len(events))]

    def _outcomes(self, events: Sequence[Event], options: Options) -> Iterator[tuple[Sequence[int], Outcome]]:
        token = self._known_token()
        if isinstance(token, SidecarError):
            yield range(len(events)), token
            return
        try:
            self._client = self._client or SidecarClient(self._settings, token)
        except SidecarError as error:
            yield range(len(events)), error
        else:
            yield from self._client.label_in_parts(events, options)

    def _known_token(self) -> Union[str, SidecarError]:
        """Return the token, or why there is none; read once."""
        if self._token is None:
            try:
                self._token = self._read_token()
            except SidecarError as error:
                self._token = error
        return self._token

    def _finding(self, row: Row, labelled_event: _LabelledEvent) -> Optional[Finding]:
        event, verdict, model = labelled_event
        self.tally.statuses[verdict.status] += 1
        if verdict.status in UNANSWERED and self._options.onerror == "pass":
            labels = {f"{LABEL_PREFIX}status": [verdict.status], f"{LABEL_PREFIX}detail": [verdict.detail or ""]}
            return Finding(event, verdict, labels, row)
        return finding_of(event, verdict, model, row, self._threshold)
