"""Kills its own process with SIGKILL after a number of executed lines; for tests, which put it on PYTHONPATH.

Python imports a module of this name at start. Only lines inside functions of the files below count, so that a random
number of lines ends where positions and events are written, and not in the imports.
"""

import os
import signal
import sys

_FILES = (
    "ingest.py",
    "checkpoint.py",
    "journal.py",
    "durable_files.py",
    "event_stream.py",
    "search_export.py",
    "stash_format.py",
)


def _install(lines):
    remaining = [lines]

    def trace_line(frame, kind, _):
        if kind == "line":
            remaining[0] -= 1
            if remaining[0] <= 0:
                os.kill(os.getpid(), signal.SIGKILL)
        return trace_line

    def trace_call(frame, _kind, _):
        path = frame.f_code.co_filename
        named = "loglm_bridge" in path and path.endswith(_FILES) and frame.f_code.co_name != "<module>"
        return trace_line if named else None

    sys.settrace(trace_call)


if os.environ.get("LOGLM_TEST_KILL_AFTER_LINES"):
    _install(int(os.environ["LOGLM_TEST_KILL_AFTER_LINES"]))
