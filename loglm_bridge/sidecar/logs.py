"""The log: one JSON object per line, without raw events, tokens, headers or any other text of a request."""

from __future__ import annotations

import contextlib
import json
import logging
import os
import sys
import time
import traceback
from collections.abc import Callable
from io import TextIOWrapper
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import Any

from loglm_bridge.contract.errors import LogLMError
from loglm_bridge.contract.safe_text import MAX_LINE, one_line
from loglm_bridge.sidecar.config import Settings

_MAX_FILE_BYTES, _BACKUP_FILES = 10_000_000, 3

#: Maximum frames of a traceback that are logged.
_MAX_FRAMES = 12


def details(**values: Any) -> dict[str, Any]:
    """Return the `extra` argument of a log call: `log.info("drained", extra=details(requests=14))`."""
    return {"details": values}


class Throttle:
    """Lets one line of a kind through in so many seconds; whoever connects could fill the disk otherwise."""

    def __init__(self, seconds: float = 60.0, clock: Callable[[], float] = time.monotonic) -> None:
        self._seconds, self._clock = seconds, clock
        self._kinds: dict[str, tuple[float, int]] = {}

    def suppressed(self, kind: str) -> int | None:
        """Return how many lines of a kind were left out since the last one, None where this one is left out too."""
        now = self._clock()
        last, count = self._kinds.get(kind, (-self._seconds, 0))
        if now - last < self._seconds:
            self._kinds[kind] = last, count + 1
            return None
        self._kinds[kind] = now, 0
        return count


class JsonFormatter(logging.Formatter):
    """Formats a record as `{"time","level","logger","message", ...details}`.

    Of a foreign exception only the type and the code locations are written: its message may repeat an event.
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
            line[key] = _one_line_texts(value)
        if record.exc_info and record.exc_info[1]:
            line |= describe_exception(record.exc_info[1])
        return json.dumps(line, ensure_ascii=True, default=lambda value: type(value).__name__)


def describe_exception(error: BaseException) -> dict[str, Any]:
    """Return an exception's type, its traceback, and its message if it is an error of this package."""
    frames = traceback.extract_tb(error.__traceback__)[-_MAX_FRAMES:]
    described: dict[str, Any] = {
        "error": type(error).__name__,
        "at": [f"{Path(f.filename).name}:{f.lineno} {f.name}" for f in frames],
    }
    if isinstance(error, LogLMError):
        described["reason"] = one_line(str(error))
    return described


def configure(settings: Settings) -> None:
    """Send the whole process's log to the configured file or stderr.

    Raises:
        OSError: the file cannot be opened.
    """
    handler = _handler(settings.log_file)
    handler.setFormatter(JsonFormatter())
    logging.basicConfig(level=settings.log_level.upper(), handlers=[handler], force=True)
    # despite its name uvicorn logs everything to "uvicorn.error"; only its errors are needed beside our own log
    logging.getLogger("uvicorn.error").setLevel(logging.ERROR)
    logging.captureWarnings(True)


def _handler(path: Path | None) -> logging.Handler:
    if path is None:
        return _StderrHandler(sys.stderr)
    path.parent.mkdir(parents=True, exist_ok=True)
    return _PrivateFileHandler(path, maxBytes=_MAX_FILE_BYTES, backupCount=_BACKUP_FILES, encoding="ascii")


class _StderrHandler(logging.StreamHandler[Any]):
    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 (logging's name)
        """Drop the line: stderr is closed, so there is nowhere to report it."""


class _PrivateFileHandler(RotatingFileHandler):
    def _open(self) -> TextIOWrapper:
        descriptor = os.open(self.baseFilename, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        return TextIOWrapper(os.fdopen(descriptor, "ab"), encoding="ascii", line_buffering=True)

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 (logging's name)
        """Write the line to stderr: the disk is full or the file was removed. Where stderr is full too, it is lost."""
        with contextlib.suppress(OSError, ValueError):
            print(self.format(record), file=sys.stderr)


def _one_line_texts(value: Any) -> Any:
    """Return a value whose texts, at any depth, are cut to one line each."""
    if isinstance(value, str):
        return one_line(value, MAX_LINE)
    if isinstance(value, dict):
        return {one_line(str(k), MAX_LINE): _one_line_texts(v) for k, v in value.items()}
    return [_one_line_texts(v) for v in value] if isinstance(value, list | tuple) else value
