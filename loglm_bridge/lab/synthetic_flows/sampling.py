"""What the renderers of flows draw with: numbers of many sizes, gaps, TCP exchanges. The same seed, the same flows."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import NamedTuple, TypeVar

import numpy as np

T = TypeVar("T")

#: Bytes of payload that a TCP segment on Ethernet holds.
_SEGMENT = 1_460


class Flow(NamedTuple):
    """A flow: seconds since the one before, ports, payload bytes and packets of both directions, duration (seconds)."""

    gap: float
    src_port: int
    dest_port: int
    fwd_bytes: int
    bwd_bytes: int
    fwd_pkts: int
    bwd_pkts: int
    duration: float


class Exchange(NamedTuple):
    """Sizes of a flow: payload bytes and packets of both directions, duration in seconds."""

    fwd_bytes: int
    bwd_bytes: int
    fwd_pkts: int
    bwd_pkts: int
    duration: float


class Draw:
    """A source of chance."""

    def __init__(self, seed: int) -> None:
        self._rng = np.random.default_rng(seed)

    def chance(self, share: float) -> bool:
        """Return True in a share of cases."""
        return bool(self._rng.random() < share)

    def pick(self, choices: Sequence[T]) -> T:
        """Return one of several, all as likely."""
        return choices[int(self._rng.integers(len(choices)))]

    def between(self, least: float, most: float) -> float:
        """Return a number, all as likely."""
        return float(self._rng.uniform(least, most))

    def size(self, least: float, most: float) -> float:
        """Return a number, all orders of magnitude as likely."""
        return math.exp(self._rng.uniform(math.log(least), math.log(most)))

    def whole(self, least: float, most: float) -> int:
        """Return a whole number, all orders of magnitude as likely."""
        return round(self.size(least, most))

    def about(self, typical: float, spread: float) -> float:
        """Return a number around a typical one; `spread` is that of its logarithm."""
        return typical * math.exp(spread * self._rng.standard_normal())

    def bytes_about(self, typical: float, spread: float) -> int:
        """Return a whole number around a typical one."""
        return round(self.about(typical, spread))

    def port(self, least: int = 1_025, most: int = 65_535) -> int:
        """Return a port from `least` up to below `most`."""
        return int(self._rng.integers(least, most))

    def regular(self, count: int, mean: float) -> Iterator[float]:
        """Yield gaps of a clock: seconds, up to 15 % to either side as a rule."""
        jitter = self.between(0, 0.15)
        yield from np.maximum(mean * (1 + jitter * self._rng.standard_normal(count)), mean * 0.05).tolist()

    def independent(self, count: int, mean: float) -> Iterator[float]:
        """Yield gaps of events that know nothing of each other: seconds."""
        yield from self._rng.exponential(mean, count).tolist()

    def bursty(self, count: int, mean: float) -> Iterator[float]:
        """Yield gaps of people and pages: seconds, many short ones and some long ones."""
        yield from np.exp(self._rng.normal(math.log(mean), 1.5, count)).tolist()

    def gaps(self, count: int, mean: float, *kinds: str) -> Iterator[float]:
        """Yield gaps of one of the kinds regular, independent, bursty; of any where none is named."""
        named: Iterator[float] = getattr(self, self.pick(kinds or ("regular", "independent", "bursty")))(count, mean)
        return named


def tcp(request: float, response: float, round_trip: float, thought: float = 0.0) -> Exchange:
    """Return the sizes of a TCP connection that carries a request and its response, opened and closed in order."""
    asked, answered = math.ceil(int(request) / _SEGMENT), math.ceil(int(response) / _SEGMENT)
    fwd_pkts, bwd_pkts = 3 + asked + (answered + 1) // 2, 2 + answered + (asked + 1) // 2
    seconds = round_trip * (2 + (asked + answered) / 10) + thought
    return Exchange(int(request), int(response), fwd_pkts, bwd_pkts, seconds)


def bulk(sent: float, received: float, seconds: float) -> Exchange:
    """Return the sizes of a long transfer in full segments, every second one acknowledged."""
    fwd_pkts, bwd_pkts = int(sent / 1_400) + int(received / 2_900) + 3, int(received / 1_400) + int(sent / 2_900) + 3
    return Exchange(int(sent), int(received), fwd_pkts, bwd_pkts, seconds)


def unanswered(packets: int, seconds: float, payload: int = 0) -> Exchange:
    """Return the sizes of packets that nobody answers; one alone takes no time."""
    return Exchange(payload, 0, packets, 0, seconds if packets > 1 else 0.0)
