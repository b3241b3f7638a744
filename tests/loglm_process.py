"""Runs `loglm` commands that start processes of their own, and makes sure that nothing of them stays."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

#: Seconds within which a command must end. Starts of a sidecar dominate; a busy machine slows them severalfold.
TIMEOUT = 300

#: Seconds within which a command that gets SIGTERM must have ended its own processes.
STOP_SECONDS = 60


def run_loglm(folder: Path, *arguments: str, timeout: float = TIMEOUT) -> subprocess.CompletedProcess[str]:
    """Run `loglm` with temporary files below `folder`; fail if a process or a temporary file stays behind."""
    with started(folder, *arguments) as process:
        stdout, stderr = process.communicate(timeout=timeout)
    assert leftovers(folder) == []
    assert not is_running(process.pid), "a process of the command still runs"
    return subprocess.CompletedProcess(process.args, process.returncode, stdout, stderr)


@contextmanager
def started(folder: Path, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    """Run `loglm` until the block ends, however it ends: then end the command and every process that it started."""
    command, temporary = [sys.executable, "-m", "loglm_bridge.cli", *arguments], folder / "tmp"
    temporary.mkdir(exist_ok=True)
    process = subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"TMPDIR": str(temporary)},
        start_new_session=True,  # a process group of its own, which also holds the processes that it starts
    )
    try:
        yield process
    finally:
        _end(process)


def stop_after(folder: Path, pattern: str, *arguments: str) -> int:
    """Run `loglm`, send SIGTERM as soon as a temporary file matches, return the exit code; fail if anything stays."""
    with started(folder, *arguments) as process:
        while process.poll() is None and not list((folder / "tmp").glob(pattern)):
            time.sleep(0.02)
        process.terminate()
        process.communicate(timeout=STOP_SECONDS)
        assert not is_running(process.pid), "a process of the command still runs"
    assert leftovers(folder) == []
    return process.returncode


def leftovers(folder: Path) -> list[str]:
    """The names of what commands that ran with `folder` left in it; onnxruntime writes a hidden file at its import."""
    return sorted(path.name for path in (folder / "tmp").iterdir() if not path.name.startswith("."))


def is_running(group: int) -> bool:
    """Whether a process of the group still runs."""
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


def _end(process: subprocess.Popen[str]) -> None:
    """SIGTERM lets the command end its processes and remove its files; SIGKILL ends what is left of its group."""
    if process.poll() is None:
        process.terminate()
        with suppress(subprocess.TimeoutExpired):
            process.communicate(timeout=STOP_SECONDS)
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    for pipe in (process.stdout, process.stderr):
        if pipe is not None:
            pipe.close()
