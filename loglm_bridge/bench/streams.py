"""Streams of events to measure with, and how much they repeat.

Real logs repeat: the same few hundred things happen again with other times, ids and ports. `repeating` passes over
given events again and again and draws those anew; `distinct` is the worst case, in which no canonical event comes
twice; `flows` are connections of many pairs.
"""

from __future__ import annotations

import json
import random
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from loglm_bridge.contract.event import Event
from loglm_bridge.telemetry import canonical

_NUMBER = re.compile(r"(?<![0-9A-Za-z])\d{5,12}(?![0-9A-Za-z])")
_SECOND = re.compile(r"(?<=\d\d:\d\d:)[0-5]\d")
_WORDS = (
    "update", "sync", "backup", "report", "render", "import", "export", "index", "archive", "scan", "build", "deploy",
    "check", "restore", "convert", "verify", "rotate", "compact", "mirror", "publish", "collect", "refresh", "install",
    "remove", "repair", "inspect", "resolve", "migrate", "compress", "balance",
)  # fmt: skip
_PORTS = (53, 80, 443, 22, 445, 3389, 8080, 123)

#: Epoch seconds of a stream's first event.
START = 1_700_000_000.0


def repeating(events: Sequence[Event], count: int) -> Iterator[Event]:
    """Yield the events over and over, in their order, with times, ids, ports and record numbers drawn anew."""
    rng = random.Random(1)
    for i in range(count):
        event = events[i % len(events)]
        raw = _SECOND.sub(lambda _: f"{rng.randrange(60):02}", event.raw)
        raw = _NUMBER.sub(lambda found: str(rng.randrange(10 ** (len(found[0]) - 1), 10 ** len(found[0]))), raw)
        yield replace(event, raw=raw, time=START + i * 0.01)


def distinct(count: int) -> Iterator[Event]:
    """Yield process creations (Sysmon 1) of which no two are alike."""
    rng = random.Random(2)
    for i in range(count):
        words = rng.sample(_WORDS, 4)
        program = f"C:\\Program Files\\{words[0].title()} {words[1].title()}\\{words[2]}.exe"
        flags = " ".join(f"--{rng.choice(_WORDS)}-{rng.choice(_WORDS)} {rng.choice(_WORDS)}" for _ in range(4))
        fields = {
            "EventID": 1, "Channel": "Microsoft-Windows-Sysmon/Operational", "Computer": "ws-ember-04.example.com",
            "Image": program, "CommandLine": f'"{program}" {flags} {"".join(rng.choices("abcdefghij", k=9))}',
            "ParentImage": "C:\\Windows\\explorer.exe", "User": "EXAMPLE\\mquill", "IntegrityLevel": "Medium",
        }  # fmt: skip
        yield Event(json.dumps(fields), "XmlWinEventLog", "bench", "ws-ember-04", START + i * 0.01)


def flows(count: int, pairs: int = 2_000) -> Iterator[Event]:
    """Yield NetFlow records of `pairs` pairs of addresses; `entity` is the pair."""
    rng = random.Random(3)
    for i in range(count):
        pair = rng.randrange(pairs)
        source, destination = f"10.1.{pair // 250 % 250}.{pair % 250}", f"203.0.113.{pair % 251}"
        sent = int(rng.lognormvariate(6, 2))
        fields = {
            "src_ip": source, "src_port": rng.randrange(49152, 65536), "dest_ip": destination,
            "dest_port": _PORTS[pair % len(_PORTS)], "flow_dur": round(rng.expovariate(0.5), 3), "fwd_bytes": sent,
            "bwd_bytes": sent * rng.randrange(8), "total_fwd_pkts": 1 + sent // 900, "total_bwd_pkts": 1 + sent // 700,
        }  # fmt: skip
        event = Event(json.dumps(fields), "netflow:json", "bench", "sensor", START + i * 0.05)
        yield replace(event, entity=f"{source} {destination}")


def shares(events: Sequence[Event]) -> tuple[float, float]:
    """Return the shares of distinct raw texts and of distinct canonical events."""
    raw = {event.raw for event in events}
    forms = {canonical(event)[1].key for event in events}
    return len(raw) / len(events), len(forms) / len(events)
