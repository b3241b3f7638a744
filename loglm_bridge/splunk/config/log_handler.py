"""How the app's log files are written (logfile.py): lines that untrusted text cannot forge, files that rotate."""

from __future__ import annotations

import logging
import os
import time
from logging.handlers import RotatingFileHandler
from pathlib import Path

from loglm_bridge.contract.safe_text import one_line

_MAX_BYTES, _BACKUPS = 5_000_000, 3


class _OneLine(logging.Formatter):
    """Untrusted text cannot forge a line: the message is escaped and cut, a traceback follows it on the same line."""

    def format(self, record: logging.LogRecord) -> str:
        at = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created))
        text = one_line(record.getMessage())
        if record.exc_info and record.exc_info[0] is not None:
            text += " trace=" + one_line(_trace(record), 2_000)
        return f"{at}.{record.msecs:03.0f}Z {record.levelname} pid={record.process} {text}"


class _QuietHandler(RotatingFileHandler):
    """A log that cannot be written (disk full, no rights) is no reason to fail, nor to speak on stderr."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: ARG002, N802 - the base's signature
        self.close()


def log_handler(name: str) -> logging.Handler:
    """Return what writes var/log/splunk/<name>.log, opened at the first record; nothing where it cannot."""
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
    handler.setFormatter(_OneLine())
    return handler


def _trace(record: logging.LogRecord) -> str:
    """Return where an exception came from, file and line outermost first, without source lines or values."""
    trace = record.exc_info[2] if record.exc_info else None
    places = []
    while trace is not None:
        places.append(f"{Path(trace.tb_frame.f_code.co_filename).name}:{trace.tb_lineno}")
        trace = trace.tb_next
    kind = record.exc_info[0].__name__ if record.exc_info and record.exc_info[0] else ""
    return f"{kind} at {' > '.join(places)}"
