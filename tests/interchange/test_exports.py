"""Exports hold what their readers demand, of the right type, whatever the event."""

import json
import re
from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loglm_bridge.contract.attack_table import TECHNIQUES
from loglm_bridge.contract.event import Event
from loglm_bridge.interchange import navigator, ocsf, sequences, vigil
from loglm_bridge.interchange.labelled import Labelled

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


def labelled(raw=FLOW, time=1_700_000_000.25, score=0.97, techniques=(("T1071.001", 0.8), ("T1046", 0.1)), **event):
    row = {
        "status": "ok", "score": score, "malicious": score > 0.5, "verdict": "malicious" if score > 0.5 else "benign",
        "techniques": [list(pair) for pair in techniques], "novelty": 0.1, "embedding": [0.6, 0.8],
    }  # fmt: skip
    return Labelled(Event(raw, sourcetype="netflow:json", time=time, **event), row)


anything = st.builds(
    labelled,
    raw=st.text(max_size=60) | st.just(FLOW),
    time=st.none() | st.floats(0, 4e9),
    score=st.floats(0, 1),
    techniques=st.lists(st.tuples(st.sampled_from(sorted(TECHNIQUES)), st.floats(0, 1)), max_size=3),
    host=st.text(max_size=5),
)


@given(anything)
def test_a_vigil_finding_has_every_key_of_its_schema(event):
    found = json.loads(next(vigil.findings([event])))
    assert re.fullmatch(r"f-\d{8}-[0-9a-f]{8}", found["finding_id"])
    assert len(found["embedding"]) == 768
    assert all(re.fullmatch(r"T\d{4}(\.\d{3})?", t) and 0 <= s <= 1 for t, s in found["mitre_predictions"].items())
    assert 0 <= found["anomaly_score"] <= 1
    assert datetime.fromisoformat(found["timestamp"]).utcoffset().total_seconds() == 0
    assert found["data_source"] in ("flow", "dns", "waf", "log")
    assert found["severity"] in ("low", "medium", "high", "critical")
    assert found["status"] == "new"
    assert {"entity_context", "evidence_links", "cluster_id"} <= found.keys()


def test_a_vigil_finding_names_the_ends():
    context = vigil.finding(labelled())["entity_context"]
    assert (context["src_ip"], context["dst_ip"], context["src_port"], context["dst_port"]) == (
        "10.0.0.5", "203.0.113.9", 51000, 443,
    )  # fmt: skip


@given(anything)
def test_an_ocsf_finding_has_what_its_class_requires(event):
    found = json.loads(next(ocsf.findings([event])))
    assert found["class_uid"] == 2004
    assert found["type_uid"] == found["class_uid"] * 100 + found["activity_id"]
    assert isinstance(found["time"], int)
    assert found["severity_id"] in (2, 3, 4, 5)
    assert {"version", "product"} <= found["metadata"].keys()
    assert {"uid", "title"} <= found["finding_info"].keys()
    for attack in found["finding_info"]["attacks"]:
        assert re.fullmatch(r"T\d{4}", attack["technique"]["uid"])
        assert all(re.fullmatch(r"TA\d{4}", t["uid"]) for t in attack["tactics"])
        assert attack["tactics"]


def test_every_tactic_of_the_catalogue_has_its_id():
    known = {tactic for id_ in TECHNIQUES for tactic in ocsf._tactics(id_)}
    assert known <= ocsf.TACTICS.keys()


@given(st.lists(anything, max_size=6))
def test_a_navigator_layer_names_each_technique_once(events):
    found = json.loads(next(navigator.lines(events)))
    assert found["domain"] == "enterprise-attack"
    assert found["versions"]["layer"] == "4.5"
    ids = [technique["techniqueID"] for technique in found["techniques"]]
    assert ids == sorted({event.techniques[0][0] for event in events if event.techniques})
    assert all(0 <= technique["score"] <= 100 for technique in found["techniques"])


def test_sequences_are_windows_of_pairs_with_their_worst_event(tmp_path):
    pq = pytest.importorskip("pyarrow.parquet")
    other = FLOW.replace("203.0.113.9", "203.0.113.10")
    events = [labelled(time=t, score=s) for t, s in ((2000.0, 0.1), (1000.0, 0.9), (9000.0, 0.2))]
    count = sequences.write([*events, labelled(other, 1500.0, 0.3), labelled("no ends at all")], tmp_path / "s.parquet")
    rows = pq.read_table(tmp_path / "s.parquet").to_pylist()
    assert count == len(rows) == 3
    first = rows[0]
    assert (first["focal_ip"], first["engaged_ip"], first["row_count"]) == ("10.0.0.5", "203.0.113.9", 2)
    assert (first["event_start_time"], first["event_end_time"]) == (1_000_000, 2_000_000)
    assert (first["malicious"], first["incident_pred"], first["mitre_pred"]) == (True, 1, 7)
    assert first["embedding"] == pytest.approx([0.6, 0.8])
    assert [row["malicious"] for row in rows[1:]] == [False, False]
    assert len({row["sequence_id"] for row in rows}) == 3
