"""The notable events that the alert action would write for rows of `| loglm`."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

from loglm_bridge.contract.notable import Notable, NotableRule, notable_event
from loglm_bridge.harness.splunkd import Row
from loglm_bridge.splunk.alert.findings import AlertFindings
from loglm_bridge.splunk.alert.payload import Alert, AlertOptions
from loglm_bridge.splunk.config.credentials import SplunkSession, sidecar_token
from loglm_bridge.splunk.config.settings import Settings

#: The name of the alert in the notables.
ALERT = "LogLM Demo - Rule"


def notables_of(rows: Sequence[Row], app: Path) -> list[Notable]:
    """Return the notables that the alert action of the app would write for labelled rows; its sidecar must run.

    Raises:
        LogLMError: the settings or the sidecar cannot be used.
    """
    settings, options = Settings.read(app), AlertOptions()
    alert = Alert(ALERT, "loglm_demo.1", "loglm_bridge", Path(), SplunkSession("", ""), {}, {})
    alert_findings = AlertFindings(alert, options, settings, lambda: sidecar_token(settings, None))
    try:
        findings = alert_findings.of([_results_row(row) for row in rows], 0)
    finally:
        alert_findings.close()
    if alert_findings.tally.reason is not None:
        raise alert_findings.tally.reason
    rule, now = NotableRule(ALERT, options.security_domain, options.severity), time.time()
    return [notable_event(finding, rule, now) for finding in findings]


def _results_row(row: Row) -> dict[str, list[str]]:
    """Return a row as it is read from the results file of an alert: every field a list of values."""
    return {name: value if isinstance(value, list) else [value] for name, value in row.items()}
