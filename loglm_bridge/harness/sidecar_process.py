"""A sidecar process of its own on a free loopback port, ended with the block that uses it."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from select import select
from typing import NamedTuple

from loglm_bridge.contract.errors import LogLMError, ModelRefused, SidecarUnavailable

#: Seconds within which the sidecar must have loaded and tested its model.
START_SECONDS = 120

#: Seconds within which it must have stopped; its own drain takes up to ten.
STOP_SECONDS = 20

_READY = re.compile(r"LogLM sidecar ready on (http://\S+)\s*\Z")

#: Exit code of `loglm serve` for a model that it refuses (EX_CONFIG).
_REFUSED = 78


class RunningSidecar(NamedTuple):
    """A sidecar that takes requests: its address and process id."""

    url: str
    pid: int


@contextmanager
def sidecar(
    folder: Path, model: Path, token_file: Path, env: Mapping[str, str], flags: Sequence[str] = ()
) -> Iterator[RunningSidecar]:
    """Run `loglm serve` on a free port until the block ends; yields as soon as it is ready.

    Logs go to `folder`. `flags` are further options of `loglm serve`.

    Raises:
        ModelRefused: the model cannot be served.
        SidecarUnavailable: the sidecar did not start in time, or did not stop as it should.
    """
    log = folder / "sidecar.log"
    command = [sys.executable, "-m", "loglm_bridge.cli", "serve", "--port", "0", "--model", str(model)]
    command += ["--token-file", str(token_file), "--log-file", str(log), *flags]
    with (folder / "sidecar.err").open("w+", encoding="utf-8") as errors:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors, text=True, env=dict(env))  # noqa: S603
        try:
            yield RunningSidecar(_wait_until_ready(process, errors.name), process.pid)
            _stop(process)
        finally:
            process.kill()
            process.communicate()


def exit_on_sigterm() -> None:
    """Turn SIGTERM into SystemExit: blocks that hold a process or a folder are left in order, and nothing stays."""
    signal.signal(signal.SIGTERM, _exit)


def _exit(number: int, _: object) -> None:
    sys.exit(128 + number)


def _wait_until_ready(process: subprocess.Popen[str], errors: str) -> str:
    """Return the sidecar's address."""
    assert process.stdout is not None  # noqa: S101 - for the type checker: it is a pipe
    readable, _, _ = select([process.stdout], [], [], START_SECONDS)
    ready = _READY.match(process.stdout.readline()) if readable else None
    if ready:
        return ready[1]
    raise _start_failure(process, Path(errors).read_text(encoding="utf-8", errors="replace"))


def _start_failure(process: subprocess.Popen[str], stderr: str) -> LogLMError:
    try:
        code: int | None = process.wait(timeout=STOP_SECONDS)
    except subprocess.TimeoutExpired:
        code = None
    fallback = f"not ready within {START_SECONDS} s" if code is None else f"exit code {code}"
    # serve's last line is `loglm serve: <what>. <What to do>.`
    line = (stderr.strip().splitlines() or [fallback])[-1].removeprefix("loglm serve: ").rstrip(".")
    what, _, hint = line.rpartition(". ")
    kind = ModelRefused if code == _REFUSED else SidecarUnavailable
    return kind(f"the sidecar did not start: {what or line}", hint=hint if what else None)


def _stop(process: subprocess.Popen[str]) -> None:
    process.terminate()
    try:
        code = process.wait(timeout=STOP_SECONDS)
    except subprocess.TimeoutExpired:
        raise SidecarUnavailable(f"the sidecar did not stop within {STOP_SECONDS} s of SIGTERM") from None
    if code:
        raise SidecarUnavailable(f"the sidecar stopped with exit code {code}")
