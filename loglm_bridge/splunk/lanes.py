"""Requests under way: a thread for each sidecar, which takes the next request as soon as its last one is answered.

So the caller makes the next request and uses the last answer while sidecars work, and of several sidecars the quicker
one gets more. A request that one sidecar failed goes to another that has not been asked, unless its circuit is open.
"""

from __future__ import annotations

import threading
from collections import deque
from typing import Optional, Sequence, Union

from loglm_bridge.contract.errors import SidecarError, SidecarFailed
from loglm_bridge.contract.wire import Options, Reply
from loglm_bridge.splunk.endpoint import Endpoint

#: What comes of a request: an answer, why there is none (a SidecarError), or an exception that is a defect of ours.
Outcome = Union[Reply, Exception]


class Asked:
    """A request that was handed over."""

    def __init__(self, events: Sequence[str], options: Options) -> None:
        self.events = events
        self.options = options
        self.failed: list[Endpoint] = []
        self.error: Optional[SidecarError] = None
        self._outcome: Outcome = SidecarError("no answer yet")
        self._done = threading.Event()

    def settle(self, outcome: Outcome) -> None:
        """Say what came of it."""
        self.events = ()
        self._outcome = outcome
        self._done.set()

    def outcome(self) -> Outcome:
        """Wait for what comes of it."""
        self._done.wait()
        return self._outcome


class Lanes:
    """Hands requests to `endpoints`. Threads start with the first request."""

    def __init__(self, endpoints: Sequence[Endpoint]) -> None:
        self._endpoints = endpoints
        self._waiting: deque[Asked] = deque()
        self._changed = threading.Condition()
        self._started = self._closed = False

    def ask(self, events: Sequence[str], options: Options) -> Asked:
        """Hand over a request; its outcome is waited for elsewhere."""
        asked = Asked(events, options)
        with self._changed:
            if self._closed:
                raise RuntimeError("the client is closed")
            self._waiting.append(asked)
            self._changed.notify_all()
        if not self._started:
            self._started = True
            for endpoint in self._endpoints:
                threading.Thread(target=self._run, args=(endpoint,), name="loglm-lane", daemon=True).start()
        return asked

    def close(self) -> None:
        """Take no further request and close the connections; one in use is closed when its own bounds have ended it."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        if not self._started:
            for endpoint in self._endpoints:
                endpoint.close()

    def _run(self, endpoint: Endpoint) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._closed or self._next(endpoint) is not None)
                asked = None if self._closed else self._next(endpoint)
                if asked is None:
                    break
                self._waiting.remove(asked)
            try:
                asked.settle(endpoint.label(asked.events, asked.options))
            except SidecarError as error:
                self._failed(asked, endpoint, error)
            except Exception as error:  # noqa: BLE001 - a defect of ours; handed to the caller
                asked.settle(error)
        endpoint.close()

    def _next(self, endpoint: Endpoint) -> Optional[Asked]:
        """Return the first request that the endpoint may take; one whose circuit is open takes what no other can."""
        for asked in self._waiting:
            able = [other for other in self._endpoints if other not in asked.failed and not other.open]
            if endpoint in (able or self._endpoints) and endpoint not in asked.failed:
                return asked
        return None

    def _failed(self, asked: Asked, endpoint: Endpoint, error: SidecarError) -> None:
        with self._changed:
            asked.failed.append(endpoint)
            asked.error = asked.error or error
            others = [other for other in self._endpoints if other not in asked.failed and not other.open]
            # a model that fails on these events is no reason to let the next one fail on them
            if others and not isinstance(error, SidecarFailed):
                self._waiting.appendleft(asked)
            else:
                asked.settle(asked.error)
            self._changed.notify_all()
