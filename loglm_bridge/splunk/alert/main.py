"""Alert action `loglm_notable`: labels the results of an alert and writes a notable event for each attack among them.

splunkd starts it with `--execute` and the alert as JSON on stdin. Exit code 0: all findings were written; 1: some were
not, and splunkd.log says why and how many, and what becomes of them. splunkd ends an action that runs for longer than
`maxtime` with SIGTERM.
"""

from __future__ import annotations

import signal
import sys
from pathlib import Path
from typing import Any, Sequence

from loglm_bridge.contract.errors import LogLMError
from loglm_bridge.splunk.alert.payload import AlertOptions, read_alert
from loglm_bridge.splunk.alert.report import report
from loglm_bridge.splunk.alert.run import Terminated, act
from loglm_bridge.splunk.config.app_log import open_log
from loglm_bridge.splunk.splunkd_messages import log_to_splunkd, report_error, report_internal_error

_log = open_log("loglm_notable")


def main(app: Path, args: Sequence[str]) -> int:
    """Run the action; return the exit code."""
    if list(args) != ["--execute"]:
        log_to_splunkd("ERROR", "LogLM alert: started without --execute")
        return 1
    program = "LogLM alert"
    try:
        signal.signal(signal.SIGTERM, _terminate)
        alert = read_alert(sys.stdin.buffer)
        program = f"LogLM alert {alert.name}"
        options = AlertOptions.read(alert.settings)
        return report(_log, program, options, act(alert, options, app))
    except Terminated:
        log_to_splunkd("ERROR", f"{program}: ended by splunkd before it began; nothing was written")
        return 1
    except LogLMError as error:
        return report_error(_log, program, error)
    except Exception as error:  # noqa: BLE001 - the process's outermost handler: logged with a reference
        return report_internal_error(_log, program, error)


def _terminate(*_: Any) -> None:
    """End the run at SIGTERM, once: what follows is saving and reporting."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    raise Terminated
