"""`| loglmincidents` as splunkd runs it: the real bin/loglmincidents.py in its own process."""

import pytest

from loglm_bridge.contract.event import Event
from loglm_bridge.splunk.alert.trusted_labels import verdict_of
from loglm_bridge.splunk.search.incidents_command import timespan
from tests.splunk.splunkd import warnings


def labelled(time, host="h1", verdict="malicious", technique="T1110", **more):
    return {
        "_time": str(time), "_raw": f"raw {time}", "source": "s", "host": host, "user": "u1",
        "loglm_status": "ok", "loglm_verdict": verdict, "loglm_score": "0.9", "loglm_novelty": "0.1",
        "loglm_technique_id": [technique], "loglm_technique": ["Name"], "loglm_tactic": ["execution"], **more,
    }  # fmt: skip


@pytest.fixture
def incidents(app_at, search):
    def start(*args):
        command = search(app_at(1), script="loglmincidents.py")
        return command, command.getinfo(*args)

    return start


def test_getinfo_declares_reporting_and_required_fields(incidents):
    _, info = incidents("by=host,session")
    assert info["type"] == "reporting"
    assert {"host", "session", "_raw", "_time", "loglm_verdict", "loglm_technique_id"} <= set(info["required_fields"])


def test_flagged_rows_of_an_entity_become_one_row(incidents):
    command, _ = incidents("by=host", "gap=10m")
    rows = [labelled(1000), labelled(1100, technique="T1059"), labelled(1050, "h2"), labelled(1200, verdict="benign")]
    metadata, result = command.execute(rows, finished=False)
    assert result == []
    metadata, result = command.execute([labelled(5000, technique="T1046")])
    assert [(row["host"], row["loglm_events"], row["loglm_first"]) for row in result] == [
        ("h1", "1", "5000"),
        ("h1", "2", "1000"),
        ("h2", "1", "1050"),
    ]
    second = result[1]
    assert second["loglm_technique_id"] == ["T1110", "T1059"]
    keys = [Event(f"raw {t}", source="s", time=float(t)).key for t in (1000, 1100)]
    assert second["loglm_event_key"] == keys
    assert (second["_time"], second["loglm_last"], second["user"]) == ("1000", "1100", "u1")
    assert warnings(metadata) == []
    assert command.end() == 0


UNTIMED = [
    {"host": "ws", "loglm_status": "ok", "loglm_verdict": "malicious", "loglm_score": "0.9"},
    {"host": "ws", "loglm_status": "ok", "loglm_verdict": "malicious", "loglm_score": "0.9"},
    {"host": "ws", "loglm_status": "ok", "loglm_verdict": "suspicious", "loglm_score": "0.6"},
    labelled("2026-11-29 16:33:18.250 GMT", "ws"),
    labelled("", "ws"),
    labelled("nan", "ws"),
]


def test_rows_without_a_readable_time_are_not_merged(incidents):
    command, _ = incidents("by=host")
    metadata, result = command.execute([labelled(1000, "ws"), *UNTIMED, labelled(1100, "ws")])
    assert sorted(row["loglm_events"] for row in result) == ["1", "1", "1", "1", "1", "2"]
    assert len({row["loglm_incident"] for row in result}) == 6
    alone = [row for row in result if row["loglm_events"] == "1"]
    assert {(row["_time"], row["loglm_first"], row["loglm_last"], row["loglm_alerts"]) for row in alone} == {
        ("", "", "", "1")
    }
    (text,) = [text for text in warnings(metadata) if "_time" in text]
    assert "6 flagged rows have no _time in epoch seconds and were not merged" in text
    assert command.end() == 0


def test_given_rows_without_a_time(shared, incidents):
    path = shared / "faults/splunk/11_incidents_no_time.csv"
    if not path.is_file():
        pytest.skip("../shared/faults is absent")
    command, _ = incidents("by=host")
    metadata, result = command.execute_raw(path.read_bytes())
    assert [row["loglm_events"] for row in result] == ["1"] * 4
    assert any("4 flagged rows have no _time" in text for text in warnings(metadata))


@pytest.mark.parametrize("args", [("by", "host"), ("by", "=", "host")])
def test_missing_sign_is_named(incidents, args):
    _, info = incidents(*args)
    assert "write by=host" in info["error"]


def test_incident_has_labels_that_the_alert_action_trusts(incidents):
    command, _ = incidents("by=host")
    _, (row,) = command.execute([labelled(1000), labelled(1100)])
    lists = {name: value if isinstance(value, list) else [value] for name, value in row.items()}
    verdict = verdict_of(lists, "loglm_")
    assert (verdict.verdict, verdict.score, verdict.techniques[0].id) == ("malicious", 0.9, "T1110")


def test_rows_without_labels_are_reported(incidents):
    command, _ = incidents("by=host")
    metadata, result = command.execute([labelled(1), {"_time": "1", "_raw": "x", "host": "h"}])
    assert len(result) == 1
    assert "1 of 2 rows have no label" in warnings(metadata)[0]


def test_suspicious_rows_open_an_incident_where_configured(incidents):
    for verdict, count in (("malicious", 0), ("suspicious", 1)):
        command, _ = incidents("by=host", f"verdict={verdict}")
        _, result = command.execute([labelled(1, verdict="suspicious")])
        assert len(result) == count


def test_suspicious_rows_near_an_incident_are_its_members(incidents):
    command, _ = incidents("by=host", "gap=10m")
    rows = [labelled(1000), labelled(1100, verdict="suspicious"), labelled(9000, verdict="suspicious")]
    _, (row,) = command.execute(rows)
    assert (row["loglm_events"], row["loglm_alerts"], row["loglm_last"]) == ("2", "1", "1100")


@pytest.mark.parametrize("args", [[], ["by=*"], ["by=host", "gap=0"], ["by=host", "gap=soon"], ["by=host", "x=1"]])
def test_invalid_options_are_refused(incidents, args):
    _, info = incidents(*args)
    assert "LogLM" in info["error"]


@pytest.mark.parametrize(("text", "seconds"), [("30m", 1800), ("2h", 7200), ("90", 90), ("1d", 86400), ("45sec", 45)])
def test_timespan_is_parsed(text, seconds):
    assert timespan(text) == seconds
