"""Commands that tests run are ended with their processes, also when a test fails or runs out of time."""

import subprocess
import time

import pytest

from tests.loglm_process import is_running, leftovers, run_loglm, started


def test_a_command_that_runs_out_of_time_leaves_no_process_and_no_file(tmp_path):
    group = 0
    with pytest.raises(subprocess.TimeoutExpired), started(tmp_path, "demo") as process:  # noqa: PT012
        group = process.pid
        while process.poll() is None and not list(tmp_path.glob("tmp/loglm-demo-*/sidecar.err")):
            time.sleep(0.02)
        process.communicate(timeout=0.01)
    assert not is_running(group)
    assert leftovers(tmp_path) == []


def test_the_output_of_a_command_is_returned(tmp_path):
    done = run_loglm(tmp_path, "bench", "--only", "nothing")
    assert (done.returncode, done.stdout) == (2, "")
    assert "there is no part 'nothing'" in done.stderr
