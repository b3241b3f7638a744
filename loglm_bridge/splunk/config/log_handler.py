"""The handler of the app's log files (app_log.py): lines that untrusted text cannot forge, files that rotate."""

from __future__ import annotations

import logging
import os
import time
from logging.handlers import RotatingFileHandler
from pathlib import Path

from loglm_bridge.contract.safe_text import one_line

_MAX_BYTES, _BACKUPS = 5_000_000, 3


class _OneLineFormatter(logging.Formatter):
    """Escapes and cuts the message, so untrusted text cannot forge a line; a traceback follows on the same line."""

    def format(self, record: logging.LogRecord) -> str:
        timestamp = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created))
        text = one_line(record.getMessage())
        if record.exc_info and record.exc_info[0] is not None:
            text += " trace=" + one_line(_traceback_summary(record), 2_000)
        return f"{timestamp}.{record.msecs:03.0f}Z {record.levelname} pid={record.process} {text}"


class _QuietHandler(RotatingFileHandler):
    """Gives up silently where the log cannot be written (disk full, no rights): that must not fail the program."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: ARG002, N802 - the base class's signature
        self.close()


def log_handler(name: str) -> logging.Handler:
    """Return the handler of var/log/splunk/<name>.log, opened at the first record; a null handler where it cannot."""
    home = os.environ.get("SPLUNK_HOME")
    folder = Path(home, "var", "log", "splunk") if home else None
    if folder is None or not folder.is_dir() or not os.access(folder, os.W_OK):
        return logging.NullHandler()
    handler = _QuietHandler(
        folder / f"{name}.log",
        maxBytes=_MAX_BYTES,
        backupCount=_BACKUPS,
        encoding="utf-8",
        errors="backslashreplace",
        delay=True,
    )
    handler.setFormatter(_OneLineFormatter())
    return handler


def _traceback_summary(record: logging.LogRecord) -> str:
    """Return where an exception was raised: file and line, outermost first, without source lines or values."""
    trace = record.exc_info[2] if record.exc_info else None
    frames = []
    while trace is not None:
        frames.append(f"{Path(trace.tb_frame.f_code.co_filename).name}:{trace.tb_lineno}")
        trace = trace.tb_next
    exception = record.exc_info[0].__name__ if record.exc_info and record.exc_info[0] else ""
    return f"{exception} at {' > '.join(frames)}"
