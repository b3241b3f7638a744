"""Flows of attacks between two addresses, as they are known to look; each behaviour with its ATT&CK technique."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import repeat

from loglm_bridge.lab.synthetic_flows.sampling import Draw, Exchange, Flow, bulk, tcp, unanswered

#: Ports that attacks and single connections turn to.
SERVICES = (21, 22, 23, 25, 80, 110, 143, 443, 445, 1433, 3306, 3389, 5432, 5900, 8080, 8443)
_LOGINS = (21, 22, 23, 25, 80, 110, 143, 443, 445, 1433, 3306, 3389, 5432, 5900, 8080)
_WEB = (80, 443, 8080, 8443)


def vertical_scan(draw: Draw) -> list[Flow]:
    """One host's ports tried one after the other: closed, open or filtered."""
    closed, tries = draw.between(0, 1), draw.pick((1, 1, 2, 3))
    source = draw.port() if draw.chance(0.5) else None
    out = []
    for gap in draw.gaps(draw.whole(6, 400), draw.size(1e-4, 5)):
        port = draw.port(1, 10_000 if draw.chance(0.5) else 65_535)
        if draw.chance(closed):
            found = Exchange(0, 0, tries, tries, draw.size(1e-5, 0.2))
        elif draw.chance(0.1):
            found = Exchange(0, 0, 2, 1, draw.size(1e-5, 0.2))
        else:
            found = unanswered(tries, draw.size(1e-6, 3))
        out.append(Flow(gap, source or draw.port(), port, *found))
    return out


def probes(draw: Draw) -> list[Flow]:
    """One host's share of a scan over many: a few packets, mostly without an answer."""
    service, tries = draw.pick(SERVICES) if draw.chance(0.6) else draw.port(), draw.pick((1, 1, 2, 3))
    out = []
    for gap in draw.independent(draw.whole(1, 6), draw.size(0.01, 600)):
        silent = draw.chance(0.8)
        found = unanswered(tries, draw.size(1e-6, 10)) if silent else Exchange(0, 0, tries, tries, draw.size(1e-5, 0.3))
        out.append(Flow(gap, draw.port(), service if draw.chance(0.6) else draw.port(1), *found))
    return out


def brute_force(draw: Draw) -> list[Flow]:
    """Logins tried again and again: exchanges of nearly one size, at a tool's pace."""
    port, round_trip = draw.pick(_LOGINS), draw.size(1e-4, 0.2)
    request, response, spread = draw.size(40, 3_000), draw.size(40, 4_000), draw.between(0, 0.25)
    thought, more = draw.size(0.05, 15), draw.whole(1, 12)
    out = []
    for gap in draw.gaps(draw.whole(4, 300), draw.size(0.03, 30)):
        if draw.chance(0.08):
            found = Exchange(0, 0, draw.whole(1, 3), draw.whole(1, 2), draw.size(1e-5, 6))
        else:
            found = tcp(draw.about(request, spread), draw.about(response, spread), round_trip, draw.about(thought, 0.3))
            extra = draw.bytes_about(more, 0.2)
            found = found._replace(fwd_pkts=found.fwd_pkts + extra, bwd_pkts=found.bwd_pkts + extra)
        out.append(Flow(gap, draw.port(), port, *found))
    return out


def http_flood(draw: Draw) -> list[Flow]:
    """Requests by the hundred, many of them never answered."""
    port, round_trip = draw.pick((80, 80, 443, 8080)), draw.size(1e-4, 0.1)
    request, response, spread = draw.size(20, 1_500), draw.size(100, 20_000), draw.between(0, 0.3)
    cut, lasts = draw.between(0, 0.8), draw.size(0.001, 120)
    out = []
    for gap in draw.gaps(draw.whole(30, 500), draw.size(1e-4, 0.4), "independent", "bursty"):
        if draw.chance(cut):
            sent = draw.bytes_about(request, spread) if draw.chance(0.5) else 0
            found = Exchange(sent, 0, draw.whole(1, 6), draw.whole(1, 3) - 1, draw.about(lasts, 1))
        else:
            found = tcp(draw.about(request, spread), draw.about(response, spread), round_trip, draw.about(lasts, 0.8))
        out.append(Flow(gap, draw.port(), port, *found))
    return out


def slow_requests(draw: Draw) -> list[Flow]:
    """Connections held open by a few bytes at a time."""
    port, request = draw.pick((80, 80, 443, 8080)), draw.size(5, 600)
    out = []
    for gap in draw.gaps(draw.whole(10, 300), draw.size(0.01, 5)):
        drops = draw.whole(1, 30)
        sent = int(request + drops * draw.between(2, 20)) if draw.chance(0.8) else 0
        answer = draw.pick((0, 0, draw.bytes_about(400, 0.3)))
        out.append(Flow(gap, draw.port(), port, sent, answer, 2 + drops, draw.whole(1, drops + 1), draw.size(3, 300)))
    return out


