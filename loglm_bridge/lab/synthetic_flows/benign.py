"""Flows of an ordinary day between two addresses, as they are known to look."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from loglm_bridge.lab.synthetic_flows.malicious import SERVICES
from loglm_bridge.lab.synthetic_flows.sampling import Draw, Flow, bulk, tcp


def browsing(draw: Draw) -> list[Flow]:
    """Pages and what they load, over connections that stay open for a while."""
    port, round_trip, alive = draw.pick((443, 443, 443, 80)), draw.size(0.005, 0.2), draw.size(0.1, 120)
    request, response = draw.size(300, 3_000), draw.size(300, 60_000)
    out = []
    for gap in draw.bursty(draw.whole(1, 40), draw.size(0.01, 120)):
        found = tcp(draw.about(request, 0.9), draw.about(response, 1.6), round_trip, draw.about(alive, 1))
        out.append(Flow(gap, draw.port(), port, *found))
    return out


def lookups(draw: Draw) -> list[Flow]:
    """Names asked of a resolver, for both families of addresses at times."""
    round_trip, twice = draw.size(1e-4, 0.1), draw.chance(0.5)
    out = []
    for gap in draw.bursty(draw.whole(1, 200), draw.size(0.05, 60)):
        asked = 2 if twice and draw.chance(0.7) else 1
        sizes = asked * draw.port(28, 60), asked * draw.port(44, 300)
        out.append(Flow(gap, draw.port(), 53, *sizes, asked, asked, draw.about(round_trip, 1.2)))
    return out


def clock(draw: Draw) -> list[Flow]:
    """The time of day."""
    gaps = draw.regular(draw.whole(1, 20), draw.pick((64, 128, 256, 512, 1_024)))
    return [Flow(gap, 123, 123, 48, 48, 1, 1, draw.size(0.001, 0.2)) for gap in gaps]


def polling(draw: Draw) -> list[Flow]:
    """Mail, updates and agents: the same question every few minutes, answers of many sizes."""
    port = draw.pick((443, 993, 995, 80, 5_223, 8_883, 389, 161, 445))
    round_trip, spread = draw.size(0.001, 0.2), draw.between(0.05, 0.5)
    request, response = draw.size(200, 1_500), draw.size(300, 6_000)
    out = []
    for gap in draw.gaps(draw.whole(1, 64), draw.size(5, 1_500), "regular", "independent"):
        sizes = draw.about(request, spread), draw.about(response, spread)
        out.append(Flow(gap, draw.port(), port, *tcp(*sizes, round_trip, draw.size(0.01, 60))))
    return out


def transfers(draw: Draw) -> list[Flow]:
    """Files that come, and some that go."""
    port, up = draw.pick((443, 80, 445, 22, 21, 873, 2_049)), draw.chance(0.25)
    out = []
    for gap in draw.bursty(draw.whole(1, 12), draw.size(0.5, 600)):
        much = draw.size(1e5, 1e9)
        little, seconds = much * draw.between(0.0005, 0.02), draw.size(0.1, 300)
        found = bulk(much, little, seconds) if up else bulk(little, much, seconds)
        out.append(Flow(gap, draw.port(), port, *found))
    return out


def directory(draw: Draw) -> list[Flow]:
    """A member of a domain and its controller."""
    round_trip = draw.size(1e-4, 0.02)
    out = []
    for gap in draw.bursty(draw.whole(1, 60), draw.size(0.1, 120)):
        port = draw.pick((88, 135, 389, 445, 3_268, 137, 138, draw.port(49_152, 49_212)))
        found = tcp(draw.size(100, 4_000), draw.size(100, 5_000), round_trip, draw.size(1e-3, 5))
        out.append(Flow(gap, draw.port(), port, *found))
    return out


def remains(draw: Draw) -> list[Flow]:
    """Ends of connections whose beginning no exporter kept: keep-alives, late resets, the answering side first."""
    port, turned = draw.pick((443, 80, 443, 993, 8_080)), draw.chance(0.4)
    out = []
    for gap in draw.bursty(draw.whole(1, 12), draw.size(0.01, 300)):
        sent = draw.whole(1, 3)
        back = draw.pick((0, 1, 1, sent))
        ends = (port, draw.port()) if turned else (draw.port(), port)
        sizes = draw.pick((0, 0, 0, 31)), draw.pick((0, 0, 0, 31)) if back else 0
        out.append(Flow(gap, *ends, *sizes, sent, back, draw.size(1e-6, 0.2) if sent + back > 1 else 0.0))
    return out


def calls(draw: Draw) -> list[Flow]:
    """Calls to whoever listens: discovery of printers, names and addresses."""
    port = draw.pick((1_900, 5_353, 5_355, 137, 138, 67, 3_702))
    out = []
    for gap in draw.independent(draw.whole(1, 12), draw.size(0.1, 200)):
        packets = draw.whole(1, 6)
        source = draw.pick((port, draw.port()))
        lasts = draw.size(0.001, 5) if packets > 1 else 0.0
        out.append(Flow(gap, source, port, packets * draw.port(20, 300), 0, packets, 0, lasts))
    return out


def sessions(draw: Draw) -> list[Flow]:
    """Somebody at a remote desktop or shell."""
    port = draw.pick((22, 3_389, 5_900, 23))
    out = []
    for gap in draw.independent(draw.whole(1, 5), draw.size(5, 1_500)):
        packets = draw.whole(20, 5_000)
        sizes = packets * draw.whole(10, 80), packets * draw.whole(10, 300)
        out.append(Flow(gap, draw.port(), port, *sizes, packets, packets, draw.size(2, 3_000)))
    return out


def one_off(draw: Draw) -> list[Flow]:
    """A single connection to anything."""
    port = draw.pick((*SERVICES, draw.port()))
    found = tcp(draw.size(30, 3_000), draw.size(30, 20_000), draw.size(1e-4, 0.3), draw.size(1e-3, 60))
    return [Flow(0.0, draw.port(), port, *found)]


#: The behaviours.
ORDINARY: Sequence[Callable[[Draw], list[Flow]]] = (
    browsing, lookups, clock, polling, transfers, directory, remains, calls, sessions, one_off,
)  # fmt: skip
