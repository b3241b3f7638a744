"""Yield the Python turn while native inference runs."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol


class PythonTurn(Protocol):
    """A thread's turn to run Python."""

    def release(self) -> None:
        """Let other threads have the turn."""

    def reacquire(self) -> None:
        """Wait for the turn."""


_bound = threading.local()


def bind(turn: PythonTurn) -> None:
    """Set the turn of the current thread."""
    _bound.turn = turn


@contextmanager
def released() -> Iterator[None]:
    """Release the current thread's turn, if it has one."""
    turn: PythonTurn | None = getattr(_bound, "turn", None)
    if turn is None:
        yield
        return
    turn.release()
    try:
        yield
    finally:
        turn.reacquire()
