"""What the process tells the system: arenas are shared where the C library can, the cap on memory holds."""

import platform
import subprocess
import sys

import pytest

_ARENAS = """
import ctypes, sys, threading
from loglm_bridge.sidecar import process_memory
if sys.argv[1] == "shared":
    assert process_memory.share_arenas()
gate, held = threading.Barrier(9), []
def allocate():
    held.append(bytes(2_000))
    gate.wait()
threads = [threading.Thread(target=allocate) for _ in range(8)]
[thread.start() for thread in threads]
gate.wait()
ctypes.CDLL(None).malloc_stats()
"""


def arenas(how):
    """Return how many arenas eight threads at a time have made."""
    done = subprocess.run([sys.executable, "-c", _ARENAS, how], capture_output=True, text=True, timeout=60, check=True)
    return done.stderr.count("Arena ")


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="another C library")
def test_threads_share_two_arenas():
    assert arenas("shared") <= 2 < arenas("own")


def test_a_cap_holds_and_none_is_none():
    code = "from loglm_bridge.sidecar import process_memory; process_memory.cap({}); bytearray(1 << 30)"
    run = [subprocess.run([sys.executable, "-c", code.format(mb)], capture_output=True, text=True) for mb in (512, 0)]
    assert "MemoryError" in run[0].stderr
    assert run[1].returncode == 0


def test_what_is_loaded_is_no_longer_looked_through_and_what_comes_is():
    code = """
import gc, weakref
from loglm_bridge.sidecar import process_memory
class One: pass
loaded = [[] for _ in range(1_000)]
process_memory.settle()
one = One(); one.itself = one; seen = weakref.ref(one); del one
gc.collect()
print(gc.get_freeze_count() > 1_000, any(held is loaded for held in gc.get_objects()), seen() is None)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.split() == ["True", "False", "True"]


def test_cycles_are_looked_for_rarely_and_still_found():
    code = """
import gc, weakref
from loglm_bridge.sidecar import process_memory
class One: pass
one = One(); one.itself = one; seen = weakref.ref(one); del one
process_memory.collect_rarely()
first = gc.get_threshold()[0]
kept = [[] for _ in range(2 * first)]
print(first > 5_000, seen() is None)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.split() == ["True", "True"]
