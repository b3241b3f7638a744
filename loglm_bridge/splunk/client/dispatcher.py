"""Requests under way: three threads for each sidecar; each takes the next request as soon as its last one is answered.

So the caller makes the next request and uses the last answer while sidecars work; a sidecar, which works on two, has
another to go on with while its last answer travels and is read; and of several sidecars the quicker one gets more. A
request that one sidecar failed goes to another that has not been asked, unless its circuit is open.
"""

from __future__ import annotations

import threading
from collections import deque
from typing import Mapping, NamedTuple, Optional, Sequence, Union

from loglm_bridge.contract.errors import SidecarError, SidecarFailed
from loglm_bridge.contract.reply import Reply
from loglm_bridge.contract.wire import Options
from loglm_bridge.splunk.client.endpoint import Endpoint, bare

#: Requests that one sidecar has at a time, each on its connection; one, until it has answered one promptly.
AT_ONCE = 3

#: Seconds that a caller stands back while its request is written and sent. A busy one would take the interpreter from
#: the lane for 5 ms at each of its calls to the system, and the sidecar would have nothing to do meanwhile.
_SENDING = 0.01

#: What comes of a request: an answer, why there is none (a SidecarError), or an exception that is a defect of ours.
Outcome = Union[Reply, Exception]


class Request(NamedTuple):
    """Events on the wire (contract/wire.py) and, if wanted, their entities' state (contract/entity_state.py)."""

    events: Sequence[bytes]
    state: Optional[Mapping[str, str]] = None


class PendingRequest:
    """A request that was handed over."""

    def __init__(self, request: Request, options: Options) -> None:
        self.request = request
        self.options = options
        self.failed: list[Endpoint] = []
        self.error: Optional[SidecarError] = None
        self._outcome: Outcome = SidecarError("no answer yet")
        self._done = threading.Event()
        self._sent = threading.Event()

    def on_its_way(self) -> None:
        """Say that it was sent."""
        self._sent.set()

    def settle(self, outcome: Outcome) -> None:
        """Say what came of it."""
        self.request = Request(())
        self._outcome = outcome
        self._sent.set()
        self._done.set()

    def until_sent(self, seconds: float) -> None:
        """Wait until it was sent, or came to something else, or `seconds` have passed."""
        self._sent.wait(seconds)

    def outcome(self) -> Outcome:
        """Wait for what comes of it."""
        self._done.wait()
        return self._outcome


class RequestDispatcher:
    """Hands requests to `endpoints`. Threads start with the first request."""

    def __init__(self, endpoints: Sequence[Endpoint]) -> None:
        self._endpoints = endpoints
        self._waiting: deque[PendingRequest] = deque()
        self._busy = dict.fromkeys(endpoints, 0)
        self._changed = threading.Condition()
        self._started = self._closed = False

    def ask(self, request: Request, options: Options) -> PendingRequest:
        """Hand over a request; its outcome is waited for elsewhere."""
        asked = PendingRequest(request, options)
        with self._changed:
            if self._closed:
                raise RuntimeError("the client is closed")
            self._waiting.append(asked)
            at_once = any(self._next(one) is asked for one, busy in self._busy.items() if busy < AT_ONCE)
            self._changed.notify_all()
        if not self._started:
            self._started = True
            for endpoint in [*self._endpoints] * AT_ONCE:
                self._start(endpoint)
        if at_once:
            asked.until_sent(_SENDING)
        return asked

    def close(self) -> None:
        """Take no further request and close the connections; one in use is closed when its own bounds have ended it."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        for endpoint in self._endpoints:
            endpoint.close()

    def _start(self, endpoint: Endpoint) -> None:
        threading.Thread(target=self._run, args=(endpoint,), name="loglm-lane", daemon=True).start()

    def _run(self, endpoint: Endpoint) -> None:
        while True:
            asked = self._take(endpoint)
            if asked is None:
                endpoint.close()
                return
            try:
                asked.settle(endpoint.label(asked.request.events, asked.options, asked.request.state, asked.on_its_way))
            except SidecarError as error:
                self._failed(asked, endpoint, bare(error))
            except Exception as error:  # noqa: BLE001 - a defect of ours; handed to the caller
                asked.settle(error)
            with self._changed:
                self._busy[endpoint] -= 1
                self._changed.notify_all()

    def _take(self, endpoint: Endpoint) -> Optional[PendingRequest]:
        """Wait for a request for the endpoint; None: there will be none."""
        with self._changed:
            self._changed.wait_for(lambda: self._closed or self._next(endpoint) is not None)
            asked = None if self._closed else self._next(endpoint)
            if asked is not None:
                self._waiting.remove(asked)
                self._busy[endpoint] += 1
            return asked

    def _next(self, endpoint: Endpoint) -> Optional[PendingRequest]:
        """Return the first request that the endpoint may take; one whose circuit is open takes what no other can."""
        if self._busy[endpoint] and not endpoint.proven:
            return None
        for asked in self._waiting:
            able = self._able(asked)
            if endpoint in (able or [one for one in self._endpoints if one not in asked.failed]):
                return asked
        return None

    def _able(self, asked: PendingRequest) -> list[Endpoint]:
        return [endpoint for endpoint in self._endpoints if endpoint not in asked.failed and not endpoint.open]

    def _failed(self, asked: PendingRequest, endpoint: Endpoint, error: SidecarError) -> None:
        with self._changed:
            asked.failed.append(endpoint)
            asked.error = asked.error or error
            # a model that fails on these events is no reason to let the next one fail on them
            if self._able(asked) and not isinstance(error, SidecarFailed):
                self._waiting.appendleft(asked)
            else:
                asked.settle(asked.error)
