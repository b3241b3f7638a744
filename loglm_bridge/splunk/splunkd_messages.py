"""Messages of the input and the alert action to splunkd: lines on stderr, which splunkd writes to splunkd.log.

Not for search commands: splunkd shows whatever they write to stderr as an error of the search.
"""

from __future__ import annotations

import os
import sys
from logging import Logger
from typing import TextIO

from loglm_bridge.contract.errors import LogLMError
from loglm_bridge.contract.safe_text import one_line
from loglm_bridge.splunk import user_messages
from loglm_bridge.splunk.config.app_log import new_ref


def log_to_splunkd(level: str, text: str) -> None:
    """Write one line to stderr, which splunkd logs with that level; nothing where stderr is closed."""
    try:
        sys.stderr.write(f"{level} {one_line(text)}\n")
        sys.stderr.flush()
    except (OSError, ValueError):
        redirect_to_null(sys.stderr)


def report_error(log: Logger, program: str, error: LogLMError, consequence: str = "", level: str = "ERROR") -> int:
    """Write an error to the app's log and to splunkd.log, with a common reference; return exit code 1."""
    ref = new_ref()
    log.warning("%s: %s %s ref=%s", program, error.code, error, ref)
    log_to_splunkd(level, f"{program}: {error.user_message(consequence)} ref={ref}")
    return 1


def report_internal_error(log: Logger, program: str, error: Exception) -> int:
    """Write an exception to the app's log, and its type to splunkd.log; return exit code 1."""
    ref = new_ref()
    log.error("%s: internal error ref=%s", program, ref, exc_info=error)
    log_to_splunkd("ERROR", user_messages.internal_error(error, ref))
    return 1


def redirect_to_null(stream: TextIO) -> None:
    """Point a closed stream at the null device, so that the interpreter's flush at exit does not fail."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