def packet_flood(draw: Draw) -> list[Flow]:
    """Packets without a conversation, thousands a second."""
    port, payload = draw.pick((80, 443, 53, 123, 22, 8080, draw.port())), draw.pick((0, 0, draw.whole(1, 1_400)))
    packets, answered = draw.whole(1, 20), draw.between(0, 0.5)
    source = draw.port() if draw.chance(0.4) else None
    out = []
    for gap in draw.independent(draw.whole(40, 500), draw.size(1e-5, 0.1)):
        sent = draw.bytes_about(packets, 0.2) or 1
        found = unanswered(sent, draw.size(1e-6, 1), payload * sent)
        back = draw.whole(1, sent + 1) if draw.chance(answered) else 0
        out.append(Flow(gap, source or draw.port(), port, *found._replace(bwd_pkts=back)))
    return out


def beacon(draw: Draw) -> list[Flow]:
    """A small question at a steady beat, now and then a task or its result."""
    port = draw.pick((80, 443, 443, 8080, 8443, 53, 4444, 1337, draw.port()))
    round_trip, request, response = draw.size(0.005, 0.3), draw.size(40, 800), draw.size(40, 600)
    spread = draw.between(0, 0.1)
    out = []
    for gap in draw.regular(draw.whole(6, 64), draw.size(2, 1_500)):
        found = tcp(draw.about(request, spread), draw.about(response, spread), round_trip)
        if draw.chance(0.06):
            found = found._replace(fwd_bytes=draw.bytes_about(5_000, 1), bwd_bytes=draw.bytes_about(20_000, 1))
        out.append(Flow(gap, draw.port(), port, *found))
    return out


def reconnect(draw: Draw) -> list[Flow]:
    """An implant that asks for a server which is gone."""
    port = draw.port() if draw.chance(0.7) else draw.pick((443, 8080, 8443, 6_667))
    tries, refused = draw.whole(1, 4), draw.chance(0.4)
    out = []
    for gap in draw.gaps(draw.whole(6, 200), draw.size(0.5, 120), "regular", "independent"):
        found = unanswered(tries, draw.size(0.1, 10))
        if refused:
            found = found._replace(bwd_pkts=tries, duration=found.duration + 1e-4)
        out.append(Flow(gap, draw.port(), port, *found))
    return out


def dns_tunnel(draw: Draw) -> list[Flow]:
    """Long questions to a resolver, one after the other."""
    request, response = draw.size(90, 220), draw.size(100, 500)
    gaps = draw.gaps(draw.whole(20, 400), draw.size(0.01, 2), "independent", "regular")
    sizes = ((draw.bytes_about(request, 0.1), draw.bytes_about(response, 0.3)) for _ in repeat(None))
    return [
        Flow(gap, draw.port(), 53, *size, 1, 1, draw.size(0.01, 0.4)) for gap, size in zip(gaps, sizes, strict=False)
    ]


def exfiltration(draw: Draw) -> list[Flow]:
    """Much that leaves, little that comes back."""
    port = draw.pick((443, 80, 22, 21, 8443, 53, draw.port()))
    out = []
    for gap in draw.bursty(draw.whole(1, 20), draw.size(0.5, 200)):
        sent = draw.size(3e5, 2e9)
        found = bulk(sent, sent * draw.between(0.0005, 0.01), draw.size(1, 600))
        out.append(Flow(gap, draw.port(), port, *found))
    return out


def web_scan(draw: Draw) -> list[Flow]:
    """Paths tried on a web server, nearly all of them not found."""
    port, round_trip = draw.pick(_WEB), draw.size(1e-4, 0.2)
    request, response = draw.size(100, 600), draw.size(150, 1_500)
    out = []
    for gap in draw.gaps(draw.whole(15, 400), draw.size(0.005, 2), "independent", "bursty"):
        answer = draw.about(response, 0.1) if draw.chance(0.9) else draw.about(8_000, 1)
        out.append(Flow(gap, draw.port(), port, *tcp(draw.about(request, 0.15), answer, round_trip)))
    return out


#: The behaviours, each with its technique.
HOSTILE: Mapping[Callable[[Draw], list[Flow]], str] = {
    vertical_scan: "T1046", probes: "T1595", brute_force: "T1110.001", http_flood: "T1499.002",
    slow_requests: "T1499.002", packet_flood: "T1498.001", beacon: "T1071.001", reconnect: "T1571",
    dns_tunnel: "T1071.004", exfiltration: "T1048", web_scan: "T1595.003",
}  # fmt: skip
