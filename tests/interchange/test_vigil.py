"""Findings of vigil: every key of the schema with its type, for any event."""

import ipaddress
import json
import re
from datetime import datetime

from hypothesis import given

from loglm_bridge.interchange import vigil
from tests.interchange.scored_events import any_event, scored


@given(any_event)
def test_a_vigil_finding_has_every_key_of_its_schema(event):
    finding = json.loads(next(vigil.findings([event])))
    assert re.fullmatch(r"f-\d{8}-[0-9a-f]{8}", finding["finding_id"])
    assert len(finding["embedding"]) == 768
    assert all(re.fullmatch(r"T\d{4}(\.\d{3})?", t) and 0 <= s <= 1 for t, s in finding["mitre_predictions"].items())
    assert 0 <= finding["anomaly_score"] <= 1
    assert datetime.fromisoformat(finding["timestamp"]).utcoffset().total_seconds() == 0
    assert finding["data_source"] in ("flow", "dns", "waf")
    assert [link["type"] for link in finding["evidence_links"]] == [finding["data_source"]]
    assert finding["severity"] in ("low", "medium", "high", "critical")
    assert finding["status"] == "new"
    assert finding["cluster_id"] is None
    context = finding["entity_context"]
    assert all(ipaddress.IPv4Address(context[end]) for end in ("src_ip", "dst_ip") if end in context)
    assert all(0 <= context[port] <= 65535 for port in ("src_port", "dst_port") if port in context)
    assert None not in context.values()


def test_a_vigil_finding_has_the_endpoints():
    context = vigil.finding(scored())["entity_context"]
    assert (context["src_ip"], context["dst_ip"], context["src_port"], context["dst_port"]) == (
        "10.0.0.5", "203.0.113.9", 51000, 443,
    )  # fmt: skip
