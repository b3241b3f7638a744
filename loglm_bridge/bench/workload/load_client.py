"""A load generator for sidecars: requests encoded beforehand, sent over connections that stay open.

One thread and plain sockets: a request costs a few dozen microseconds on this side.
"""

from __future__ import annotations

import asyncio
import json
import random
import re
import time
from collections.abc import Callable, Coroutine, Sequence
from typing import Any, TypeVar
from urllib.parse import urlsplit

from loglm_bridge.contract.errors import BadReply
from loglm_bridge.contract.event import Event
from loglm_bridge.contract.windows import windows_of
from loglm_bridge.contract.wire import Options, write_request

T = TypeVar("T")

#: A request that is sent when it is called.
Call = Callable[[], Coroutine[Any, Any, bytes]]

#: Requests in flight to one sidecar in a closed loop.
CONNECTIONS = 2

#: Seconds within which a request must be answered.
_TIMEOUT = 120.0

_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)\r\n", re.IGNORECASE)


class LoadClient:
    """A client of one sidecar. Each request has a connection of its own; where all are busy a new one is opened."""

    def __init__(self, url: str, token: str) -> None:
        address = urlsplit(url)
        self._host, self._port = address.hostname or "", address.port or 80
        headers = f"Host: {address.netloc}\r\nAuthorization: Bearer {token}\r\n"
        self._post = f"POST /v1/label HTTP/1.1\r\n{headers}Content-Type: application/json\r\nContent-Length: "
        self._get = f" HTTP/1.1\r\n{headers}\r\n"
        self._idle: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []

    async def label(self, body: bytes) -> bytes:
        """Return the reply to POST /v1/label. Raises BadReply for any status but 200."""
        return await self._send(f"{self._post}{len(body)}\r\n\r\n".encode() + body)

    async def get(self, path: str) -> bytes:
        """Return the reply to GET. Raises BadReply for any status but 200."""
        return await self._send(f"GET {path}{self._get}".encode())

    def close(self) -> None:
        """Close the connections; before the loop that opened them ends."""
        for _, writer in self._idle:
            writer.close()
        self._idle.clear()

    async def _send(self, request: bytes) -> bytes:
        reader, writer = self._idle.pop() if self._idle else await asyncio.open_connection(self._host, self._port)
        writer.write(request)
        head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), _TIMEOUT)
        length = _LENGTH.search(head)
        body = await reader.readexactly(int(length[1]) if length else 0)
        self._idle.append((reader, writer))
        if not head.startswith(b"HTTP/1.1 200 "):
            raise BadReply(f"the sidecar answered {head[:12].decode('ascii', 'replace')}: {body[:200]!r}")
        return body


def requests(events: Sequence[Event], size: int, by_entity: bool = False) -> list[bytes]:
    """Return the bodies of requests for up to `size` events each; `by_entity` keeps the windows of entities whole."""
    options = Options(sequence=by_entity, distinct=True, brief=True, short=True)  # as those of a search
    units = windows_of(events) if by_entity else [[i] for i in range(len(events))]
    batches: list[list[int]] = [[]]
    for unit in units:
        if batches[-1] and len(batches[-1]) + len(unit) > size:
            batches.append([])
        batches[-1] += unit
    return [write_request([events[i] for i in batch], options) for batch in batches]


def run_closed_loop(clients: Sequence[LoadClient], bodies: Sequence[bytes], events: int) -> float:
    """Send the requests as fast as replies come, CONNECTIONS to each sidecar at a time; return the seconds it took.

    Raises:
        BadReply: a request failed, or not each of the `events` events got a verdict.
    """
    remaining, replies = iter(bodies), list[bytes]()

    async def worker(client: LoadClient) -> None:
        for body in remaining:
            replies.append(await client.label(body))

    async def run_workers() -> float:
        began = time.monotonic()
        await asyncio.gather(*(worker(client) for client in clients for _ in range(CONNECTIONS)))
        return time.monotonic() - began

    seconds = _run(run_workers, clients)
    answered = sum(map(_verdict_count, replies))
    if answered != events:
        raise BadReply(f"{events} events were sent and {answered} answered")
    return seconds


def run_sequentially(client: LoadClient, calls: Sequence[Call]) -> list[float]:
    """Return the seconds of each call, one after the other."""

    async def one_by_one() -> list[float]:
        seconds = []
        for call in calls:
            began = time.monotonic()
            await call()
            seconds.append(time.monotonic() - began)
        return seconds

    return _run(one_by_one, [client])


def run_open_loop(client: LoadClient, calls: Sequence[Call], rate: float, seed: int) -> list[float]:
    """Return the seconds of calls that arrive at random (Poisson), `rate` a second, whatever the sidecar does.

    A call is sent when it arrives, on a connection of its own: waiting behind others is part of its seconds.
    """
    rng = random.Random(seed)

    async def one(call: Call, due: float) -> float:
        await asyncio.sleep(due - time.monotonic())
        began = time.monotonic()
        await call()
        return time.monotonic() - began

    async def run_calls() -> list[float]:
        due, tasks = time.monotonic() + 0.1, []
        for call in calls:
            due += rng.expovariate(rate)
            tasks.append(asyncio.create_task(one(call, due)))
        return list(await asyncio.gather(*tasks))

    return _run(run_calls, [client])


def fetch(client: LoadClient, path: str) -> bytes:
    """Return the reply to one GET."""
    return _run(lambda: client.get(path), [client])


def _run(work: Callable[[], Coroutine[Any, Any, T]], clients: Sequence[LoadClient]) -> T:
    async def run_and_close() -> T:
        try:
            return await work()
        finally:
            for client in clients:
                client.close()

    return asyncio.run(run_and_close())


def _verdict_count(reply: bytes) -> int:
    """Return the number of events that a reply answers. Raises BadReply where one has no verdict."""
    data: dict[str, Any] = json.loads(reply)
    statuses = {"ok" if isinstance(result, list) else result["status"] for result in data["results"]}
    if not statuses <= {"ok", "empty", "unparsed"}:
        raise BadReply(f"events came back without a verdict: {sorted(statuses)}")
    return len(data.get("order", data["results"]))
