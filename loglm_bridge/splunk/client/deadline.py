"""A time limit on a whole call. Socket timeouts are none: they start anew with every byte."""

from __future__ import annotations

import http.client
import queue
import socket
import threading
from contextlib import suppress
from typing import Callable, TypeVar, Union

T = TypeVar("T")


def within(seconds: float, call: Callable[[], T]) -> T:
    """Return `call()`, or raise TimeoutError once `seconds` have passed.

    The call runs in a daemon thread. One that overruns is abandoned (Python cannot stop it) and its result dropped, so
    it must not hold what the caller goes on using. An exception of the call is raised here.
    """
    results: queue.SimpleQueue[Union[tuple[T, None], tuple[None, BaseException]]] = queue.SimpleQueue()

    def run() -> None:
        try:
            results.put((call(), None))
        except BaseException as error:  # noqa: BLE001 - passed to the caller, which raises it
            results.put((None, error))

    threading.Thread(target=run, name="loglm-call", daemon=True).start()
    try:
        result, error = results.get(timeout=seconds)
    except queue.Empty:
        raise TimeoutError from None
    if error is not None:
        try:
            raise error
        finally:
            del error  # its traceback refers to this frame: a cycle that would keep the call's arguments alive
    return result  # type: ignore[return-value]  # None belongs to T here


def shut_down(connection: http.client.HTTPConnection) -> None:
    """Close a connection, also one from which an abandoned call still reads.

    A close alone waits for that call, which reads on as long as bytes drip in: the socket is shut down first.
    """
    if connection.sock is not None:
        with suppress(OSError):
            connection.sock.shutdown(socket.SHUT_RDWR)
    connection.close()
