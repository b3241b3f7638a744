"""Circuit breaker: after some failures in a row the sidecar is left alone: no search waits for a dead one."""

from __future__ import annotations

import time
from typing import Callable, Optional

from loglm_bridge.contract.errors import SidecarError

#: Failures in a row that open the circuit.
MAX_FAILURES = 3

#: Seconds for which an open circuit refuses calls before one is let through as a probe.
COOL_DOWN = 30.0


class CircuitBreaker:
    """Counts failures of calls to one sidecar; `clock` gives seconds and never goes back."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._failures = 0
        self._error: Optional[SidecarError] = None
        self._until: Optional[float] = None

    def check(self) -> None:
        """Return if a call may be made, else raise the error that opened the circuit."""
        if self.open and self._error is not None:
            # without its traceback, which would grow with every raise of the same object
            raise self._error.with_traceback(None)

    @property
    def open(self) -> bool:
        """Whether calls are refused now."""
        return self._until is not None and self._clock() < self._until

    def success(self) -> None:
        """Note that a call was answered."""
        self._failures, self._error, self._until = 0, None, None

    def failure(self, error: SidecarError, *, lasting: bool = False) -> None:
        """Note that a call failed; `lasting`: asking again cannot help (a refused token, a foreign program).

        A probe that fails opens the circuit again at once.
        """
        probing = self._until is not None
        self._failures += 1
        self._error = error
        if lasting:
            self._until = float("inf")
        elif probing or self._failures >= MAX_FAILURES:
            self._until = self._clock() + COOL_DOWN
