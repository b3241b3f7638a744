"""Dispatches requests to sidecars: a queue, and three worker threads per sidecar that take the next request from it.

So the caller prepares the next request and uses the last reply while sidecars work. A sidecar, which works on two
requests at a time, has a third to go on with while a reply travels and is read. Of several sidecars, the quicker one
gets more. A request that failed at one sidecar is retried at another whose circuit is closed.
"""

from __future__ import annotations

import threading
from collections import deque
from typing import Mapping, NamedTuple, Optional, Sequence, Union

from loglm_bridge.contract.errors import SidecarError, SidecarFailed
from loglm_bridge.contract.reply import Reply
from loglm_bridge.contract.wire import Options
from loglm_bridge.splunk.client.endpoint import Endpoint, without_traceback

#: Maximum concurrent requests per sidecar, each on its connection; one, until the sidecar has answered promptly.
WORKERS_PER_ENDPOINT = 3

#: Seconds that a caller waits while its request is written and sent. A busy caller would keep the interpreter lock from
#: the worker for 5 ms at each of its system calls, and the sidecar would be idle meanwhile.
_SEND_WAIT_SECONDS = 0.01

#: The result of a request: a reply, the reason why there is none (a SidecarError), or an exception that is a bug here.
Outcome = Union[Reply, Exception]


class EncodedRequest(NamedTuple):
    """Events as JSON (contract/wire.py) and, if wanted, the state of their entities (contract/entity_state.py)."""

    events: Sequence[bytes]
    state: Optional[Mapping[str, str]] = None


class PendingRequest:
    """A submitted request: a future."""

    def __init__(self, request: EncodedRequest, options: Options) -> None:
        self.request = request
        self.options = options
        self.failed_endpoints: list[Endpoint] = []
        self.first_error: Optional[SidecarError] = None
        self._result: Outcome = SidecarError("no answer yet")
        self._done = threading.Event()
        self._sent = threading.Event()

    def on_sent(self) -> None:
        """Mark the request as sent."""
        self._sent.set()

    def set_result(self, result: Outcome) -> None:
        """Set the result and release the events."""
        self.request = EncodedRequest(())
        self._result = result
        self._sent.set()
        self._done.set()

    def wait_until_sent(self, seconds: float) -> None:
        """Wait until the request is sent or has a result, at most `seconds`."""
        self._sent.wait(seconds)

    def result(self) -> Outcome:
        """Wait for the result and return it."""
        self._done.wait()
        return self._result


class RequestDispatcher:
    """Dispatches requests to `endpoints`. Worker threads start with the first request."""

    def __init__(self, endpoints: Sequence[Endpoint]) -> None:
        self._endpoints = endpoints
        self._queue: deque[PendingRequest] = deque()
        self._active = dict.fromkeys(endpoints, 0)
        self._changed = threading.Condition()
        self._started = self._closed = False

    def submit(self, request: EncodedRequest, options: Options) -> PendingRequest:
        """Queue a request. Raises RuntimeError once the dispatcher is closed."""
        pending = PendingRequest(request, options)
        with self._changed:
            if self._closed:
                raise RuntimeError("the client is closed")
            self._queue.append(pending)
            free = [endpoint for endpoint, count in self._active.items() if count < WORKERS_PER_ENDPOINT]
            starts_now = any(self._next_for(endpoint) is pending for endpoint in free)
            self._changed.notify_all()
        if not self._started:
            self._started = True
            for endpoint in [*self._endpoints] * WORKERS_PER_ENDPOINT:
                self._start_worker(endpoint)
        if starts_now:
            pending.wait_until_sent(_SEND_WAIT_SECONDS)
        return pending

    def close(self) -> None:
        """Accept no further request and close the connections; one in use closes when its own time limit ends it."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        for endpoint in self._endpoints:
            endpoint.close()

    def _start_worker(self, endpoint: Endpoint) -> None:
        threading.Thread(target=self._work, args=(endpoint,), name="loglm-request-worker", daemon=True).start()

    def _work(self, endpoint: Endpoint) -> None:
        while True:
            pending = self._take(endpoint)
            if pending is None:
                endpoint.close()
                return
            try:
                # no local name for the events: it would keep them alive while this thread waits for its next request
                pending.set_result(
                    endpoint.label(pending.request.events, pending.options, pending.request.state, pending.on_sent)
                )
            except SidecarError as error:
                self._retry_or_fail(pending, endpoint, without_traceback(error))
            except Exception as error:  # noqa: BLE001 - a bug here; passed to the caller
                pending.set_result(error)
            with self._changed:
                self._active[endpoint] -= 1
                self._changed.notify_all()

    def _take(self, endpoint: Endpoint) -> Optional[PendingRequest]:
        """Wait for a request for the endpoint and take it from the queue; None once the dispatcher is closed."""
        with self._changed:
            self._changed.wait_for(lambda: self._closed or self._next_for(endpoint) is not None)
            pending = None if self._closed else self._next_for(endpoint)
            if pending is not None:
                self._queue.remove(pending)
                self._active[endpoint] += 1
            return pending

    def _next_for(self, endpoint: Endpoint) -> Optional[PendingRequest]:
        """Return the first request that the endpoint may take.

        An endpoint with an open circuit takes only what no other endpoint can.
        """
        if self._active[endpoint] and not endpoint.responsive:
            return None
        for pending in self._queue:
            untried = [candidate for candidate in self._endpoints if candidate not in pending.failed_endpoints]
            if endpoint in (self._available(pending) or untried):
                return pending
        return None

    def _available(self, pending: PendingRequest) -> list[Endpoint]:
        """Return the endpoints with a closed circuit at which the request has not failed."""
        return [
            endpoint
            for endpoint in self._endpoints
            if endpoint not in pending.failed_endpoints and not endpoint.circuit_open
        ]

    def _retry_or_fail(self, pending: PendingRequest, endpoint: Endpoint, error: SidecarError) -> None:
        with self._changed:
            pending.failed_endpoints.append(endpoint)
            pending.first_error = pending.first_error or error
            # events on which one sidecar's model fails are not sent to the next
            if self._available(pending) and not isinstance(error, SidecarFailed):
                self._queue.appendleft(pending)
            else:
                pending.set_result(pending.first_error)
