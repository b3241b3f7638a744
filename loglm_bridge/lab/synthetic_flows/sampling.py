"""Random numbers and TCP exchanges for synthetic flows; the same seed gives the same flows."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import NamedTuple, TypeVar

import numpy as np

T = TypeVar("T")

#: Payload bytes of a full TCP segment on Ethernet.
_SEGMENT = 1_460


class Flow(NamedTuple):
    """A flow: seconds since the previous one, ports, payload bytes and packets both ways, duration (seconds)."""

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


class Sampler:
    """A source of random numbers."""

    def __init__(self, seed: int) -> None:
        self._rng = np.random.default_rng(seed)

    def chance(self, probability: float) -> bool:
        """Return True with a probability."""
        return bool(self._rng.random() < probability)

    def choice(self, choices: Sequence[T]) -> T:
        """Return one of the choices, all equally likely."""
        return choices[int(self._rng.integers(len(choices)))]

    def uniform(self, low: float, high: float) -> float:
        """Return a uniform number."""
        return float(self._rng.uniform(low, high))

    def log_uniform(self, low: float, high: float) -> float:
        """Return a log-uniform number: all orders of magnitude are equally likely."""
        return math.exp(self._rng.uniform(math.log(low), math.log(high)))

    def log_uniform_int(self, low: float, high: float) -> int:
        """Return a log-uniform number, rounded."""
        return round(self.log_uniform(low, high))

    def lognormal(self, median: float, sigma: float) -> float:
        """Return a log-normal number; `sigma` is the standard deviation of its logarithm."""
        return median * math.exp(sigma * self._rng.standard_normal())

    def lognormal_int(self, median: float, sigma: float) -> int:
        """Return a log-normal number, rounded."""
        return round(self.lognormal(median, sigma))

    def integer(self, low: int, high: int) -> int:
        """Return an integer from `low` up to below `high`, all equally likely."""
        return int(self._rng.integers(low, high))

    def port(self, low: int = 1_025, high: int = 65_535) -> int:
        """Return a port from `low` up to below `high`."""
        return self.integer(low, high)

    def regular_gaps(self, count: int, mean: float) -> Iterator[float]:
        """Yield gaps in seconds at a steady rate, with a jitter of up to 15 %."""
        jitter = self.uniform(0, 0.15)
        yield from np.maximum(mean * (1 + jitter * self._rng.standard_normal(count)), mean * 0.05).tolist()

    def independent_gaps(self, count: int, mean: float) -> Iterator[float]:
        """Yield gaps in seconds between independent events (exponential)."""
        yield from self._rng.exponential(mean, count).tolist()

    def bursty_gaps(self, count: int, mean: float) -> Iterator[float]:
        """Yield gaps in seconds of people and pages: many short ones, some long ones (log-normal)."""
        yield from np.exp(self._rng.normal(math.log(mean), 1.5, count)).tolist()

    def gaps(self, count: int, mean: float, *kinds: str) -> Iterator[float]:
        """Yield gaps of one of the kinds regular, independent, bursty; of any of these if none is named."""
        by_kind = {"regular": self.regular_gaps, "independent": self.independent_gaps, "bursty": self.bursty_gaps}
        return by_kind[self.choice(kinds or tuple(by_kind))](count, mean)


def tcp(request: float, response: float, round_trip: float, processing: float = 0.0) -> Exchange:
    """Return the sizes of a TCP connection with a request and its response, opened and closed in order.

    `request` and `response` are bytes; `round_trip` and the server's `processing` time are seconds.
    """
    sent, received = math.ceil(int(request) / _SEGMENT), math.ceil(int(response) / _SEGMENT)
    fwd_pkts, bwd_pkts = 3 + sent + (received + 1) // 2, 2 + received + (sent + 1) // 2
    seconds = round_trip * (2 + (sent + received) / 10) + processing
    return Exchange(int(request), int(response), fwd_pkts, bwd_pkts, seconds)


def bulk(sent: float, received: float, seconds: float) -> Exchange:
    """Return the sizes of a long transfer in full segments, of which every second is acknowledged."""
    fwd_pkts, bwd_pkts = int(sent / 1_400) + int(received / 2_900) + 3, int(received / 1_400) + int(sent / 2_900) + 3
    return Exchange(int(sent), int(received), fwd_pkts, bwd_pkts, seconds)


def unanswered(packets: int, seconds: float, payload: int = 0) -> Exchange:
    """Return the sizes of packets without a response; a single one has no duration."""
    return Exchange(payload, 0, packets, 0, seconds if packets > 1 else 0.0)
