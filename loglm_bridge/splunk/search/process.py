"""Runs a search command as a process: error messages to the user, and a clean exit."""

from __future__ import annotations

import gc
import os
import sys
from contextlib import suppress
from typing import IO, TYPE_CHECKING, Callable

from loglm_bridge.contract.errors import LogLMError
from loglm_bridge.splunk import user_messages
from loglm_bridge.splunk.search.protocol import ChunkedCommand, SearchEnded

if TYPE_CHECKING:
    from logging import Logger

#: Capacity of a pipe in bytes; more brings no further gain. Linux allows any user four times as much.
_PIPE_BYTES = 1 << 18

#: F_SETPIPE_SZ in Linux's fcntl.h; Python's fcntl has it from 3.10 on.
_F_SETPIPE_SZ = 1031

#: Net allocations after which Python's garbage collector runs.
_GC_THRESHOLD = 50_000


def main(command: ChunkedCommand, log: Callable[[], Logger]) -> None:
    """Run as a program that splunkd started; `log` opens its log, which is rarely needed."""
    # rows and verdicts are created by the thousand and contain no cycles; a collection after every 700 of them, the
    # default, takes a quarter of a search's time
    gc.set_threshold(_GC_THRESHOLD)
    for pipe in (sys.stdin, sys.stdout):
        _widen(pipe.fileno())
    run(command, log, sys.stdin.buffer, sys.stdout.buffer)
    try:
        sys.stdout.flush()
    except OSError:
        # nobody reads the rest of the buffer, and the interpreter's flush at exit would fail
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def run(command: ChunkedCommand, log: Callable[[], Logger], istream: IO[bytes], ostream: IO[bytes]) -> None:
    """Serve splunkd; every error reaches the user as a message, none as an exit code."""
    try:
        command.serve(istream, ostream)
    except SearchEnded:
        command.log_end("cancelled")
    except LogLMError as error:
        log().warning("search stopped: %s ref=%s", error, command.ref)
        _send_failure(command, user_messages.failure(error, command.ref))
    except Exception as error:  # noqa: BLE001 - the process's outermost handler: logged and reported
        log().exception("search failed ref=%s", command.ref)
        _send_failure(command, user_messages.internal_error(error, command.ref))
    else:
        command.log_end("finished")  # splunkd already has the last answer
    finally:
        command.close()


def _widen(pipe: int) -> None:
    """Raise a pipe's capacity from 64 kB, where the system can: what does not fit makes both sides wait in turns."""
    if sys.platform == "linux":
        import fcntl

        with suppress(OSError):  # not a pipe, or the user's limit is reached
            fcntl.fcntl(pipe, _F_SETPIPE_SZ, _PIPE_BYTES)


def _send_failure(command: ChunkedCommand, message: str) -> None:
    try:
        command.fail(message)
    except SearchEnded:
        command.log_end("cancelled")
