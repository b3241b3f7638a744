"""Behaviours of attacks between two addresses as flows, each with its ATT&CK technique."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import repeat

from loglm_bridge.lab.synthetic_flows.sampling import Exchange, Flow, Sampler, bulk, tcp, unanswered

#: Ports of services that are attacked.
SERVICES = (21, 22, 23, 25, 80, 110, 143, 443, 445, 1433, 3306, 3389, 5432, 5900, 8080, 8443)

#: Ports of services with a login.
_LOGINS = (21, 22, 23, 25, 80, 110, 143, 443, 445, 1433, 3306, 3389, 5432, 5900, 8080)

#: Ports of web servers.
_WEB = (80, 443, 8080, 8443)


def vertical_scan(rng: Sampler) -> list[Flow]:
    """A scan of the ports of one host: closed, open or filtered."""
    closed, tries = rng.uniform(0, 1), rng.choice((1, 1, 2, 3))
    source = rng.port() if rng.chance(0.5) else None
    flows = []
    for gap in rng.gaps(rng.log_uniform_int(6, 400), rng.log_uniform(1e-4, 5)):
        port = rng.port(1, 10_000 if rng.chance(0.5) else 65_535)
        if rng.chance(closed):
            exchange = Exchange(0, 0, tries, tries, rng.log_uniform(1e-5, 0.2))
        elif rng.chance(0.1):
            exchange = Exchange(0, 0, 2, 1, rng.log_uniform(1e-5, 0.2))
        else:
            exchange = unanswered(tries, rng.log_uniform(1e-6, 3))
        flows.append(Flow(gap, source or rng.port(), port, *exchange))
    return flows


def horizontal_scan(rng: Sampler) -> list[Flow]:
    """The part of a scan of many hosts that one host sees: a few packets, mostly without a response."""
    service, tries = rng.choice(SERVICES) if rng.chance(0.6) else rng.port(), rng.choice((1, 1, 2, 3))
    flows = []
    for gap in rng.independent_gaps(rng.log_uniform_int(1, 6), rng.log_uniform(0.01, 600)):
        silent = rng.chance(0.8)
        exchange = (
            unanswered(tries, rng.log_uniform(1e-6, 10))
            if silent
            else Exchange(0, 0, tries, tries, rng.log_uniform(1e-5, 0.3))
        )
        flows.append(Flow(gap, rng.port(), service if rng.chance(0.6) else rng.port(1), *exchange))
    return flows


def brute_force(rng: Sampler) -> list[Flow]:
    """Repeated logins: exchanges of nearly the same size, at the rate of a tool."""
    port, round_trip = rng.choice(_LOGINS), rng.log_uniform(1e-4, 0.2)
    request, response, spread = rng.log_uniform(40, 3_000), rng.log_uniform(40, 4_000), rng.uniform(0, 0.25)
    processing, more_packets = rng.log_uniform(0.05, 15), rng.log_uniform_int(1, 12)
    flows = []
    for gap in rng.gaps(rng.log_uniform_int(4, 300), rng.log_uniform(0.03, 30)):
        if rng.chance(0.08):
            exchange = Exchange(0, 0, rng.log_uniform_int(1, 3), rng.log_uniform_int(1, 2), rng.log_uniform(1e-5, 6))
        else:
            exchange = tcp(
                rng.lognormal(request, spread),
                rng.lognormal(response, spread),
                round_trip,
                rng.lognormal(processing, 0.3),
            )
            extra = rng.lognormal_int(more_packets, 0.2)
            exchange = exchange._replace(fwd_pkts=exchange.fwd_pkts + extra, bwd_pkts=exchange.bwd_pkts + extra)
        flows.append(Flow(gap, rng.port(), port, *exchange))
    return flows


def http_flood(rng: Sampler) -> list[Flow]:
    """Hundreds of requests, many of them without a response."""
    port, round_trip = rng.choice((80, 80, 443, 8080)), rng.log_uniform(1e-4, 0.1)
    request, response, spread = rng.log_uniform(20, 1_500), rng.log_uniform(100, 20_000), rng.uniform(0, 0.3)
    aborted, duration = rng.uniform(0, 0.8), rng.log_uniform(0.001, 120)
    flows = []
    for gap in rng.gaps(rng.log_uniform_int(30, 500), rng.log_uniform(1e-4, 0.4), "independent", "bursty"):
        if rng.chance(aborted):
            sent = rng.lognormal_int(request, spread) if rng.chance(0.5) else 0
            exchange = Exchange(
                sent, 0, rng.log_uniform_int(1, 6), rng.log_uniform_int(1, 3) - 1, rng.lognormal(duration, 1)
            )
        else:
            exchange = tcp(
                rng.lognormal(request, spread),
                rng.lognormal(response, spread),
                round_trip,
                rng.lognormal(duration, 0.8),
            )
        flows.append(Flow(gap, rng.port(), port, *exchange))
    return flows


def slow_requests(rng: Sampler) -> list[Flow]:
    """Connections held open by a few bytes at a time."""
    port, request = rng.choice((80, 80, 443, 8080)), rng.log_uniform(5, 600)
    flows = []
    for gap in rng.gaps(rng.log_uniform_int(10, 300), rng.log_uniform(0.01, 5)):
        drops = rng.log_uniform_int(1, 30)
        sent = int(request + drops * rng.uniform(2, 20)) if rng.chance(0.8) else 0
        answer = rng.choice((0, 0, rng.lognormal_int(400, 0.3)))
        flows.append(
            Flow(
                gap,
                rng.port(),
                port,
                sent,
                answer,
                2 + drops,
                rng.log_uniform_int(1, drops + 1),
                rng.log_uniform(3, 300),
            )
        )
    return flows


def packet_flood(rng: Sampler) -> list[Flow]:
    """Packets without a connection, thousands a second."""
    port, payload = (
        rng.choice((80, 443, 53, 123, 22, 8080, rng.port())),
        rng.choice((0, 0, rng.log_uniform_int(1, 1_400))),
    )
    packets, answered = rng.log_uniform_int(1, 20), rng.uniform(0, 0.5)
    source = rng.port() if rng.chance(0.4) else None
    flows = []
    for gap in rng.independent_gaps(rng.log_uniform_int(40, 500), rng.log_uniform(1e-5, 0.1)):
        sent = rng.lognormal_int(packets, 0.2) or 1
        exchange = unanswered(sent, rng.log_uniform(1e-6, 1), payload * sent)
        back = rng.log_uniform_int(1, sent + 1) if rng.chance(answered) else 0
        flows.append(Flow(gap, source or rng.port(), port, *exchange._replace(bwd_pkts=back)))
    return flows


def beacon(rng: Sampler) -> list[Flow]:
    """A small request at regular intervals, sometimes a task or its result."""
    port = rng.choice((80, 443, 443, 8080, 8443, 53, 4444, 1337, rng.port()))
    round_trip, request, response = rng.log_uniform(0.005, 0.3), rng.log_uniform(40, 800), rng.log_uniform(40, 600)
    spread = rng.uniform(0, 0.1)
    flows = []
    for gap in rng.regular_gaps(rng.log_uniform_int(6, 64), rng.log_uniform(2, 1_500)):
        exchange = tcp(rng.lognormal(request, spread), rng.lognormal(response, spread), round_trip)
        if rng.chance(0.06):
            exchange = exchange._replace(fwd_bytes=rng.lognormal_int(5_000, 1), bwd_bytes=rng.lognormal_int(20_000, 1))
        flows.append(Flow(gap, rng.port(), port, *exchange))
    return flows


def reconnect(rng: Sampler) -> list[Flow]:
    """An implant that tries to connect to a server that is down."""
    port = rng.port() if rng.chance(0.7) else rng.choice((443, 8080, 8443, 6_667))
    tries, refused = rng.log_uniform_int(1, 4), rng.chance(0.4)
    flows = []
    for gap in rng.gaps(rng.log_uniform_int(6, 200), rng.log_uniform(0.5, 120), "regular", "independent"):
        exchange = unanswered(tries, rng.log_uniform(0.1, 10))
        if refused:
            exchange = exchange._replace(bwd_pkts=tries, duration=exchange.duration + 1e-4)
        flows.append(Flow(gap, rng.port(), port, *exchange))
    return flows


def dns_tunnel(rng: Sampler) -> list[Flow]:
    """Long queries to a resolver, one after the other."""
    request, response = rng.log_uniform(90, 220), rng.log_uniform(100, 500)
    gaps = rng.gaps(rng.log_uniform_int(20, 400), rng.log_uniform(0.01, 2), "independent", "regular")
    sizes = ((rng.lognormal_int(request, 0.1), rng.lognormal_int(response, 0.3)) for _ in repeat(None))
    return [
        Flow(gap, rng.port(), 53, *log_uniform, 1, 1, rng.log_uniform(0.01, 0.4))
        for gap, log_uniform in zip(gaps, sizes, strict=False)
    ]


def exfiltration(rng: Sampler) -> list[Flow]:
    """Large uploads with small responses."""
    port = rng.choice((443, 80, 22, 21, 8443, 53, rng.port()))
    flows = []
    for gap in rng.bursty_gaps(rng.log_uniform_int(1, 20), rng.log_uniform(0.5, 200)):
        sent = rng.log_uniform(3e5, 2e9)
        exchange = bulk(sent, sent * rng.uniform(0.0005, 0.01), rng.log_uniform(1, 600))
        flows.append(Flow(gap, rng.port(), port, *exchange))
    return flows


def web_scan(rng: Sampler) -> list[Flow]:
    """Paths tried on a web server, most of them without success."""
    port, round_trip = rng.choice(_WEB), rng.log_uniform(1e-4, 0.2)
    request, response = rng.log_uniform(100, 600), rng.log_uniform(150, 1_500)
    flows = []
    for gap in rng.gaps(rng.log_uniform_int(15, 400), rng.log_uniform(0.005, 2), "independent", "bursty"):
        answer = rng.lognormal(response, 0.1) if rng.chance(0.9) else rng.lognormal(8_000, 1)
        flows.append(Flow(gap, rng.port(), port, *tcp(rng.lognormal(request, 0.15), answer, round_trip)))
    return flows


#: The behaviours of attacks, each with its technique.
MALICIOUS: Mapping[Callable[[Sampler], list[Flow]], str] = {
    vertical_scan: "T1046", horizontal_scan: "T1595", brute_force: "T1110.001", http_flood: "T1499.002",
    slow_requests: "T1499.002", packet_flood: "T1498.001", beacon: "T1071.001", reconnect: "T1571",
    dns_tunnel: "T1071.004", exfiltration: "T1048", web_scan: "T1595.003",
}  # fmt: skip
