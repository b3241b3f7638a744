"""Alert action `loglm_notable`: labels the results of an alert and writes a notable event for each attack among them.

splunkd starts it with `--execute` and the alert as JSON on stdin. Exit code 0: everything that was found was written;
1: something was not, and stderr (splunkd.log) says what and how many.
"""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path
from typing import Iterator, Sequence

from loglm_bridge.contract.errors import InputError, LogLMError, ModelFailed
from loglm_bridge.contract.notable import Finding, Notable, NotableRule, notable_event, risk_events
from loglm_bridge.splunk import user_messages
from loglm_bridge.splunk.alert.delivery import Delivery, Receivers, Target, collector
from loglm_bridge.splunk.alert.findings import UNANSWERED, AlertFindings
from loglm_bridge.splunk.alert.payload import Alert, AlertOptions, read_alert
from loglm_bridge.splunk.alert.results_file import read_rows
from loglm_bridge.splunk.client.client import SidecarClient
from loglm_bridge.splunk.config.app_log import new_ref, open_log
from loglm_bridge.splunk.config.credentials import sidecar_token
from loglm_bridge.splunk.config.settings import Settings
from loglm_bridge.splunk.config.splunkd_rest import connect
from loglm_bridge.splunk.modinput.event_stream import say
from loglm_bridge.splunk.modinput.search_export import Row
from loglm_bridge.splunk.user_messages import Tally

#: Seconds that splunkd may take for one notable.
_SECONDS = 20

_log = open_log("loglm_notable")


@dataclass
class Outcome:
    """What became of an alert: events written and refused, labels counted, rows beyond the cap, what went wrong."""

    tally: Tally
    notables: int = 0
    risks: int = 0
    refused: int = 0
    left: int = 0
    problems: list[LogLMError] = field(default_factory=list)

    def __str__(self) -> str:
        return f"{self.notables:,} notable and {self.risks:,} risk events written; {self.tally}"


def main(app: Path, args: Sequence[str]) -> int:
    """Run the action; return the exit code."""
    if list(args) != ["--execute"]:
        say("ERROR", "LogLM alert: started without --execute")
        return 1
    who = "LogLM alert"
    try:
        alert = read_alert(sys.stdin.buffer)
        who = f"LogLM alert {alert.name}"
        options = AlertOptions.read(alert.settings)
        return _report(who, options, act(alert, options, app))
    except LogLMError as error:
        return _problem(who, error)
    except Exception as error:  # noqa: BLE001 - the process's rim: logged with a reference
        ref = new_ref()
        _log.exception("%s: internal error ref=%s", who, ref)
        say("ERROR", user_messages.surprise(error, ref))
        return 1


def act(alert: Alert, options: AlertOptions, app: Path) -> Outcome:
    """Label the alert's rows, batch by batch, and write what is found.

    Raises:
        ConfigError, NoToken: the delivery is not set up.
    """
    settings = Settings.read(app)
    service = connect(alert.session, _SECONDS, alert.app)
    delivery = Receivers(service) if options.delivery == "receivers" else collector(app, service)
    findings = AlertFindings(
        alert, options, settings, lambda: SidecarClient(settings, sidecar_token(settings, alert.session))
    )
    outcome = Outcome(findings.tally)
    rows = _rows(alert, outcome)
    taken = 0
    while not outcome.problems:
        batch = list(islice(rows, min(settings.batch_events, options.max_rows - taken)))
        if not batch:
            break
        _write(findings.of(batch, taken), alert, options, delivery, outcome)
        taken += len(batch)
    findings.close()
    outcome.left = sum(1 for _ in rows)
    outcome.refused = delivery.refused
    return outcome


def _rows(alert: Alert, outcome: Outcome) -> Iterator[Row]:
    """Yield the results; of a damaged file those before the damage, or else the first one, which is in the payload."""
    count = 0
    try:
        for row in read_rows(alert.results):
            yield row
            count += 1
    except InputError as error:
        if not count and alert.first:
            yield alert.first
        outcome.problems.append(error)


def _write(
    findings: Sequence[Finding], alert: Alert, options: AlertOptions, delivery: Delivery, outcome: Outcome
) -> None:
    """Write the notables of some findings and, if asked for, their risk events; count what Splunk took."""
    rule = NotableRule(options.rule_name or alert.name, options.security_domain, options.severity)
    now, target = time.time(), Target(options.target_index, options.target_sourcetype)
    outcome.notables += _send(delivery, [notable_event(found, rule, now) for found in findings], target, outcome)
    if options.risk and not outcome.problems:
        risks = [event for found in findings for event in risk_events(found, rule, now, options.risk_objects)]
        outcome.risks += _send(delivery, risks, replace(target, index=options.risk_index), outcome)


def _send(delivery: Delivery, events: Sequence[Notable], target: Target, outcome: Outcome) -> int:
    before = delivery.sent
    try:
        delivery.send(events, target)
    except LogLMError as error:
        outcome.problems.append(error)
    return delivery.sent - before


def _report(who: str, options: AlertOptions, outcome: Outcome) -> int:
    """Say what became of the alert; return the exit code."""
    _log.info("%s: %s", who, outcome)
    say("INFO", f"{who}: {outcome}")
    if outcome.left:
        say("WARN", f"{who}: {outcome.left:,} rows not attached (max_rows={options.max_rows})")
    code = 0
    unanswered = sum(outcome.tally.statuses[status] for status in UNANSWERED)
    if unanswered:
        fate = "written without a label" if options.onerror == "pass" else "not written"
        reason = outcome.tally.reason or ModelFailed("the model failed on some events")
        failed = _problem(who, reason, f"{unanswered:,} of {outcome.tally.rows:,} rows not labelled and {fate}.")
        code = 0 if options.onerror == "pass" else failed
    if outcome.refused:
        ref = new_ref()
        say("ERROR", f"{who}: {outcome.refused:,} events refused by Splunk as invalid and skipped. ref={ref}")
        code = 1
    for problem in outcome.problems:
        code = _problem(who, problem)
    return code


def _problem(who: str, error: LogLMError, fate: str = "") -> int:
    ref = new_ref()
    _log.warning("%s: %s %s ref=%s", who, error.code, error, ref)
    say("ERROR", f"{who}: {error.user_message(fate)} ref={ref}")
    return 1
