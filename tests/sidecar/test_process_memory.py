"""Memory settings: shared arenas where the C library supports them, the memory limit, garbage collection."""

import platform
import subprocess
import sys

import pytest

_ARENAS = """
import ctypes, sys, threading
from loglm_bridge.sidecar import process_memory
if sys.argv[1] == "shared":
    assert process_memory.share_arenas()
barrier, memory = threading.Barrier(9), []
def allocate():
    memory.append(bytes(2_000))
    barrier.wait()
threads = [threading.Thread(target=allocate) for _ in range(8)]
[thread.start() for thread in threads]
barrier.wait()
ctypes.CDLL(None).malloc_stats()
"""


def arenas(mode):
    """Return the number of arenas that eight concurrent threads created."""
    done = subprocess.run([sys.executable, "-c", _ARENAS, mode], capture_output=True, text=True, timeout=60, check=True)
    return done.stderr.count("Arena ")


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="another C library")
def test_threads_share_two_arenas():
    assert arenas("shared") <= 2 < arenas("own")


def test_the_memory_limit_holds_and_zero_sets_none():
    code = "from loglm_bridge.sidecar import process_memory; process_memory.limit_address_space({}); bytearray(1 << 30)"
    run = [subprocess.run([sys.executable, "-c", code.format(mb)], capture_output=True, text=True) for mb in (512, 0)]
    assert "MemoryError" in run[0].stderr
    assert run[1].returncode == 0


def test_loaded_objects_are_excluded_from_collection_and_new_ones_are_not():
    code = """
import gc, weakref
from loglm_bridge.sidecar import process_memory
class One: pass
loaded = [[] for _ in range(1_000)]
process_memory.exclude_loaded_objects()
one = One(); one.itself = one; seen = weakref.ref(one); del one
gc.collect()
print(gc.get_freeze_count() > 1_000, any(held is loaded for held in gc.get_objects()), seen() is None)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.split() == ["True", "False", "True"]


def test_cycles_are_collected_rarely_but_still_collected():
    code = """
import gc, weakref
from loglm_bridge.sidecar import process_memory
class One: pass
one = One(); one.itself = one; seen = weakref.ref(one); del one
process_memory.collect_rarely()
first = gc.get_threshold()[0]
survivors = [[] for _ in range(2 * first)]
print(first > 5_000, seen() is None)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.split() == ["True", "True"]
