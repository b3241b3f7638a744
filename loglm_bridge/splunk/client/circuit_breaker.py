"""Circuit breaker: after a few failures in a row a sidecar is not called for a while, so no search waits for it."""

from __future__ import annotations

import time
from typing import Callable, Optional

from loglm_bridge.contract.errors import SidecarError

#: Failures in a row that open the circuit.
MAX_FAILURES = 3

#: Seconds for which an open circuit refuses calls before it lets one through as a probe.
COOL_DOWN = 30.0


class CircuitBreaker:
    """Counts failures of calls to one sidecar; `clock` returns monotonic seconds."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._failures = 0
        self._error: Optional[SidecarError] = None
        self._open_until: Optional[float] = None

    def check(self) -> None:
        """Raise the error that opened the circuit, while it is open."""
        if self.open and self._error is not None:
            # without its traceback, which would grow with every raise of the same object
            raise self._error.with_traceback(None)

    @property
    def open(self) -> bool:
        """Whether calls are refused now."""
        return self._open_until is not None and self._clock() < self._open_until

    def record_success(self) -> None:
        """Record that a call was answered, which closes the circuit."""
        self._failures, self._error, self._open_until = 0, None, None

    def record_failure(self, error: SidecarError, *, permanent: bool = False) -> None:
        """Record that a call failed; `permanent`: a retry cannot help (a refused token, another program).

        A probe that fails opens the circuit again at once.
        """
        is_probe = self._open_until is not None
        self._failures += 1
        self._error = error
        if permanent:
            self._open_until = float("inf")
        elif is_probe or self._failures >= MAX_FAILURES:
            self._open_until = self._clock() + COOL_DOWN
