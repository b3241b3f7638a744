"""The log: one JSON object a line, without raw events, tokens, headers or anything else of a request's text."""

from __future__ import annotations

import json
import logging
import os
import sys
import time
import traceback
from io import TextIOWrapper
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import Any

from loglm_bridge.contract.errors import LogLMError
from loglm_bridge.contract.safe_text import MAX_LINE, one_line
from loglm_bridge.sidecar.config import Settings

_FILE_BYTES, _FILES_KEPT = 10_000_000, 3

#: Frames of a traceback that are logged.
_FRAMES = 12


def details(**values: Any) -> dict[str, Any]:
    """Return what a log call takes as `extra`: `log.info("drained", extra=details(requests=14))`."""
    return {"details": values}


class JsonFormatter(logging.Formatter):
    """Formats a record as `{"time","level","logger","message", ...details}`.

    Of a foreign exception only its type and the places in the code are written: its message may repeat an event.
    """

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        seconds = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created))
        line: dict[str, Any] = {
            "time": f"{seconds}.{int(record.msecs):03d}Z",
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": one_line(record.getMessage()),
        }
        for key, value in getattr(record, "details", {}).items():
            line[key] = _safe(value)
        if record.exc_info and record.exc_info[1]:
            line |= describe_exception(record.exc_info[1])
        return json.dumps(line, ensure_ascii=True, default=lambda value: type(value).__name__)


def describe_exception(error: BaseException) -> dict[str, Any]:
    """Return an exception's type, where it was raised, and its message if it is one of ours."""
    frames = traceback.extract_tb(error.__traceback__)[-_FRAMES:]
    described: dict[str, Any] = {
        "error": type(error).__name__,
        "at": [f"{Path(f.filename).name}:{f.lineno} {f.name}" for f in frames],
    }
    if isinstance(error, LogLMError):
        described["said"] = one_line(str(error))
    return described


def configure(settings: Settings) -> None:
    """Send the whole process's log to the configured file or stderr.

    Raises:
        OSError: the file cannot be opened.
    """
    handler = _handler(settings.log_file)
    handler.setFormatter(JsonFormatter())
    logging.basicConfig(level=settings.log_level.upper(), handlers=[handler], force=True)
    # its "error" logger is its log of everything; ours says what matters of it
    logging.getLogger("uvicorn.error").setLevel(logging.ERROR)
    logging.captureWarnings(True)


def _handler(path: Path | None) -> logging.Handler:
    if path is None:
        return _Stderr(sys.stderr)
    path.parent.mkdir(parents=True, exist_ok=True)
    return _File(path, maxBytes=_FILE_BYTES, backupCount=_FILES_KEPT, encoding="ascii")


class _Stderr(logging.StreamHandler[Any]):
    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 (logging's name)
        """Say nothing: with stderr gone there is nobody to tell."""


class _File(RotatingFileHandler):
    def _open(self) -> TextIOWrapper:
        descriptor = os.open(self.baseFilename, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        return TextIOWrapper(os.fdopen(descriptor, "ab"), encoding="ascii", line_buffering=True)

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 (logging's name)
        """Write the line to stderr: the disk is full or the file was taken away."""
        print(self.format(record), file=sys.stderr)


def _safe(value: Any) -> Any:
    if isinstance(value, str):
        return one_line(value, MAX_LINE)
    if isinstance(value, dict):
        return {one_line(str(k), MAX_LINE): _safe(v) for k, v in value.items()}
    return [_safe(v) for v in value] if isinstance(value, list | tuple) else value
