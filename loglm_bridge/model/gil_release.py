"""Work of a runtime that needs no Python: who waits for it may let others have the interpreter meanwhile."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol


class PythonTurn(Protocol):
    """A thread's turn to run Python."""

    def leave(self) -> None:
        """Let others have it."""

    def come_back(self) -> None:
        """Have it again."""


_mine = threading.local()


def take(turn: PythonTurn) -> None:
    """Make it this thread's turn."""
    _mine.turn = turn


@contextmanager
def aside() -> Iterator[None]:
    """Leave this thread's turn to others, if it has one."""
    turn: PythonTurn | None = getattr(_mine, "turn", None)
    if turn is None:
        yield
        return
    turn.leave()
    try:
        yield
    finally:
        turn.come_back()
