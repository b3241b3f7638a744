"""The log: lines cannot be forged, and a log that cannot be written is no error."""

import logging
import re

import pytest

from loglm_bridge.splunk.config.app_log import new_ref, open_log


@pytest.fixture
def home(tmp_path, monkeypatch):
    """A $SPLUNK_HOME with a log folder; loggers of the test are removed after it."""
    (tmp_path / "var/log/splunk").mkdir(parents=True)
    monkeypatch.setenv("SPLUNK_HOME", str(tmp_path))
    before = set(logging.Logger.manager.loggerDict)
    yield tmp_path
    for name in set(logging.Logger.manager.loggerDict) - before:
        logger = logging.Logger.manager.loggerDict.pop(name)
        for handler in getattr(logger, "handlers", ()):
            handler.close()


def lines(home, name):
    """Return the lines of a log, none where there is no file."""
    path = home / f"var/log/splunk/{name}.log"
    return path.read_text().splitlines() if path.exists() else []


def test_nothing_is_written_before_the_first_record(home):
    open_log("quiet")
    assert not (home / "var/log/splunk/quiet.log").exists()


def test_record_is_one_escaped_line_of_bounded_length(home):
    log = open_log("one")
    log.info("sid=%s", "a\nERROR forged\r\x1b[31m\ud800")
    log.warning("x" * 5000)
    log.debug("not written")
    first, second = lines(home, "one")
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z INFO pid=\d+ sid=a\\nERROR forged.*\\ud800", first)
    assert "\x1b" not in first
    assert len(second) < 600


def test_traceback_names_lines_and_no_values(home):
    log = open_log("trace")
    try:
        raise KeyError("canary")
    except KeyError:
        log.exception("failed ref=%s", "7f3a")
    (line,) = lines(home, "trace")
    assert re.search(r"ERROR pid=\d+ failed ref=7f3a trace=KeyError at test_app_log\.py:\d+$", line)


def test_file_rotates(home, monkeypatch):
    log = open_log("rotating")
    (handler,) = log.handlers
    monkeypatch.setattr(handler, "maxBytes", 1000)
    for i in range(100):
        log.info("line %d", i)
    assert sorted(path.name for path in (home / "var/log/splunk").iterdir()) == [
        *("rotating.log", "rotating.log.1", "rotating.log.2", "rotating.log.3")
    ]


def test_no_log_without_folder_or_splunk_home(home, monkeypatch, capfd):
    (home / "var/log/splunk").rmdir()
    open_log("nowhere").error("lost")
    monkeypatch.delenv("SPLUNK_HOME")
    open_log("homeless").error("lost")
    assert capfd.readouterr() == ("", "")


def test_file_that_cannot_be_opened_is_ignored(home, capfd):
    (home / "var/log/splunk/blocked.log").mkdir()
    open_log("blocked").error("lost")
    assert capfd.readouterr() == ("", "")


def test_program_has_one_handler(home):
    assert open_log("twice") is open_log("twice")
    assert len(open_log("twice").handlers) == 1


def test_references_differ():
    assert len({new_ref() for _ in range(100)}) == 100
