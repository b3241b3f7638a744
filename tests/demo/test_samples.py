"""The demo's samples: of every kind, without real names, and without a label."""

import json
import re
from collections import Counter

from loglm_bridge.contract.limits import MAX_RAW_BYTES
from loglm_bridge.demo.samples import KINDS, SAMPLES, read_samples

#: Log formats name the services whose logs they are, schemas name their home.
ALLOWED_DOMAINS = {"amazonaws.com", "microsoft.com", "sharepoint.com", "kubernetes.io", "k8s.io", "okta.com"}


def test_there_are_samples_of_every_kind_and_of_many_families():
    samples = read_samples()
    assert len({s.id for s in samples}) == len(samples) >= 60
    assert {s.kind for s in samples} == set(KINDS)
    assert min(Counter(s.kind for s in samples).values()) >= 8
    assert len({s.id.partition("/")[0] for s in samples} - {"broken"}) >= 12
    assert all(s.event.time is not None for s in samples)
    assert max(len(s.event.raw) for s in samples) > 3 * MAX_RAW_BYTES


def test_samples_hold_no_real_name_address_or_key():
    """Addresses of documentation and private networks (RFC 5737, RFC 1918) and names of example domains only."""
    text = SAMPLES.read_text()
    addresses = set(re.findall(r"(?<![\d.])\d{1,3}(?:\.\d{1,3}){3}(?![\d.])", text))
    documented = ("192.0.2.", "198.51.100.", "203.0.113.", "10.", "127.0.0.1")
    assert [a for a in addresses if not a.startswith(documented)] == []
    domains = set(re.findall(r"[\w-]+\.(?:com|net|org|io)\b", text))
    assert {d for d in domains if not d.startswith("example.")} <= ALLOWED_DOMAINS
    assert re.findall(r"(?:AKIA|ASIA|AGPA)[A-Z0-9]{16}|-----BEGIN", text) == []


def test_samples_hold_no_label():
    assert re.search(r"\bT1\d{3}\b|mitre", SAMPLES.read_text(), re.IGNORECASE) is None
    assert set(json.loads(SAMPLES.read_text().splitlines()[0])) == {"id", "raw", "sourcetype", "host", "time", "what"}
    assert {s.event.source for s in read_samples()} == {"demo"}
