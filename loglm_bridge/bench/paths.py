"""What is measured: one search over a chunk of rows through a real process, and the sidecar by itself."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any

import requests

from loglm_bridge.contract.event import Event
from loglm_bridge.contract.wire import Options, write_request
from loglm_bridge.demo.splunkd import run_search

#: Events of one request where the sidecar is asked directly.
BATCH = 500


def search(command: Sequence[str], args: Sequence[str], events: Sequence[Event], env: Mapping[str, str]) -> float:
    """Run a search command over the events as one chunk and return the rows a second, its start included.

    Raises:
        SearchError: the command failed, or lost or moved a row.
    """
    rows = [_row(event) for event in events]
    began = time.monotonic()
    run_search(command, args, rows, env)
    return len(rows) / (time.monotonic() - began)


class Sidecar:
    """Asks a running sidecar directly."""

    def __init__(self, url: str, token: str) -> None:
        self._url = url
        self._session = requests.Session()
        self._session.trust_env = False
        self._session.headers.update({"Authorization": f"Bearer {token}", "Content-Type": "application/json"})

    def rate(self, events: Sequence[Event], sequence: bool) -> float:
        """Label the events batch after batch and return the events a second."""
        options = Options(sequence=sequence)
        bodies = [write_request(events[i : i + BATCH], options) for i in range(0, len(events), BATCH)]
        began = time.monotonic()
        for body in bodies:
            self._ask(body)
        return len(events) / (time.monotonic() - began)

    def latencies(self, events: Sequence[Event], size: int) -> list[float]:
        """Return the seconds of each request of `size` events, one after the other, ascending."""
        seconds = []
        for start in range(0, len(events) - size + 1, size):
            body = write_request(events[start : start + size], Options())
            began = time.monotonic()
            self._ask(body)
            seconds.append(time.monotonic() - began)
        return sorted(seconds)

    def _ask(self, body: bytes) -> None:
        self._session.post(f"{self._url}/v1/label", data=body, timeout=120).raise_for_status()


def _row(event: Event) -> dict[str, Any]:
    hints = {"host": event.host, "source": event.source, "sourcetype": event.sourcetype}
    return {"_time": f"{event.time or 0:.3f}", "_raw": event.raw, **hints, "entity": event.entity}
