"""Exports have the keys and types of their formats for any event."""

import ipaddress
import json
import re
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loglm_bridge.contract.attack_table import TECHNIQUES
from loglm_bridge.contract.event import Event
from loglm_bridge.interchange import navigator, ocsf, sequences, vigil
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


@given(any_event)
def test_an_ocsf_finding_has_the_required_attributes_of_its_class(event):
    finding = json.loads(next(ocsf.findings([event])))
    assert finding["class_uid"] == 2004
    assert finding["type_uid"] == finding["class_uid"] * 100 + finding["activity_id"]
    assert isinstance(finding["time"], int)
    assert finding["severity_id"] in (2, 3, 4, 5)
    assert {"version", "product"} <= finding["metadata"].keys()
    assert {"uid", "title"} <= finding["finding_info"].keys()
    for attack in finding["finding_info"]["attacks"]:
        assert re.fullmatch(r"T\d{4}", attack["technique"]["uid"])
        assert re.fullmatch(r"TA\d{4}", attack["tactic"]["uid"])
        assert "tactics" not in attack
    for evidence in finding["evidences"]:
        assert all(ipaddress.ip_address(end["ip"]) for name, end in evidence.items() if name.endswith("endpoint"))


@pytest.mark.parametrize("lines", [vigil.findings, ocsf.findings, navigator.lines])
def test_a_lone_surrogate_does_not_stop_an_export(lines):
    (line,) = lines([scored("a\ud800b", host="\udfff")])
    assert json.loads(line.encode("utf-8"))


def test_a_benign_event_has_no_techniques():
    event = scored(score=0.1)
    assert event.row["techniques"]
    assert vigil.finding(event)["mitre_predictions"] == {}
    assert ocsf.finding(event)["finding_info"]["attacks"] == []


def test_every_tactic_of_the_catalogue_has_an_id():
    known = {tactic for id_ in TECHNIQUES for tactic in ocsf._tactics(id_)}
    assert known <= ocsf.TACTIC_IDS.keys()


@given(st.lists(any_event, max_size=6))
def test_a_navigator_layer_names_each_technique_once(events):
    layer = json.loads(next(navigator.lines(events)))
    assert layer["domain"] == "enterprise-attack"
    assert layer["versions"]["layer"] == "4.5"
    ids = [technique["techniqueID"] for technique in layer["techniques"]]
    counted = [event for event in events if event.malicious and event.row["techniques"]]
    assert ids == sorted({event.row["techniques"][0][0] for event in counted})
    assert all(0 <= technique["score"] <= 100 for technique in layer["techniques"])


def written(path, events):
    """The rows as vigil reads them: in batches of columns, as Python values."""
    pq = pytest.importorskip("pyarrow.parquet")
    count = sequences.write(events, path)
    columns = [batch.to_pydict() for batch in pq.ParquetFile(path).iter_batches(batch_size=1000)]
    rows = [dict(zip(batch, values, strict=True)) for batch in columns for values in zip(*batch.values(), strict=True)]
    assert len(rows) == count
    return rows


def test_a_sequence_is_a_window_of_a_pair_with_its_worst_event(tmp_path):
    other = FLOW.replace("203.0.113.9", "203.0.113.10")
    events = [scored(time=t, score=s) for t, s in ((2000.0, 0.1), (1000.0, 0.9), (9000.0, 0.2))]
    rows = written(tmp_path / "s.parquet", [*events, scored(other, 1500.0, 0.3), scored("no ends at all")])
    first = rows[0]
    assert (first["focal_ip"], first["engaged_ip"], first["row_count"]) == ("10.0.0.5", "203.0.113.9", 2)
    assert (first["event_start_time"], first["event_end_time"]) == (1_000_000, 2_000_000)
    assert (first["incident_pred"], first["mitre_pred"], first["severity"]) == (1, 7, "critical")
    assert first["embedding"] == pytest.approx([0.6, 0.8])
    assert [(row["incident_pred"], row["mitre_pred"]) for row in rows[1:]] == [(0, None), (0, None)]
    assert len({row["sequence_id"] for row in rows}) == 3


@given(events=st.lists(any_event, min_size=1, max_size=4))
def test_sequences_have_the_types_that_vigil_converts(tmp_path_factory, events):
    for row in written(tmp_path_factory.mktemp("sequences") / "s.parquet", [scored(), *events]):
        for name in ("event_start_time", "event_end_time"):
            assert type(row[name]) is int
            assert datetime.fromtimestamp(row[name] / 1000, UTC)
        assert row["event_start_time"] <= row["event_end_time"]
        assert all(type(row[name]) is str for name in ("sequence_id", "focal_ip", "engaged_ip", "severity"))
        assert all(type(number) is float for number in row["embedding"])
        assert row["incident_pred"] in (0, 1)
        assert row["mitre_pred"] is None or row["mitre_pred"] in range(13)
        assert 0.0 <= row["confidence_score"] <= 1.0
        assert row["row_count"] >= 1
        # in vigil these are labels of a data set and clusters
        assert row["malicious"] is None
        assert row["attack_id"] is None
