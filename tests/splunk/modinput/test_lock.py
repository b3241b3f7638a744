"""The lock: one process per input."""

import subprocess
import sys

import pytest

from loglm_bridge.splunk.modinput.lock import AlreadyRunning, InputLock

HOLD = """
import sys
from pathlib import Path
from loglm_bridge.splunk.modinput.lock import InputLock
with InputLock(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def holder(tmp_path, root):
    """Another process with the lock."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path / "a.lock")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=root,
    )
    assert process.stdout.readline() == b"held\n"
    yield process
    process.kill()
    process.communicate()


def test_error_names_the_process_that_holds_the_lock(holder, tmp_path):
    with pytest.raises(AlreadyRunning, match=f"pid {holder.pid}"), InputLock(tmp_path / "a.lock"):
        pass


def test_lock_of_a_killed_process_is_released(holder, tmp_path):
    holder.kill()
    holder.wait()
    with InputLock(tmp_path / "a.lock"):
        pass


def test_locks_of_inputs_are_independent(holder, tmp_path):
    with InputLock(tmp_path / "b.lock"):
        pass
