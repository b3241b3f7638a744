"""A labelled event as the exports see it: the event, `loglm label`'s row for it, and who is in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from loglm_bridge.contract.event import Event
from loglm_bridge.telemetry import read

#: Names of a connection's ends, as parsed records have them.
_SOURCE = ("src_ip", "SourceIp", "IpAddress", "sourceIPAddress", "id.orig_h", "c-ip")
_DESTINATION = ("dest_ip", "DestinationIp", "id.resp_h", "s-ip")
_PORTS = {"src_port": ("src_port", "SourcePort"), "dst_port": ("dest_port", "DestinationPort")}

#: Scores from which vigil's severities begin.
_SEVERITIES = ((0.9, "critical"), (0.7, "high"), (0.4, "medium"), (0.0, "low"))


@dataclass(frozen=True)
class Labelled:
    """An event and its row (score, verdict, techniques as [id, confidence], novelty, embedding); status is ok."""

    event: Event
    row: Mapping[str, Any]

    @property
    def moment(self) -> datetime:
        """When it happened (UTC); the epoch where the event does not say."""
        return datetime.fromtimestamp(self.event.time or 0.0, UTC)

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
        """Techniques with their confidences, the likeliest first."""
        return [(str(id_), float(confidence)) for id_, confidence in self.row["techniques"]]

    def ends(self) -> dict[str, Any]:
        """Return src_ip, dst_ip (None where unknown), and the ports and protocol that the event names."""
        fields = dict(read(self.event).fields)
        found: dict[str, Any] = {"src_ip": _first(fields, _SOURCE), "dst_ip": _first(fields, _DESTINATION)}
        for name, names in _PORTS.items():
            port = _first(fields, names)
            if port and port.isdigit():
                found[name] = int(port)
        return {**found, **({"proto": fields["protocol"]} if fields.get("protocol") else {})}


def _first(fields: Mapping[str, str], names: Sequence[str]) -> str | None:
    return next((fields[name] for name in names if fields.get(name)), None)
