"""Delivery to the HTTP event collector, in batches.

What its answers mean (docs/dev/splunk-facts.md): 200 with code 0 is accepted, and so is 200 with code 24 or 25, which
warn of full queues. 408, 429 and 5xx are worth another attempt, 413 one in smaller batches. Of a batch with an invalid
event, those before it were indexed and those after it were not. A token that wants acknowledgements (code 10) gets a
channel, and its events count as delivered only once they are acknowledged.
"""

from __future__ import annotations

import json
import time
import uuid
from collections import deque
from pathlib import Path
from typing import Any, Callable, Mapping, Optional, Sequence

from loglm_bridge.contract.errors import DeliveryError
from loglm_bridge.contract.notable import Notable
from loglm_bridge.contract.stash_format import STASH, json_fields, render_notable
from loglm_bridge.splunk.alert.collector_http import CALL_ERRORS, post
from loglm_bridge.splunk.alert.collector_reply import (
    ACCEPTED_WITH_WARNING,
    CHANNEL_MISSING,
    CollectorReply,
    failed_call,
    read_reply,
)
from loglm_bridge.splunk.alert.delivery import KEPT, Delivery, Target, TargetRefused, Undelivered

#: Maximum events and bytes of one request.
_MAX_BATCH_EVENTS, _MAX_BATCH_BYTES = 100, 800_000

#: Maximum seconds for which acknowledgements are awaited, and between two questions.
_ACK_SECONDS, _ACK_PAUSE = 10.0, 0.25


class Collector(Delivery):
    """The event collector at `url`; `ca_file` contains its certificate authorities (None: the public ones)."""

    def __init__(
        self,
        url: str,
        token: str,
        ca_file: Optional[Path],
        seconds: float,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(seconds, sleep, clock)
        self._url = url + "/services/collector"
        self._ca_file = ca_file
        self._headers = {"Authorization": f"Splunk {token}", "Content-Type": "application/json"}
        self._channel = ""
        self._unacknowledged: dict[int, tuple[Target, list[Notable]]] = {}

    def undelivered(self) -> list[Undelivered]:
        """Return the events that were not accepted, or not acknowledged."""
        waiting = [Undelivered(target, n) for target, sent in self._unacknowledged.values() for n in sent]
        return waiting + super().undelivered()

    def forget_kept(self) -> None:
        """Forget the undelivered events of earlier runs."""
        super().forget_kept()
        self._unacknowledged = {i: sent for i, sent in self._unacknowledged.items() if sent[0].kind != KEPT}

    def finish(self) -> None:
        """Wait until the events are acknowledged, where the token wants that; those that are not are undelivered."""
        deadline = self._clock() + _ACK_SECONDS
        while self._unacknowledged:
            body = json.dumps({"acks": list(self._unacknowledged)}).encode("ascii")
            acknowledged = _acks(self._post(f"/ack?channel={self._channel}", body))
            if acknowledged is None:
                self.notes["the event collector does not say which events are indexed"] = None
                self._unacknowledged.clear()
                return
            for ack_id in acknowledged:
                self._unacknowledged.pop(ack_id, None)
            if self._unacknowledged and self._clock() > deadline:
                for target, sent in self._unacknowledged.values():
                    self.sent[target.kind] -= len(sent)
                self.error = self.error or DeliveryError(
                    f"the event collector did not acknowledge the events within {_ACK_SECONDS:g} s",
                    hint="check the indexers behind it",
                )
                return
            if self._unacknowledged:
                self._sleep(_ACK_PAUSE)

    def _send(self, target: Target, queue: deque[Notable]) -> None:
        failures, limit = 0, _MAX_BATCH_EVENTS
        while queue:
            batch = _next_batch(queue, target, limit)
            started = self._clock()
            reply = self._post("/event", b"\n".join(batch))
            if reply.accepted:
                self._take(target, queue, len(batch), reply)
                failures = 0
            elif reply.is_about_an_event and reply.invalid_index is not None and reply.invalid_index < len(batch):
                self._take(target, queue, reply.invalid_index, reply)
                self._skip(queue)
                failures = 0
            elif reply.status == 413 or reply.is_about_an_event:
                if len(batch) == 1:
                    self._skip(queue)
                limit = max(1, len(batch) // 2)
            elif reply.code == CHANNEL_MISSING and not self._channel:
                self._channel = str(uuid.uuid4())
                self._headers["X-Splunk-Request-Channel"] = self._channel
            else:
                failures += 1
                if not reply.is_busy:
                    raise _refusal(reply, target)
                if not self._wait(failures, self._clock() - started, reply.retry_after):
                    raise DeliveryError(f"the event collector accepted no events: {reply.text}", hint=reply.hint)

    def _skip(self, queue: deque[Notable]) -> None:
        """Leave out the next event of a queue, which the collector will never accept."""
        queue.popleft()
        self.refused += 1

    def _take(self, target: Target, queue: deque[Notable], count: int, reply: CollectorReply) -> None:
        """Take accepted events from a queue."""
        accepted = [queue.popleft() for _ in range(count)]
        self.sent[target.kind] += count
        if reply.code in ACCEPTED_WITH_WARNING:
            self.notes[f"the event collector warns: {reply.text}"] = None
        if reply.ack_id is not None and accepted:
            self._unacknowledged[reply.ack_id] = (target, accepted)

    def _post(self, path: str, body: bytes) -> CollectorReply:
        try:
            answer = post(self._url + path, body, self._headers, seconds=self._request_seconds(), ca_file=self._ca_file)
        except CALL_ERRORS as error:
            return failed_call(error)
        return read_reply(answer.body, answer.status, answer.retry_after)


def _next_batch(queue: deque[Notable], target: Target, limit: int) -> list[bytes]:
    """Return the first events of a queue as the collector reads them; at least one."""
    batch: list[bytes] = []
    size = 0
    for notable in queue:
        item = _envelope(notable, target)
        if batch and (len(batch) >= limit or size + len(item) > _MAX_BATCH_BYTES):
            break
        batch.append(item)
        size += len(item) + 1
    return batch


def _envelope(notable: Notable, target: Target) -> bytes:
    text = render_notable(notable, STASH) if target.sourcetype == STASH else json_fields(notable)
    data = {
        "time": round(notable.time, 3),
        "index": target.index,
        "source": notable.source,
        "sourcetype": target.sourcetype,
        "event": text,
    }
    return json.dumps(data, separators=(",", ":")).encode("ascii")


def _refusal(reply: CollectorReply, target: Target) -> DeliveryError:
    message = f"the event collector refused the events: {reply.text}"
    if reply.is_about_index:
        return TargetRefused(message, where=f"index {target.index}", hint=reply.hint)
    return DeliveryError(message, hint=reply.hint)


def _acks(reply: CollectorReply) -> Optional[Sequence[int]]:
    """Return the ids that are acknowledged, None where the answer does not say."""
    acks: Optional[Any] = reply.data.get("acks")
    if reply.status != 200 or not isinstance(acks, Mapping):
        return None
    return [int(ack_id) for ack_id, done in acks.items() if done is True and str(ack_id).isdigit()]
