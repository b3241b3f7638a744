"""A labelled event as the exports see it: the event, `loglm label`'s row for it, and who is in it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from ipaddress import ip_address
from typing import Any

from loglm_bridge.contract.event import Event
from loglm_bridge.telemetry import parse_record

#: Verdicts whose techniques are told: the model ranks techniques for every event, what it calls benign has none.
_SHOWN = ("malicious", "suspicious")

#: Seconds of the last moment that a date can say (year 9999).
_LAST = 253_402_300_799.0

#: Names of a connection's ends, as parsed records have them.
_SOURCE = ("src_ip", "SourceIp", "IpAddress", "sourceIPAddress", "id.orig_h", "c-ip")
_DESTINATION = ("dest_ip", "DestinationIp", "id.resp_h", "s-ip")
_PORTS = {"src_port": ("src_port", "SourcePort"), "dst_port": ("dest_port", "DestinationPort")}
_MOST_PORT = 65_535

#: Scores from which vigil's severities begin.
_SEVERITIES = ((0.9, "critical"), (0.7, "high"), (0.4, "medium"), (0.0, "low"))


@dataclass(frozen=True)
class Labelled:
    """An event and its row (score, verdict, techniques as [id, confidence], novelty, embedding); status is ok."""

    event: Event
    row: Mapping[str, Any]

    @property
    def moment(self) -> datetime:
        """When it happened (UTC); the epoch where the event does not say, or nothing that is a date."""
        time = self.event.time or 0.0
        return datetime.fromtimestamp(time if 0.0 <= time <= _LAST else 0.0, UTC)

    @property
    def malicious(self) -> bool:
        """The model's own decision."""
        return bool(self.row["malicious"])

    @property
    def score(self) -> float:
        """The calibrated score, 0..1."""
        return float(self.row["score"])

    @property
    def severity(self) -> str:
        """A word for the score: low, medium, high, critical."""
        return next(word for least, word in _SEVERITIES if self.score >= least)

    @property
    def techniques(self) -> list[tuple[str, float]]:
        """Techniques with their confidences, the likeliest first; none of an event that is neither malicious nor
        suspicious."""
        if self.row["verdict"] not in _SHOWN:
            return []
        return [(str(id_), float(confidence)) for id_, confidence in self.row["techniques"]]

    @property
    def family(self) -> str:
        """The log family: windows, flow, web, ..."""
        return parse_record(self.event).family

    def ends(self) -> dict[str, Any]:
        """Return src_ip, dst_ip (addresses), src_port, dst_port and protocol, each where the event names one."""
        fields = dict(parse_record(self.event).fields)
        found: dict[str, Any] = {"src_ip": _address(fields, _SOURCE), "dst_ip": _address(fields, _DESTINATION)}
        found |= {name: _port(fields, names) for name, names in _PORTS.items()}
        found["protocol"] = fields.get("protocol")
        return {name: value for name, value in found.items() if value is not None and value != ""}


def line(document: Mapping[str, Any]) -> str:
    """Return a document as one line of JSON; a lone surrogate, which UTF-8 cannot write, becomes a question mark."""
    return json.dumps(document, ensure_ascii=False).encode("utf-8", "replace").decode()


def _address(fields: Mapping[str, str], names: Sequence[str]) -> str | None:
    """The first value that is an address: logs also write "-", "LOCAL" or a service's name there."""
    for name in names:
        try:
            address = ip_address(fields.get(name, "").partition("%")[0])
        except ValueError:
            continue
        return str(getattr(address, "ipv4_mapped", None) or address)
    return None


def _port(fields: Mapping[str, str], names: Sequence[str]) -> int | None:
    texts = (fields.get(name, "") for name in names)
    return next((int(t) for t in texts if t.isascii() and t.isdigit() and len(t) <= 5 and int(t) <= _MOST_PORT), None)
