"""Processor time and memory of a process, from /proc. None where the system has no /proc."""

from __future__ import annotations

import os
import platform
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from loglm_bridge.commands.label import cores


def cpu_seconds(pid: int) -> float | None:
    """Return the processor seconds that a process has used, None if unknown."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text("ascii", errors="replace").rpartition(")")[2].split()
    except OSError:
        return None
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def memory(pid: int, peak: bool = False) -> int | None:
    """Return the resident bytes of a process, or their peak; None if unknown.

    `ru_maxrss` is not usable: that of a child includes the memory of its parent at its start.
    """
    try:
        status = Path(f"/proc/{pid}/status").read_text("ascii", errors="replace")
    except OSError:
        return None
    kilobytes = re.search(rf"^Vm{'HWM' if peak else 'RSS'}:\s+(\d+) kB$", status, re.MULTILINE)
    return int(kilobytes[1]) * 1_024 if kilobytes else None


def machine() -> dict[str, Any]:
    """Return what the figures depend on: cores, processor, Python, system, load average of the last minute."""
    return {
        "cores": cores(),
        "processor": _processor(),
        "python": platform.python_version(),
        "system": platform.platform(),
        "load": os.getloadavg()[0] if hasattr(os, "getloadavg") else 0.0,
    }


def _processor() -> str:
    try:
        model = re.search(r"^model name\s*:\s*(.+)$", Path("/proc/cpuinfo").read_text("utf-8"), re.MULTILINE)
    except OSError:
        model = None
    return model[1] if model else platform.machine()


@contextmanager
def one_core(number: int = 0) -> Iterator[bool]:
    """Restrict this process and those it starts to one processor; yields whether the system could do that.

    Successive numbers name different processors, as far as there are several.
    """
    if not hasattr(os, "sched_setaffinity"):
        yield False
        return
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {sorted(before, reverse=True)[number % len(before)]})
    try:
        yield True
    finally:
        os.sched_setaffinity(0, before)
