"""Scored events for the tests of the exports: fixed ones, and a strategy for any event."""

import json

from hypothesis import strategies as st

from loglm_bridge.contract.attack_table import TECHNIQUES
from loglm_bridge.contract.event import Event
from loglm_bridge.interchange.scored_event import ScoredEvent

FLOW = json.dumps(
    {
        "src_ip": "10.0.0.5",
        "src_port": 51000,
        "dest_ip": "203.0.113.9",
        "dest_port": 443,
        "flow_dur": 0.2,
        "fwd_bytes": 9,
    }
)


LOGON = """<Event xmlns='http://schemas.microsoft.com/win/2004/08/events/event'><System>
<Provider Name='Microsoft-Windows-Security-Auditing'/><EventID>4624</EventID><Channel>Security</Channel></System>
<EventData><Data Name='IpAddress'>{}</Data><Data Name='IpPort'>{}</Data></EventData></Event>"""


def scored(raw=FLOW, time=1_700_000_000.25, score=0.97, techniques=(("T1071.001", 0.8), ("T1046", 0.1)), **event):
    row = {
        "status": "ok", "score": score, "malicious": score > 0.5, "verdict": "malicious" if score > 0.5 else "benign",
        "techniques": [list(pair) for pair in techniques], "novelty": 0.1, "embedding": [0.6, 0.8],
    }  # fmt: skip
    return ScoredEvent(Event(raw, sourcetype="netflow:json", time=time, **event), row)


any_event = st.builds(
    scored,
    raw=st.text(max_size=60)
    | st.just(FLOW)
    | st.builds(LOGON.format, st.sampled_from(["-", "::1", "fe80::1%3", "LOCAL", "10.1.1.1"]), st.text(max_size=6)),
    time=st.none() | st.floats(allow_nan=False, allow_infinity=False),
    score=st.floats(0, 1),
    techniques=st.lists(st.tuples(st.sampled_from(sorted(TECHNIQUES)), st.floats(0, 1)), max_size=3),
    host=st.text(max_size=5),
)
