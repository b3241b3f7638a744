"""The log: one JSON object per line whatever is logged, without any text of an event."""

import contextlib
import json
import logging
import stat
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loglm_bridge.contract.errors import ConfigError
from loglm_bridge.contract.safe_text import MAX_LINE
from loglm_bridge.sidecar import logs
from loglm_bridge.sidecar.config import Settings
from loglm_bridge.sidecar.logs import JsonFormatter, configure, details


@pytest.fixture(autouse=True)
def restore_logging():
    """Restore the logging that pytest has set up."""
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    yield
    logging.captureWarnings(False)
    for handler in root.handlers:
        if handler not in before:
            with contextlib.suppress(OSError):  # the full disk's
                handler.close()
    root.handlers[:] = before
    root.setLevel(level)
    logging.getLogger("uvicorn.error").setLevel(logging.NOTSET)


def formatted(message, *arguments, error=None, **extra):
    record = logging.LogRecord("loglm", logging.INFO, "f.py", 1, message, arguments, error)
    record.__dict__.update(details(**extra))
    return JsonFormatter().format(record)


@given(st.text(st.characters()), st.dictionaries(st.text(st.characters()), st.text(st.characters())))
def test_any_record_is_one_line_of_ascii(text, values):
    line = formatted("%s", text, values=values, listed=[text], path=object())
    assert line.isascii()
    assert line.isprintable()
    assert len(json.loads(line)["message"]) <= MAX_LINE


def test_a_forged_log_line_stays_inside_its_value():
    record = json.loads(formatted("read %s", 'a\nERROR b\x1b[31m\u202e"}'))
    assert record["message"] == 'read a\\nERROR b\\u001b[31m\\u202e"}'
    assert record["level"] == "info"
    assert record["time"].endswith("Z")


def raised(error):
    try:
        raise error
    except type(error):
        return sys.exc_info()


def test_of_a_foreign_exception_only_type_and_location_are_logged():
    line = formatted("failed", error=raised(RuntimeError("canary-4711")))
    record = json.loads(line)
    assert "canary" not in line
    assert record["error"] == "RuntimeError"
    assert record["at"][-1].startswith("test_logs.py:")
    assert record["at"][-1].endswith(" raised")


def test_errors_of_this_package_are_logged_with_their_message():
    assert (
        json.loads(formatted("failed", error=raised(ConfigError("no port", where="--port"))))["reason"]
        == "no port [--port]"
    )


def test_a_log_file_is_private_and_gets_all_records_of_the_process(tmp_path):
    path = tmp_path / "logs" / "sidecar.log"
    configure(Settings(log_file=path))
    logging.getLogger("any.library").warning("one")
    logging.getLogger("any.library").debug("two")
    logging.getLogger("uvicorn.error").info("three")
    assert [json.loads(line)["message"] for line in path.read_text().splitlines()] == ["one"]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_log_file_is_rotated_and_stays_private(tmp_path, monkeypatch):
    monkeypatch.setattr(logs, "_MAX_FILE_BYTES", 500)
    path = tmp_path / "sidecar.log"
    configure(Settings(log_file=path))
    for i in range(40):
        logging.getLogger("x").warning("line %d", i)
    files = sorted(p.name for p in tmp_path.iterdir())
    assert files == ["sidecar.log", "sidecar.log.1", "sidecar.log.2", "sidecar.log.3"]
    assert {stat.S_IMODE(p.stat().st_mode) for p in tmp_path.iterdir()} == {0o600}
    assert "line 39" in path.read_text()


def test_on_a_full_disk_the_log_goes_to_stderr(capsys):
    configure(Settings(log_file=Path("/dev/full")))
    logging.getLogger("x").error("important")
    assert json.loads(capsys.readouterr().err)["message"] == "important"


def test_logging_works_with_stderr_closed(monkeypatch, tmp_path):
    closed = (tmp_path / "closed").open("w")
    closed.close()
    monkeypatch.setattr(sys, "stderr", closed)
    configure(Settings())
    logging.getLogger("x").error("nobody hears this")
