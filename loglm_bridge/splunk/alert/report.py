"""What a run of the alert action reports to splunkd.log and to the app's own log, and its exit code."""

from __future__ import annotations

from logging import Logger
from typing import Iterator

from loglm_bridge.contract.errors import LogLMError, ModelFailed
from loglm_bridge.splunk.alert.payload import AlertOptions
from loglm_bridge.splunk.alert.run import AlertOutcome
from loglm_bridge.splunk.config.app_log import new_ref
from loglm_bridge.splunk.splunkd_messages import log_to_splunkd, report_error
from loglm_bridge.splunk.user_messages import UNANSWERED


class ActionEnded(LogLMError):
    """splunkd ended the action before it was done."""

    code, status = "ended", 0
    hint = "raise maxtime in alert_actions.conf, or lower max_rows"


def report(log: Logger, program: str, options: AlertOptions, outcome: AlertOutcome) -> int:
    """Report the outcome of a run; return the exit code."""
    log.info("%s: %s", program, outcome)
    log_to_splunkd("INFO", f"{program}: {outcome}")
    if outcome.kept_sent:
        log_to_splunkd("INFO", f"{program}: {outcome.kept_sent:,} events of earlier runs delivered")
    for text in _warnings(options, outcome):
        log_to_splunkd("WARN", f"{program}: {text}")
    codes = [
        _report_unanswered(log, program, options, outcome),
        _report_refused(program, outcome),
        _report_undelivered(log, program, outcome),
        *(report_error(log, program, error) for error in outcome.errors),
    ]
    if outcome.terminated:
        text = f"ended by splunkd after the first {outcome.rows:,} rows; further rows were not looked at"
        codes.append(report_error(log, program, ActionEnded(text), _fate(outcome)))
    return max(codes)


def _warnings(options: AlertOptions, outcome: AlertOutcome) -> Iterator[str]:
    if outcome.skipped_rows:
        yield f"{outcome.skipped_rows:,} rows skipped (max_rows={options.max_rows})"
    if outcome.claimed_rows:
        yield (
            f"{outcome.claimed_rows:,} of {outcome.tally.rows:,} rows have no _raw and say that they are malicious;"
            " their notable events hold what the rows say, without proof"
        )
    if outcome.no_raw_rows:
        yield (
            f"{outcome.no_raw_rows:,} of {outcome.tally.rows:,} rows have no _raw and were not labelled;"
            " keep _raw in the results of the search (for example: | table _time host _raw)"
        )
    yield from outcome.notes


def _report_unanswered(log: Logger, program: str, options: AlertOptions, outcome: AlertOutcome) -> int:
    unanswered = sum(outcome.tally.statuses[status] for status in UNANSWERED)
    if not unanswered:
        return 0
    written = "written without a label" if options.onerror == "pass" else "not written"
    reason = outcome.tally.reason or ModelFailed("the model failed on some events")
    consequence = f"{unanswered:,} of {outcome.tally.rows:,} rows not labelled and {written}."
    failed = report_error(log, program, reason, consequence)
    return 0 if options.onerror == "pass" else failed


def _report_refused(program: str, outcome: AlertOutcome) -> int:
    if not outcome.refused:
        return 0
    log_to_splunkd(
        "ERROR", f"{program}: {outcome.refused:,} events refused by Splunk as invalid and skipped. ref={new_ref()}"
    )
    return 1


def _report_undelivered(log: Logger, program: str, outcome: AlertOutcome) -> int:
    return max((report_error(log, program, error, _fate(outcome)) for error in outcome.delivery_errors), default=0)


def _fate(outcome: AlertOutcome) -> str:
    """Return a sentence on the events that were not delivered."""
    written = f"{outcome.notables:,} notable and {outcome.risks:,} risk events were written"
    if outcome.kept:
        return f"{written}; {outcome.kept:,} are kept and delivered by the next run of the action."
    return f"{written}; {outcome.lost:,} are lost." if outcome.lost else f"{written}."
