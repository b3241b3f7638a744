"""Asks sidecars directly: requests made beforehand, over connections that stay open.

One thread and plain sockets: what a request costs on this side is a few dozen microseconds.
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

#: A request that can be sent when its time has come.
Call = Callable[[], Coroutine[Any, Any, bytes]]

#: Requests on their way to one sidecar at a time, where it is asked as fast as it answers.
CONNECTIONS = 2

#: Seconds within which a request must be answered.
_PATIENCE = 120.0

_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)\r\n", re.IGNORECASE)


class Asker:
    """Requests to one sidecar, each on a connection that nobody else uses; a new one is opened where all are busy."""

    def __init__(self, url: str, token: str) -> None:
        address = urlsplit(url)
        self._host, self._port = address.hostname or "", address.port or 80
        said = f"Host: {address.netloc}\r\nAuthorization: Bearer {token}\r\n"
        self._post = f"POST /v1/label HTTP/1.1\r\n{said}Content-Type: application/json\r\nContent-Length: "
        self._get = f" HTTP/1.1\r\n{said}\r\n"
        self._free: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []

    async def label(self, body: bytes) -> bytes:
        """Return the answer to POST /v1/label. Raises BadReply for any status but 200."""
        return await self._ask(f"{self._post}{len(body)}\r\n\r\n".encode() + body)

    async def get(self, path: str) -> bytes:
        """Return the answer to GET. Raises BadReply for any status but 200."""
        return await self._ask(f"GET {path}{self._get}".encode())

    def close(self) -> None:
        """Close the connections; before the loop that opened them ends."""
        for _, writer in self._free:
            writer.close()
        self._free.clear()

    async def _ask(self, request: bytes) -> bytes:
        reader, writer = self._free.pop() if self._free else await asyncio.open_connection(self._host, self._port)
        writer.write(request)
        head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), _PATIENCE)
        length = _LENGTH.search(head)
        body = await reader.readexactly(int(length[1]) if length else 0)
        self._free.append((reader, writer))
        if not head.startswith(b"HTTP/1.1 200 "):
            raise BadReply(f"the sidecar answered {head[:12].decode('ascii', 'replace')}: {body[:200]!r}")
        return body


def requests(events: Sequence[Event], size: int, together: bool = False) -> list[bytes]:
    """Return the bodies of requests for up to `size` events each; with `together` windows of entities stay whole."""
    options = Options(sequence=together, distinct=True, brief=True, short=True)  # as a search asks
    units = windows_of(events) if together else [[i] for i in range(len(events))]
    parts: list[list[int]] = [[]]
    for unit in units:
        if parts[-1] and len(parts[-1]) + len(unit) > size:
            parts.append([])
        parts[-1] += unit
    return [write_request([events[i] for i in part], options) for part in parts]


def closed(askers: Sequence[Asker], bodies: Sequence[bytes], events: int) -> float:
    """Ask as fast as answers come, CONNECTIONS requests to each sidecar at a time; returns the seconds it took.

    Raises:
        BadReply: an answer is not one, or not each of the `events` events has a verdict.
    """
    left, replies = iter(bodies), list[bytes]()

    async def work(asker: Asker) -> None:
        for body in left:
            replies.append(await asker.label(body))

    async def all_of_it() -> float:
        began = time.monotonic()
        await asyncio.gather(*(work(asker) for asker in askers for _ in range(CONNECTIONS)))
        return time.monotonic() - began

    seconds = _run(all_of_it, askers)
    answered = sum(map(_answered, replies))
    if answered != events:
        raise BadReply(f"{events} events were sent and {answered} answered")
    return seconds


def alone(asker: Asker, calls: Sequence[Call]) -> list[float]:
    """Return the seconds of each call, one after the other."""

    async def one_by_one() -> list[float]:
        out = []
        for call in calls:
            began = time.monotonic()
            await call()
            out.append(time.monotonic() - began)
        return out

    return _run(one_by_one, [asker])


def arriving(asker: Asker, calls: Sequence[Call], rate: float, seed: int) -> list[float]:
    """Return the seconds of calls that arrive at random (Poisson), `rate` a second, whatever the sidecar does.

    A call is sent when it arrives, on a connection of its own: waiting behind others is part of its seconds.
    """
    rng = random.Random(seed)

    async def one(call: Call, due: float) -> float:
        await asyncio.sleep(due - time.monotonic())
        began = time.monotonic()
        await call()
        return time.monotonic() - began

    async def all_of_them() -> list[float]:
        due, tasks = time.monotonic() + 0.1, []
        for call in calls:
            due += rng.expovariate(rate)
            tasks.append(asyncio.create_task(one(call, due)))
        return list(await asyncio.gather(*tasks))

    return _run(all_of_them, [asker])


def fetch(asker: Asker, path: str) -> bytes:
    """Return the answer to one GET."""
    return _run(lambda: asker.get(path), [asker])


def _run(work: Callable[[], Coroutine[Any, Any, T]], askers: Sequence[Asker]) -> T:
    async def closing() -> T:
        try:
            return await work()
        finally:
            for asker in askers:
                asker.close()

    return asyncio.run(closing())


def _answered(reply: bytes) -> int:
    """Return how many events a reply answers. Raises BadReply where one has no verdict."""
    data: dict[str, Any] = json.loads(reply)
    statuses = {"ok" if isinstance(result, list) else result["status"] for result in data["results"]}
    if not statuses <= {"ok", "empty", "unparsed"}:
        raise BadReply(f"events came back without a verdict: {sorted(statuses)}")
    return len(data.get("order", data["results"]))
