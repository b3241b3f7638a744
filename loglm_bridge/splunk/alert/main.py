"""Alert action `loglm_notable`: labels the results of an alert and writes a notable event for each attack among them.

splunkd starts it with `--execute` and the alert as JSON on stdin. Exit code 0: all findings were written; 1: some were
not, and splunkd.log says why and how many.
"""

from __future__ import annotations

import sys
import time
from contextlib import closing
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path
from typing import Iterator, Sequence

from loglm_bridge.contract.errors import InputError, LogLMError, ModelFailed
from loglm_bridge.contract.notable import Finding, Notable, NotableRule, notable_event, risk_events
from loglm_bridge.contract.row import Row
from loglm_bridge.splunk.alert.delivery import Delivery, Receivers, Target, collector
from loglm_bridge.splunk.alert.findings import AlertFindings
from loglm_bridge.splunk.alert.payload import Alert, AlertOptions, read_alert
from loglm_bridge.splunk.alert.results_file import read_rows
from loglm_bridge.splunk.client.client import SidecarClient
from loglm_bridge.splunk.config.app_log import new_ref, open_log
from loglm_bridge.splunk.config.credentials import sidecar_token
from loglm_bridge.splunk.config.settings import Settings
from loglm_bridge.splunk.config.splunkd_rest import connect
from loglm_bridge.splunk.splunkd_messages import log_to_splunkd, report_error, report_internal_error
from loglm_bridge.splunk.user_messages import UNANSWERED, Tally

#: Maximum seconds for splunkd to accept one notable.
_SECONDS = 20

_log = open_log("loglm_notable")


@dataclass
class AlertOutcome:
    """Counts of an alert: rows by status, events written and refused, rows beyond max_rows; and its errors."""

    tally: Tally
    notables: int = 0
    risks: int = 0
    refused: int = 0
    skipped_rows: int = 0
    errors: list[LogLMError] = field(default_factory=list)

    def __str__(self) -> str:
        return f"{self.notables:,} notable and {self.risks:,} risk events written; {self.tally}"


def main(app: Path, args: Sequence[str]) -> int:
    """Run the action; return the exit code."""
    if list(args) != ["--execute"]:
        log_to_splunkd("ERROR", "LogLM alert: started without --execute")
        return 1
    program = "LogLM alert"
    try:
        alert = read_alert(sys.stdin.buffer)
        program = f"LogLM alert {alert.name}"
        options = AlertOptions.read(alert.settings)
        return _report(program, options, act(alert, options, app))
    except LogLMError as error:
        return report_error(_log, program, error)
    except Exception as error:  # noqa: BLE001 - the process's outermost handler: logged with a reference
        return report_internal_error(_log, program, error)


def act(alert: Alert, options: AlertOptions, app: Path) -> AlertOutcome:
    """Label the alert's rows, batch by batch, and write their findings.

    Raises:
        ConfigError, NoToken: the delivery is not configured.
    """
    settings = Settings.read(app)
    service = connect(alert.session, _SECONDS, settings.splunkd_ca_file, alert.app)
    delivery = Receivers(service) if options.delivery == "receivers" else collector(app, service)
    findings = AlertFindings(
        alert, options, settings, lambda: SidecarClient(settings, sidecar_token(settings, alert.session))
    )
    outcome = AlertOutcome(findings.tally)
    rows = _rows(alert, outcome)
    row_count = 0
    with closing(findings):
        while not outcome.errors:
            batch = list(islice(rows, min(settings.batch_events, options.max_rows - row_count)))
            if not batch:
                break
            _write(findings.of(batch, row_count), alert, options, delivery, outcome)
            row_count += len(batch)
    outcome.skipped_rows = sum(1 for _ in rows)
    outcome.refused = delivery.refused
    return outcome


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


def _write(
    findings: Sequence[Finding], alert: Alert, options: AlertOptions, delivery: Delivery, outcome: AlertOutcome
) -> None:
    """Write the notables of findings and, where configured, their risk events; count those that Splunk accepted."""
    rule = NotableRule(options.rule_name or alert.name, options.security_domain, options.severity)
    now, target = time.time(), Target(options.target_index, options.target_sourcetype)
    outcome.notables += _send(delivery, [notable_event(finding, rule, now) for finding in findings], target, outcome)
    if options.risk and not outcome.errors:
        risks = [event for finding in findings for event in risk_events(finding, rule, now, options.risk_objects)]
        outcome.risks += _send(delivery, risks, replace(target, index=options.risk_index), outcome)


def _send(delivery: Delivery, events: Sequence[Notable], target: Target, outcome: AlertOutcome) -> int:
    sent_before = delivery.sent
    try:
        delivery.send(events, target)
    except LogLMError as error:
        outcome.errors.append(error)
    return delivery.sent - sent_before


def _report(program: str, options: AlertOptions, outcome: AlertOutcome) -> int:
    """Report the outcome of the alert; return the exit code."""
    _log.info("%s: %s", program, outcome)
    log_to_splunkd("INFO", f"{program}: {outcome}")
    if outcome.skipped_rows:
        log_to_splunkd("WARN", f"{program}: {outcome.skipped_rows:,} rows skipped (max_rows={options.max_rows})")
    code = 0
    unanswered = sum(outcome.tally.statuses[status] for status in UNANSWERED)
    if unanswered:
        written = "written without a label" if options.onerror == "pass" else "not written"
        reason = outcome.tally.reason or ModelFailed("the model failed on some events")
        consequence = f"{unanswered:,} of {outcome.tally.rows:,} rows not labelled and {written}."
        failed = report_error(_log, program, reason, consequence)
        code = 0 if options.onerror == "pass" else failed
    if outcome.refused:
        ref = new_ref()
        log_to_splunkd(
            "ERROR", f"{program}: {outcome.refused:,} events refused by Splunk as invalid and skipped. ref={ref}"
        )
        code = 1
    for error in outcome.errors:
        code = report_error(_log, program, error)
    return code
