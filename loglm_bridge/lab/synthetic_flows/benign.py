"""Benign behaviours between two addresses as flows."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from loglm_bridge.lab.synthetic_flows.malicious import SERVICES
from loglm_bridge.lab.synthetic_flows.sampling import Flow, Sampler, bulk, tcp


def browsing(rng: Sampler) -> list[Flow]:
    """Web pages with their resources, over connections that stay open for a while."""
    port, round_trip, keep_alive = (
        rng.choice((443, 443, 443, 80)),
        rng.log_uniform(0.005, 0.2),
        rng.log_uniform(0.1, 120),
    )
    request, response = rng.log_uniform(300, 3_000), rng.log_uniform(300, 60_000)
    flows = []
    for gap in rng.bursty_gaps(rng.log_uniform_int(1, 40), rng.log_uniform(0.01, 120)):
        exchange = tcp(
            rng.lognormal(request, 0.9), rng.lognormal(response, 1.6), round_trip, rng.lognormal(keep_alive, 1)
        )
        flows.append(Flow(gap, rng.port(), port, *exchange))
    return flows


def dns_lookups(rng: Sampler) -> list[Flow]:
    """DNS queries, sometimes for both families of addresses."""
    round_trip, twice = rng.log_uniform(1e-4, 0.1), rng.chance(0.5)
    flows = []
    for gap in rng.bursty_gaps(rng.log_uniform_int(1, 200), rng.log_uniform(0.05, 60)):
        queries = 2 if twice and rng.chance(0.7) else 1
        sizes = queries * rng.integer(28, 60), queries * rng.integer(44, 300)
        flows.append(Flow(gap, rng.port(), 53, *sizes, queries, queries, rng.lognormal(round_trip, 1.2)))
    return flows


def time_synchronisation(rng: Sampler) -> list[Flow]:
    """NTP at the intervals of its clients."""
    gaps = rng.regular_gaps(rng.log_uniform_int(1, 20), rng.choice((64, 128, 256, 512, 1_024)))
    return [Flow(gap, 123, 123, 48, 48, 1, 1, rng.log_uniform(0.001, 0.2)) for gap in gaps]


def polling(rng: Sampler) -> list[Flow]:
    """Mail, updates and agents: the same request every few minutes, responses of many sizes."""
    port = rng.choice((443, 993, 995, 80, 5_223, 8_883, 389, 161, 445))
    round_trip, spread = rng.log_uniform(0.001, 0.2), rng.uniform(0.05, 0.5)
    request, response = rng.log_uniform(200, 1_500), rng.log_uniform(300, 6_000)
    flows = []
    for gap in rng.gaps(rng.log_uniform_int(1, 64), rng.log_uniform(5, 1_500), "regular", "independent"):
        sizes = rng.lognormal(request, spread), rng.lognormal(response, spread)
        flows.append(Flow(gap, rng.port(), port, *tcp(*sizes, round_trip, rng.log_uniform(0.01, 60))))
    return flows


def file_transfers(rng: Sampler) -> list[Flow]:
    """Downloads and some uploads of files."""
    port, upload = rng.choice((443, 80, 445, 22, 21, 873, 2_049)), rng.chance(0.25)
    flows = []
    for gap in rng.bursty_gaps(rng.log_uniform_int(1, 12), rng.log_uniform(0.5, 600)):
        large = rng.log_uniform(1e5, 1e9)
        small, seconds = large * rng.uniform(0.0005, 0.02), rng.log_uniform(0.1, 300)
        exchange = bulk(large, small, seconds) if upload else bulk(small, large, seconds)
        flows.append(Flow(gap, rng.port(), port, *exchange))
    return flows


def domain_services(rng: Sampler) -> list[Flow]:
    """A member of a Windows domain and its controller."""
    round_trip = rng.log_uniform(1e-4, 0.02)
    flows = []
    for gap in rng.bursty_gaps(rng.log_uniform_int(1, 60), rng.log_uniform(0.1, 120)):
        port = rng.choice((88, 135, 389, 445, 3_268, 137, 138, rng.port(49_152, 49_212)))
        exchange = tcp(rng.log_uniform(100, 4_000), rng.log_uniform(100, 5_000), round_trip, rng.log_uniform(1e-3, 5))
        flows.append(Flow(gap, rng.port(), port, *exchange))
    return flows


def connection_ends(rng: Sampler) -> list[Flow]:
    """Ends of connections whose start is not exported: keep-alives, late resets, some in the opposite direction."""
    port, reversed_ = rng.choice((443, 80, 443, 993, 8_080)), rng.chance(0.4)
    flows = []
    for gap in rng.bursty_gaps(rng.log_uniform_int(1, 12), rng.log_uniform(0.01, 300)):
        sent = rng.log_uniform_int(1, 3)
        back = rng.choice((0, 1, 1, sent))
        ends = (port, rng.port()) if reversed_ else (rng.port(), port)
        sizes = rng.choice((0, 0, 0, 31)), rng.choice((0, 0, 0, 31)) if back else 0
        flows.append(Flow(gap, *ends, *sizes, sent, back, rng.log_uniform(1e-6, 0.2) if sent + back > 1 else 0.0))
    return flows


def service_discovery(rng: Sampler) -> list[Flow]:
    """Broadcasts that discover printers, names and addresses."""
    port = rng.choice((1_900, 5_353, 5_355, 137, 138, 67, 3_702))
    flows = []
    for gap in rng.independent_gaps(rng.log_uniform_int(1, 12), rng.log_uniform(0.1, 200)):
        packets = rng.log_uniform_int(1, 6)
        source = rng.choice((port, rng.port()))
        duration = rng.log_uniform(0.001, 5) if packets > 1 else 0.0
        flows.append(Flow(gap, source, port, packets * rng.integer(20, 300), 0, packets, 0, duration))
    return flows


def remote_sessions(rng: Sampler) -> list[Flow]:
    """A person at a remote desktop or shell."""
    port = rng.choice((22, 3_389, 5_900, 23))
    flows = []
    for gap in rng.independent_gaps(rng.log_uniform_int(1, 5), rng.log_uniform(5, 1_500)):
        packets = rng.log_uniform_int(20, 5_000)
        sizes = packets * rng.log_uniform_int(10, 80), packets * rng.log_uniform_int(10, 300)
        flows.append(Flow(gap, rng.port(), port, *sizes, packets, packets, rng.log_uniform(2, 3_000)))
    return flows


def single_connection(rng: Sampler) -> list[Flow]:
    """A single connection to any service."""
    port = rng.choice((*SERVICES, rng.port()))
    exchange = tcp(
        rng.log_uniform(30, 3_000), rng.log_uniform(30, 20_000), rng.log_uniform(1e-4, 0.3), rng.log_uniform(1e-3, 60)
    )
    return [Flow(0.0, rng.port(), port, *exchange)]


#: The benign behaviours.
BENIGN: Sequence[Callable[[Sampler], list[Flow]]] = (
    browsing, dns_lookups, time_synchronisation, polling, file_transfers, domain_services, connection_ends,
    service_discovery, remote_sessions, single_connection,
)  # fmt: skip
