"""One run of the alert action: rows to findings, findings to events, events to Splunk, the rest to the spool."""

from __future__ import annotations

import time
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Iterator, Optional, Sequence

from loglm_bridge.contract.errors import InputError, LogLMError
from loglm_bridge.contract.notable import Finding, NotableRule, notable_event, risk_events
from loglm_bridge.contract.row import Row
from loglm_bridge.splunk.alert.delivery import KEPT, Delivery, Target
from loglm_bridge.splunk.alert.delivery_settings import delivery_of
from loglm_bridge.splunk.alert.findings import AlertFindings
from loglm_bridge.splunk.alert.payload import Alert, AlertOptions
from loglm_bridge.splunk.alert.results_file import read_rows
from loglm_bridge.splunk.alert.spool import Spool, SpoolError
from loglm_bridge.splunk.config.credentials import sidecar_token
from loglm_bridge.splunk.config.settings import Settings
from loglm_bridge.splunk.config.splunkd_rest import connect
from loglm_bridge.splunk.modinput.lock import AlreadyRunning, InputLock
from loglm_bridge.splunk.user_messages import Tally

#: Maximum seconds of one read from splunkd.
_SECONDS = 20

#: Maximum characters of the rows that are held at a time.
_MAX_BATCH_CHARACTERS = 8 * 1024 * 1024


class Terminated(BaseException):
    """splunkd ends the action: it runs for longer than `maxtime`. Not an Exception: nothing must swallow it."""


@dataclass
class AlertOutcome:
    """Counts of a run: rows by status and kind, events written, refused, kept for the next run and lost; and errors.

    `kept_sent` counts events of earlier runs that were delivered. `terminated`: splunkd ended the run. `rows` were
    looked at.
    """

    tally: Tally = field(default_factory=Tally)
    rows: int = 0
    skipped_rows: int = 0
    claimed_rows: int = 0
    no_raw_rows: int = 0
    notables: int = 0
    risks: int = 0
    refused: int = 0
    kept: int = 0
    lost: int = 0
    kept_sent: int = 0
    terminated: bool = False
    notes: tuple[str, ...] = ()
    delivery_errors: list[LogLMError] = field(default_factory=list)
    errors: list[LogLMError] = field(default_factory=list)

    def __str__(self) -> str:
        return f"{self.notables:,} notable and {self.risks:,} risk events written; {self.tally}"


def act(alert: Alert, options: AlertOptions, app: Path) -> AlertOutcome:
    """Label the alert's rows, batch by batch, and write their findings; what cannot be delivered is kept.

    Raises:
        ConfigError, NoToken: the delivery is not configured.
    """
    settings = Settings.read(app)
    service = connect(alert.session, _SECONDS, settings.splunkd_ca_file, alert.app)
    delivery = delivery_of(options.delivery, app, service)
    spool = Spool.of_app("hec" if options.delivery == "hec" else f"receivers {alert.owner}")
    findings = AlertFindings(alert, options, settings, lambda: sidecar_token(settings, alert.session))
    outcome = AlertOutcome(findings.tally)
    try:
        with closing(findings):
            _write_findings(findings, alert, options, settings, delivery, outcome)
        delivery.finish()
        _deliver_kept(spool, delivery, outcome)
    except Terminated:
        outcome.terminated = True
    finally:
        _keep_undelivered(spool, delivery, outcome)
    outcome.claimed_rows, outcome.no_raw_rows = findings.claimed, findings.no_raw
    outcome.notables, outcome.risks = delivery.sent["notable"], delivery.sent["risk"]
    outcome.refused, outcome.kept_sent = delivery.refused, delivery.sent[KEPT]
    outcome.notes, outcome.delivery_errors = tuple(delivery.notes), list(delivery.errors)
    return outcome


def _write_findings(
    findings: AlertFindings,
    alert: Alert,
    options: AlertOptions,
    settings: Settings,
    delivery: Delivery,
    outcome: AlertOutcome,
) -> None:
    rule = NotableRule(options.rule_name or alert.name, options.security_domain, options.severity)
    target = Target(options.target_index, options.target_sourcetype)
    rows = _rows(alert, outcome)
    while batch := _next_batch(rows, min(settings.batch_events, options.max_rows - outcome.rows)):
        found = findings.of(batch, outcome.rows)
        outcome.rows += len(batch)
        _deliver(found, rule, options, target, delivery)
    outcome.skipped_rows = sum(1 for _ in rows)


def _deliver(
    findings: Sequence[Finding], rule: NotableRule, options: AlertOptions, target: Target, delivery: Delivery
) -> None:
    """Deliver the notables of findings and, where configured, their risk events."""
    now = time.time()
    delivery.deliver(target, [notable_event(finding, rule, now) for finding in findings])
    if options.risk:
        risks = [event for finding in findings for event in risk_events(finding, rule, now, options.risk_objects)]
        delivery.deliver(Target(options.risk_index, options.target_sourcetype, "risk"), risks)


def _rows(alert: Alert, outcome: AlertOutcome) -> Iterator[Row]:
    """Yield the results; of a damaged file those before the damage, or the first one, which is in the payload."""
    count = 0
    try:
        for row in read_rows(alert.results):
            yield row
            count += 1
    except InputError as error:
        if not count and alert.first:
            yield alert.first
        outcome.errors.append(error)


def _next_batch(rows: Iterator[Row], max_rows: int) -> list[Row]:
    """Return the next rows, fewer where they are long."""
    batch: list[Row] = []
    characters = 0
    while len(batch) < max_rows and characters < _MAX_BATCH_CHARACTERS:
        row: Optional[Row] = next(rows, None)
        if row is None:
            break
        batch.append(row)
        characters += sum(len(value) for values in row.values() for value in values)
    return batch


def _deliver_kept(spool: Spool, delivery: Delivery, outcome: AlertOutcome) -> None:
    """Deliver what earlier runs of the group could not, unless this run could not either or another one is at it."""
    lock = spool.lock_path
    if lock is None or delivery.error is not None:
        return
    try:
        with InputLock(lock):
            for name in spool.names():
                for target, notable in spool.load(name):
                    delivery.deliver(target, [notable])
                delivery.finish()
                spool.save([event for event in delivery.undelivered() if event.target.kind == KEPT], name)
                delivery.forget_kept()
                if delivery.error is not None:
                    return
    except AlreadyRunning:
        return
    except (SpoolError, OSError) as error:
        outcome.errors.append(
            error if isinstance(error, SpoolError) else SpoolError(f"the spool fails ({error.strerror})")
        )


def _keep_undelivered(spool: Spool, delivery: Delivery, outcome: AlertOutcome) -> None:
    events = [event for event in delivery.undelivered() if event.target.kind != KEPT]
    if not events:
        return
    try:
        spool.save(events)
        outcome.kept = len(events)
    except SpoolError as error:
        outcome.lost = len(events)
        outcome.errors.append(error)
