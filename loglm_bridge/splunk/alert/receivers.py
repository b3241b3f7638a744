"""Delivery to splunkd's receivers/simple, one event at a time, with the rights of the alert's owner."""

from __future__ import annotations

import ssl
import time
from collections import deque
from typing import Callable, Optional

from splunklib.client import Service

from loglm_bridge.contract.errors import DeliveryError
from loglm_bridge.contract.notable import Notable
from loglm_bridge.contract.stash_format import render_notable
from loglm_bridge.splunk.alert.delivery import Delivery, Target, TargetRefused
from loglm_bridge.splunk.client.deadline import within
from loglm_bridge.splunk.config.splunkd_rest import CALL_ERRORS, SessionEnded, error_of_call

#: Statuses that a later attempt may overcome, beside those of 500 and above.
_BUSY = (408, 429)

_RIGHTS_HINT = "give the alert's owner edit_tcp or edit_log_alert_event"
_BUSY_HINT = "look at splunkd.log of the search head; it is asked again at the next run of the action"


class Receivers(Delivery):
    """receivers/simple of splunkd, with the rights of the session of `service`."""

    def __init__(
        self,
        service: Service,
        seconds: float,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(seconds, sleep, clock)
        self._service = service

    def _send(self, target: Target, queue: deque[Notable]) -> None:
        failures = 0
        while queue:
            started = self._clock()
            error = self._attempt(queue[0], target)
            if error is None:
                queue.popleft()
                self.sent[target.kind] += 1
                failures = 0
                continue
            failures += 1
            status = getattr(error, "status", None)
            is_busy = status in _BUSY or (status or 503) >= 500
            if status == 413:
                queue.popleft()
                self.refused += 1
            elif isinstance(error, ssl.SSLError) or not is_busy or not self._wait(failures, self._clock() - started):
                raise _delivery_error(error, status, target) from error

    def _attempt(self, notable: Notable, target: Target) -> Optional[Exception]:
        """Send a notable once; return the exception of a failed call."""
        body = render_notable(notable, target.sourcetype).encode("utf-8")
        query = {"index": target.index, "sourcetype": target.sourcetype, "source": notable.source}
        try:
            within(
                self._request_seconds(),
                lambda: self._service.post("/services/receivers/simple", body=body, **query),
            )
        except CALL_ERRORS as error:
            return error
        return None


def _delivery_error(error: Exception, status: Optional[int], target: Target) -> DeliveryError:
    cause = error_of_call(error, "writing notables")
    where = f"index {target.index}"
    if isinstance(cause, SessionEnded) or isinstance(error, ssl.SSLError):
        return DeliveryError(cause.message, where=where, hint=cause.hint)
    if status == 403:
        return TargetRefused(cause.message, where=where, hint=_RIGHTS_HINT)
    if status is not None and status < 500 and status not in _BUSY:
        return TargetRefused(cause.message, where=where, hint="check that the index exists and accepts events")
    return DeliveryError(cause.message, where=where, hint=_BUSY_HINT)
