"""The rim of a search command's process: what the user reads when something fails, and a quiet end."""

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

#: Bytes that a pipe is to hold; Linux gives four times as many to everybody, which brings no more.
_PIPE_BYTES = 1 << 18

#: F_SETPIPE_SZ in Linux's fcntl.h; Python's fcntl has it from 3.10 on.
_F_SETPIPE_SZ = 1031

#: New objects after which Python looks for cycles.
_COLLECT_AFTER = 50_000


def main(command: ChunkedCommand, log: Callable[[], Logger]) -> None:
    """Run as a program that splunkd started; `log` opens its log, which is not needed as a rule."""
    # rows and verdicts come and go by the thousand and hold no cycles; looking for some after every 700 of them takes a
    # quarter of a search's time
    gc.set_threshold(_COLLECT_AFTER)
    for pipe in (sys.stdin, sys.stdout):
        _widen(pipe.fileno())
    run(command, log, sys.stdin.buffer, sys.stdout.buffer)
    try:
        sys.stdout.flush()
    except OSError:
        # what is left in the buffer has no reader; Python would complain about it on its way out
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def run(command: ChunkedCommand, log: Callable[[], Logger], istream: IO[bytes], ostream: IO[bytes]) -> None:
    """Hold the conversation with splunkd; every error reaches the user as a sentence, none as an exit code."""
    try:
        command.serve(istream, ostream)
    except SearchEnded:
        command.log_end("cancelled")
    except LogLMError as error:
        log().warning("search stopped: %s ref=%s", error, command.ref)
        _last_words(command, user_messages.failure(error, command.ref))
    except Exception as error:  # noqa: BLE001 - the rim: it is logged and told
        log().exception("search failed ref=%s", command.ref)
        _last_words(command, user_messages.surprise(error, command.ref))
    else:
        command.log_end("finished")  # splunkd has the last answer already
    finally:
        command.close()


def _widen(pipe: int) -> None:
    """Let a pipe hold more than its 64 kB, where the system can: what does not fit has both sides take turns."""
    if sys.platform == "linux":
        import fcntl

        with suppress(OSError):  # it is no pipe, or the user has too many
            fcntl.fcntl(pipe, _F_SETPIPE_SZ, _PIPE_BYTES)


def _last_words(command: ChunkedCommand, sentence: str) -> None:
    try:
        command.fail(sentence)
    except SearchEnded:
        command.log_end("cancelled")
