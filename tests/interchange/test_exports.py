"""Exports hold what their readers demand, of the right type, whatever the event."""

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


LOGON = """<Event xmlns='http://schemas.microsoft.com/win/2004/08/events/event'><System>
<Provider Name='Microsoft-Windows-Security-Auditing'/><EventID>4624</EventID><Channel>Security</Channel></System>
<EventData><Data Name='IpAddress'>{}</Data><Data Name='IpPort'>{}</Data></EventData></Event>"""


def labelled(raw=FLOW, time=1_700_000_000.25, score=0.97, techniques=(("T1071.001", 0.8), ("T1046", 0.1)), **event):
    row = {
        "status": "ok", "score": score, "malicious": score > 0.5, "verdict": "malicious" if score > 0.5 else "benign",
        "techniques": [list(pair) for pair in techniques], "novelty": 0.1, "embedding": [0.6, 0.8],
    }  # fmt: skip
    return Labelled(Event(raw, sourcetype="netflow:json", time=time, **event), row)


anything = st.builds(
    labelled,
    raw=st.text(max_size=60)
    | st.just(FLOW)
    | st.builds(LOGON.format, st.sampled_from(["-", "::1", "fe80::1%3", "LOCAL", "10.1.1.1"]), st.text(max_size=6)),
    time=st.none() | st.floats(allow_nan=False, allow_infinity=False),
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
    assert found["data_source"] in ("flow", "dns", "waf")
    assert [link["type"] for link in found["evidence_links"]] == [found["data_source"]]
    assert found["severity"] in ("low", "medium", "high", "critical")
    assert found["status"] == "new"
    assert found["cluster_id"] is None
    context = found["entity_context"]
    assert all(ipaddress.IPv4Address(context[end]) for end in ("src_ip", "dst_ip") if end in context)
    assert all(0 <= context[port] <= 65535 for port in ("src_port", "dst_port") if port in context)
    assert None not in context.values()


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
        assert re.fullmatch(r"TA\d{4}", attack["tactic"]["uid"])
        assert "tactics" not in attack
    for evidence in found["evidences"]:
        assert all(ipaddress.ip_address(end["ip"]) for name, end in evidence.items() if name.endswith("endpoint"))


@pytest.mark.parametrize("lines", [vigil.findings, ocsf.findings, navigator.lines])
def test_what_utf_8_cannot_write_does_not_stop_an_export(lines):
    (line,) = lines([labelled("a\ud800b", host="\udfff")])
    assert json.loads(line.encode("utf-8"))


def test_what_is_called_benign_has_no_techniques():
    event = labelled(score=0.1)
    assert event.row["techniques"]
    assert vigil.finding(event)["mitre_predictions"] == {}
    assert ocsf.finding(event)["finding_info"]["attacks"] == []


def test_every_tactic_of_the_catalogue_has_its_id():
    known = {tactic for id_ in TECHNIQUES for tactic in ocsf._tactics(id_)}
    assert known <= ocsf.TACTICS.keys()


@given(st.lists(anything, max_size=6))
def test_a_navigator_layer_names_each_technique_once(events):
    found = json.loads(next(navigator.lines(events)))
    assert found["domain"] == "enterprise-attack"
    assert found["versions"]["layer"] == "4.5"
    ids = [technique["techniqueID"] for technique in found["techniques"]]
    told = [event for event in events if event.malicious and event.row["techniques"]]
    assert ids == sorted({event.row["techniques"][0][0] for event in told})
    assert all(0 <= technique["score"] <= 100 for technique in found["techniques"])


def written(path, events):
    """The rows as vigil reads them: batches of columns, each value as Python has it."""
    pq = pytest.importorskip("pyarrow.parquet")
    count = sequences.write(events, path)
    columns = [batch.to_pydict() for batch in pq.ParquetFile(path).iter_batches(batch_size=1000)]
    rows = [dict(zip(batch, values, strict=True)) for batch in columns for values in zip(*batch.values(), strict=True)]
    assert len(rows) == count
    return rows


def test_sequences_are_windows_of_pairs_with_their_worst_event(tmp_path):
    other = FLOW.replace("203.0.113.9", "203.0.113.10")
    events = [labelled(time=t, score=s) for t, s in ((2000.0, 0.1), (1000.0, 0.9), (9000.0, 0.2))]
    rows = written(tmp_path / "s.parquet", [*events, labelled(other, 1500.0, 0.3), labelled("no ends at all")])
    first = rows[0]
    assert (first["focal_ip"], first["engaged_ip"], first["row_count"]) == ("10.0.0.5", "203.0.113.9", 2)
    assert (first["event_start_time"], first["event_end_time"]) == (1_000_000, 2_000_000)
    assert (first["incident_pred"], first["mitre_pred"], first["severity"]) == (1, 7, "critical")
    assert first["embedding"] == pytest.approx([0.6, 0.8])
    assert [(row["incident_pred"], row["mitre_pred"]) for row in rows[1:]] == [(0, None), (0, None)]
    assert len({row["sequence_id"] for row in rows}) == 3


@given(events=st.lists(anything, min_size=1, max_size=4))
def test_sequences_hold_what_vigil_converts(tmp_path_factory, events):
    for row in written(tmp_path_factory.mktemp("sequences") / "s.parquet", [labelled(), *events]):
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
        # vigil takes these for the labels of a data set and for clusters of its own
        assert row["malicious"] is None
        assert row["attack_id"] is None
