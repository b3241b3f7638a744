"""A bound on the time of a whole call, which socket timeouts are not: those start anew with every byte."""

from __future__ import annotations

import queue
import threading
from typing import Callable, TypeVar, Union

T = TypeVar("T")


def within(seconds: float, call: Callable[[], T]) -> T:
    """Return `call()`, or raise TimeoutError once `seconds` have passed.

    The call runs in a daemon thread; one that overruns is left behind (Python cannot stop it) and its result dropped,
    so it must not hold what the caller goes on using. What the call raises is raised here.
    """
    results: queue.SimpleQueue[Union[tuple[T, None], tuple[None, BaseException]]] = queue.SimpleQueue()

    def run() -> None:
        try:
            results.put((call(), None))
        except BaseException as error:  # noqa: BLE001 - handed to the caller, who raises it
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
            del error  # its traceback holds this frame: a circle, and with it all that the call was given
    return result  # type: ignore[return-value]  # None belongs to T here
