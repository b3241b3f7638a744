"""The alert action as splunkd runs it: the real script, a fake splunkd over HTTP, a fake sidecar."""

import json

import pytest

from tests.splunk.alert.alert_process import attack, benign, execute, labelled, values


def test_unlabelled_rows_are_labelled_and_attacks_become_notables(run, splunkd, fake_sidecar):
    result = run([attack(1, user="ada"), benign(2), attack(3)])
    assert result.code == 0
    assert result.lines == [
        "INFO LogLM alert Suspicious processes: 2 notable and 0 risk events written; rows=3 ok=3",
    ]
    assert fake_sidecar.seen()["events"] == 3
    (query, text), (_, other) = splunkd.received
    assert query == {"index": "notable", "sourcetype": "stash", "source": "Suspicious processes"}
    assert values(text, "rule_name") == ["Suspicious processes"]
    assert values(text, "user") == ["ada"]
    assert values(text, "annotations.mitre_attack.mitre_technique_id") == ["T1003.001", "T1053.005"]
    assert (values(text, "orig_sid"), values(text, "orig_rid")) == (["scheduler__admin__1"], ["0"])
    assert values(other, "orig_rid") == ["2"]
    assert values(text, "loglm_event_key") != values(other, "loglm_event_key")


def test_rows_of_an_entity_are_read_together_with_by(run, splunkd, fake_sidecar):
    assert run([{**attack(i), "host": f"h{i % 2}"} for i in range(4)], by="host").code == 0
    assert fake_sidecar.seen()["options"]["sequence"] is True
    run([attack()])
    assert fake_sidecar.seen()["options"]["sequence"] is False


def test_threshold_decides(run, splunkd):
    run([labelled(benign(1), "0.6", "benign"), labelled(benign(2), "0.4", "malicious")], threshold="0.5")
    ((_, text),) = splunkd.received
    assert values(text, "loglm_score") == ["0.6"]


def test_rows_without_text_are_counted_and_not_sent(run, splunkd, fake_sidecar):
    result = run([{"host": "a", "count": "1"}])
    assert (result.code, splunkd.received, fake_sidecar.seen()["requests"]) == (0, [], 0)
    assert "empty=1" in result.lines[0]


def test_risk_events_are_written(run, splunkd):
    result = run([attack(1, user="ada", src="10.1.2.3")], risk="1", risk_index="myrisk")
    assert result.code == 0
    assert "1 notable and 2 risk events written" in result.lines[0]
    risks = [text for query, text in splunkd.received if query["index"] == "myrisk"]
    assert [values(text, "risk_object") + values(text, "risk_object_type") for text in risks] == [
        ["ada", "user"],
        ["10.1.2.3", "system"],
    ]


def test_risk_objects_from_named_fields(run, splunkd):
    run([attack(1, user="ada", vm="v1")], risk="true", risk_objects="vm:system, gone")
    (risk,) = [text for query, text in splunkd.received if query["index"] == "risk"]
    assert values(risk, "risk_object") == ["v1"]


def test_rows_beyond_max_rows_are_counted(run, splunkd):
    rows = [labelled(attack(i), "0.1", "benign") for i in range(10_000)]
    rows[0] = labelled(attack(0))
    result = run(rows)
    assert result.code == 0
    assert "WARN LogLM alert Suspicious processes: 9,500 rows skipped (max_rows=500)" in result.lines
    assert "rows=500" in result.lines[0]
    assert len(splunkd.received) == 1


def test_multivalue_and_unusual_values(run, splunkd):
    row = attack(1, user=["ada", "bob;$x$"], cmd='a"b\n| delete', severity="low", **{'x="1", owner': "mallory"})
    assert run([row]).code == 0
    ((_, text),) = splunkd.received
    assert "\n" not in text
    assert values(text, "user") == ["ada", "bob;$x$"]
    assert values(text, "severity") == ["critical"]
    assert values(text, "orig_severity") == ["low"]
    assert values(text, "owner") == []


def test_no_results_give_no_notable(run, splunkd):
    result = run([])
    assert (result.code, splunkd.received) == (0, [])
    assert "rows=0" in result.lines[0]


def test_truncated_file_gives_the_rows_before_the_damage(run, splunkd):
    rows = [attack(i, pad=f"{i * 7919 % 100_003:08x}" * 40) for i in range(200)]
    result = run(rows, damage=lambda data: data[: len(data) // 2])
    assert result.code == 1
    assert 10 < len(splunkd.received) < 200
    assert any("cannot be read beyond row" in line and line.startswith("ERROR") for line in result.lines)


@pytest.mark.parametrize("damage", [lambda _: b"", lambda _: b"no gzip at all", lambda d: d[:5]])
def test_unreadable_file_gives_the_first_row_of_the_payload(run, splunkd, damage):
    result = run([attack(1)], damage=damage, first={**attack(1), "user": ["ada", "bob"]})
    if damage(b"x") == b"":
        assert (result.code, splunkd.received) == (0, [])  # an empty file is a file without rows
    else:
        assert result.code == 1
        assert len(splunkd.received) == 1


def test_action_fails_without_the_sidecar(run, splunkd):
    result = run([attack(1), labelled(attack(2))], port=1)
    assert result.code == 1
    assert len(splunkd.received) == 1
    (line,) = [line for line in result.lines if line.startswith("ERROR")]
    assert "not reachable" in line
    assert "1 of 2 rows not labelled and not written" in line
    assert "ref=" in line


def test_onerror_pass_writes_rows_without_labels(run, splunkd):
    result = run([attack(1)], port=1, onerror="pass")
    assert result.code == 0
    ((_, text),) = splunkd.received
    assert values(text, "loglm_status") == ["unavailable"]
    assert values(text, "severity") == ["unknown"]


@pytest.mark.parametrize("uri", ["https://127.0.0.1:1", "u", "https://[", "file:///etc"])
def test_alert_name_cannot_forge_a_log_line(write_back_app, fake_sidecar, splunk_env, uri):
    payload = {"search_name": "x\nERROR y \x1b[31m", "results_file": "/none", "server_uri": uri, "session_key": "k"}
    result = execute(write_back_app(fake_sidecar.port), splunk_env, json.dumps(payload).encode())
    assert result.code == 1
    assert result.lines
    assert all(r"LogLM alert x\nERROR y \u001b[31m: " in line for line in result.lines)
    assert ("cannot be read beyond row 0" if ":1" in uri else "an invalid URI") in result.lines[-1]


def test_action_without_execute_fails(write_back_app, fake_sidecar, splunk_env):
    result = execute(write_back_app(fake_sidecar.port), splunk_env, b"{}", args=())
    assert result.code == 1
    assert result.lines == ["ERROR LogLM alert: started without --execute"]
