"""A scored event as the exports use it: the event, its row of `loglm label`, and its endpoints."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from ipaddress import ip_address
from typing import Any

from loglm_bridge.contract.event import Event
from loglm_bridge.telemetry import parse_record

#: Verdicts with techniques. The model ranks techniques for every event; those of benign events mean nothing.
_WITH_TECHNIQUES = ("malicious", "suspicious")

#: The last epoch second that `datetime` can represent (year 9999).
_MAX_TIME = 253_402_300_799.0

#: Fields of the endpoints of a connection in parsed records.
_SOURCE = ("src_ip", "SourceIp", "IpAddress", "sourceIPAddress", "id.orig_h", "c-ip")
_DESTINATION = ("dest_ip", "DestinationIp", "id.resp_h", "s-ip")
_PORTS = {"src_port": ("src_port", "SourcePort"), "dst_port": ("dest_port", "DestinationPort")}
_MAX_PORT = 65_535

#: The severities of vigil, each with its lowest score.
_SEVERITIES = ((0.9, "critical"), (0.7, "high"), (0.4, "medium"), (0.0, "low"))


@dataclass(frozen=True)
class ScoredEvent:
    """An event and its row: score, verdict, techniques as [id, confidence], novelty, embedding. Its status is ok."""

    event: Event
    row: Mapping[str, Any]

    @property
    def occurred(self) -> datetime:
        """The time of the event (UTC); the epoch if the event has none, or one that is no date."""
        time = self.event.time or 0.0
        return datetime.fromtimestamp(time if 0.0 <= time <= _MAX_TIME else 0.0, UTC)

    @property
    def malicious(self) -> bool:
        """Whether the verdict is malicious."""
        return bool(self.row["malicious"])

    @property
    def score(self) -> float:
        """The calibrated score, 0..1."""
        return float(self.row["score"])

    @property
    def severity(self) -> str:
        """The severity of the score: low, medium, high or critical."""
        return next(severity for minimum, severity in _SEVERITIES if self.score >= minimum)

    @property
    def techniques(self) -> list[tuple[str, float]]:
        """Techniques with their confidences, most likely first; none unless the event is malicious or suspicious."""
        if self.row["verdict"] not in _WITH_TECHNIQUES:
            return []
        return [(str(id_), float(confidence)) for id_, confidence in self.row["techniques"]]

    @property
    def family(self) -> str:
        """The log family: windows, flow, web, ..."""
        return parse_record(self.event).family

    def endpoints(self) -> dict[str, Any]:
        """Return src_ip, dst_ip (addresses), src_port, dst_port and protocol, as far as the event has them."""
        fields = dict(parse_record(self.event).fields)
        values: dict[str, Any] = {"src_ip": _address(fields, _SOURCE), "dst_ip": _address(fields, _DESTINATION)}
        values |= {name: _port(fields, names) for name, names in _PORTS.items()}
        values["protocol"] = fields.get("protocol")
        return {name: value for name, value in values.items() if value is not None and value != ""}


def line(document: Mapping[str, Any]) -> str:
    """Return a document as one line of JSON; a lone surrogate, which UTF-8 cannot write, becomes "?"."""
    return json.dumps(document, ensure_ascii=False).encode("utf-8", "replace").decode()


def _address(fields: Mapping[str, str], names: Sequence[str]) -> str | None:
    """Return the first value that is an address; logs also write "-", "LOCAL" or the name of a service there."""
    for name in names:
        try:
            address = ip_address(fields.get(name, "").partition("%")[0])
        except ValueError:
            continue
        return str(getattr(address, "ipv4_mapped", None) or address)
    return None


def _port(fields: Mapping[str, str], names: Sequence[str]) -> int | None:
    texts = (fields.get(name, "") for name in names)
    return next((int(t) for t in texts if t.isascii() and t.isdigit() and len(t) <= 5 and int(t) <= _MAX_PORT), None)
