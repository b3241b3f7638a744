"""Memory and processors of processes, as /proc has them."""

import subprocess
import sys

import pytest

from loglm_bridge.bench import processes


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_the_peak_of_a_process_is_its_own_not_that_of_its_parent():
    parents_memory = bytearray(200_000_000)
    command = [sys.executable, "-c", "print(flush=True); input()"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout
        process.stdout.readline()
        resident, peak = processes.memory(process.pid), processes.memory(process.pid, peak=True)
        process.communicate(b"\n")
    assert peak is not None
    assert resident is not None
    assert resident <= peak < len(parents_memory)
    assert processes.memory(process.pid) is None


def test_all_cores_are_allowed_again_after_the_block():
    before = processes.machine()["cores"]
    with processes.one_core() as restricted:
        assert not restricted or processes.machine()["cores"] == 1
    assert processes.machine()["cores"] == before
