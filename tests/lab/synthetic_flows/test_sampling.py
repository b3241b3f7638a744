"""Random numbers and TCP exchanges of synthetic flows."""

import pytest

from loglm_bridge.lab.synthetic_flows.sampling import Sampler, tcp, unanswered


def test_a_tcp_exchange_has_packets_for_its_bytes():
    exchange = tcp(3_000, 100, 0.1)
    assert (exchange.fwd_bytes, exchange.bwd_bytes, exchange.duration) == (3_000, 100, pytest.approx(0.24))
    assert exchange.fwd_pkts >= 3
    assert tcp(0, 0, 0.1)[:4] == (0, 0, 3, 2)
    assert unanswered(1, 5.0) == (0, 0, 1, 0, 0.0)
    assert unanswered(2, 5.0).duration == 5.0


def test_random_numbers_have_their_distribution():
    rng = Sampler(3)
    assert 400 < sum(rng.chance(0.5) for _ in range(1_000)) < 600
    assert all(10 <= rng.log_uniform(10, 1_000) <= 1_000 for _ in range(100))
    small = sum(rng.log_uniform(1, 10_000) < 100 for _ in range(1_000))
    assert 400 < small < 600
    assert {rng.choice("abc") for _ in range(50)} == set("abc")
    assert abs(sum(rng.regular_gaps(200, 60.0)) / 200 - 60.0) < 5
