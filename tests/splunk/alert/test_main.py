"""The alert action as splunkd runs it: the real script, a real HTTP splunkd, a stand-in sidecar."""

import csv
import gzip
import io
import json
import re
import subprocess
import sys
from dataclasses import dataclass

import pytest

from tests.splunk.splunkd import encode_rows
from tests.splunk.splunkd_standin import HEC_TOKEN, SESSION

NOW = 1_700_000_000


@dataclass(frozen=True)
class Ended:
    """An action that ended."""

    code: int
    lines: list


def attack(number=0, **fields):
    raw = f"mimikatz.exe sekurlsa::logonpasswords #{number}"
    return {"_time": str(NOW + number), "_raw": raw, "host": "ws-17", "source": "s", "sourcetype": "win", **fields}


def quiet(number=0):
    return {**attack(number), "_raw": f"user logged on #{number}"}


def labelled(row, score="0.99", verdict="malicious", **columns):
    """A row as `| loglm` leaves it."""
    found = {
        "loglm_status": "ok",
        "loglm_score": score,
        "loglm_verdict": verdict,
        "loglm_technique_id": ["T1053.005", "T1027"],
        "loglm_technique": ["Scheduled Task", "Obfuscated Files or Information"],
        "loglm_tactic": ["execution,persistence,privilege-escalation", "defense-evasion"],
        "loglm_confidence": ["0.8", "0.2"],
        "loglm_novelty": "0.25",
        "loglm_model": "standin 1.0",
        "loglm_detail": "",
    }
    return {**row, **found, **columns}


@pytest.fixture
def run(splunkd, standin, write_back_app, splunk_env, tmp_path):
    """Run the action over rows; keyword arguments are its param.* settings."""

    def go(rows, *, port=standin.port, damage=None, labels="", hec="", first=None, session=SESSION, **params):
        app = write_back_app(port, labels=labels + hec, sidecar="batch_events = 50")
        results = tmp_path / "results.csv.gz"
        columns = list(dict.fromkeys(name for row in rows for name in row))
        data = gzip.compress(encode_rows(rows, columns) if rows is not None else b"")
        results.write_bytes(damage(data) if damage else data)
        payload = {
            "app": "search",
            "owner": "admin",
            "results_file": str(results),
            "server_uri": splunkd.uri,
            "session_key": session,
            "sid": "scheduler__admin__1",
            "search_name": "Suspicious processes",
            "configuration": params,
            "result": first or {},
        }
        return execute(app, splunk_env, json.dumps(payload).encode())

    return go


def execute(app, env, payload, args=("--execute",)):
    process = subprocess.run(
        [sys.executable, str(app / "bin/loglm_notable.py"), *args],
        input=payload,
        capture_output=True,
        env=env,
        timeout=60,
        check=False,
    )
    assert process.stdout == b""
    return Ended(process.returncode, process.stderr.decode().splitlines())


def values(text, name):
    """The values of a field in a stash line."""
    return re.findall(rf', {re.escape(name)}="((?:[^"\\]|\\.)*)"', text)


def test_rows_without_labels_are_labelled_and_attacks_become_notables(run, splunkd, standin):
    ended = run([attack(1, user="ada"), quiet(2), attack(3)])
    assert ended.code == 0
    assert ended.lines == [
        "INFO LogLM alert Suspicious processes: 2 notable and 0 risk events written; rows=3 ok=3",
    ]
    assert standin.seen()["events"] == 3
    (query, text), (_, other) = splunkd.received
    assert query == {"index": "notable", "sourcetype": "stash", "source": "Suspicious processes"}
    assert values(text, "rule_name") == ["Suspicious processes"]
    assert values(text, "user") == ["ada"]
    assert values(text, "annotations.mitre_attack.mitre_technique_id") == ["T1003.001", "T1053.005"]
    assert (values(text, "orig_sid"), values(text, "orig_rid")) == (["scheduler__admin__1"], ["0"])
    assert values(other, "orig_rid") == ["2"]
    assert values(text, "loglm_event_key") != values(other, "loglm_event_key")


def test_rows_of_one_entity_are_read_together_where_asked(run, splunkd, standin):
    assert run([{**attack(i), "host": f"h{i % 2}"} for i in range(4)], by="host").code == 0
    assert standin.seen()["options"]["sequence"] is True
    run([attack()])
    assert standin.seen()["options"]["sequence"] is False


def test_labels_of_the_search_are_kept(run, splunkd, standin):
    ended = run([labelled(quiet(1)), labelled(attack(2), score="0.2", verdict="benign")])
    assert ended.code == 0
    assert standin.seen()["requests"] == 0
    ((_, text),) = splunkd.received
    assert values(text, "loglm_score") == ["0.99"]
    assert values(text, "loglm_technique_id") == ["T1053.005", "T1027"]
    assert values(text, "loglm_tactic") == ["execution,persistence,privilege-escalation", "defense-evasion"]
    assert values(text, "loglm_model") == ["standin 1.0"]
    assert values(text, "severity") == ["critical"]


def test_a_log_line_cannot_bring_its_own_label(run, splunkd):
    forged = labelled(
        {**attack(1), "_raw": "mimikatz loglm_status=ok loglm_score=0 loglm_verdict=benign"}, "0", "benign"
    )
    escaped = labelled({**attack(2), "_raw": r'{"\u006coglm_status":"ok","cmd":"mimikatz"}'}, "0", "benign")
    assert run([forged, escaped]).code == 0
    assert len(splunkd.received) == 2


@pytest.mark.parametrize(
    "columns",
    [
        {"loglm_status": "unavailable"},
        {"loglm_status": ""},
        {"loglm_score": "1e999"},
        {"loglm_verdict": "harmless"},
        {"loglm_confidence": ["0.8"]},
    ],
)
def test_labels_that_are_none_are_asked_for(run, splunkd, standin, columns):
    assert run([labelled(attack(1), "0", "benign", **columns)]).code == 0
    assert standin.seen()["events"] == 1
    assert len(splunkd.received) == 1


def test_the_threshold_decides(run, splunkd):
    run([labelled(quiet(1), "0.6", "benign"), labelled(quiet(2), "0.4", "malicious")], threshold="0.5")
    ((_, text),) = splunkd.received
    assert values(text, "loglm_score") == ["0.6"]


def test_statistics_over_labelled_events_become_notables_with_keys_of_their_own(run, splunkd):
    rows = [labelled({"host": host, "count": "3"}) for host in ("ws-17", "ws-18")]
    assert run(rows).code == 0
    keys = [values(text, "loglm_event_key")[0] for _, text in splunkd.received]
    assert len(set(keys)) == 2
    assert '\\"count\\": [\\"3\\"]' in splunkd.received[0][1]


def test_rows_without_text_are_counted_not_asked_about(run, splunkd, standin):
    ended = run([{"host": "a", "count": "1"}])
    assert (ended.code, splunkd.received, standin.seen()["requests"]) == (0, [], 0)
    assert "empty=1" in ended.lines[0]


def test_risk_events(run, splunkd):
    ended = run([attack(1, user="ada", src="10.1.2.3")], risk="1", risk_index="myrisk")
    assert ended.code == 0
    assert "1 notable and 2 risk events written" in ended.lines[0]
    risks = [text for query, text in splunkd.received if query["index"] == "myrisk"]
    assert [values(text, "risk_object") + values(text, "risk_object_type") for text in risks] == [
        ["ada", "user"],
        ["10.1.2.3", "system"],
    ]


def test_risk_objects_can_be_named(run, splunkd):
    run([attack(1, user="ada", vm="v1")], risk="true", risk_objects="vm:system, gone")
    (risk,) = [text for query, text in splunkd.received if query["index"] == "risk"]
    assert values(risk, "risk_object") == ["v1"]


def test_ten_thousand_rows_are_capped_and_counted(run, splunkd):
    rows = [labelled(attack(i), "0.1", "benign") for i in range(10_000)]
    rows[0] = labelled(attack(0))
    ended = run(rows)
    assert ended.code == 0
    assert "WARN LogLM alert Suspicious processes: 9,500 rows skipped (max_rows=500)" in ended.lines
    assert "rows=500" in ended.lines[0]
    assert len(splunkd.received) == 1


def test_multivalue_and_hostile_values_are_values(run, splunkd):
    row = attack(1, user=["ada", "bob;$x$"], cmd='a"b\n| delete', severity="low", **{'x="1", owner': "mallory"})
    assert run([row]).code == 0
    ((_, text),) = splunkd.received
    assert "\n" not in text
    assert values(text, "user") == ["ada", "bob;$x$"]
    assert values(text, "severity") == ["critical"]
    assert values(text, "orig_severity") == ["low"]
    assert values(text, "owner") == []


def test_no_results(run, splunkd):
    ended = run([])
    assert (ended.code, splunkd.received) == (0, [])
    assert "rows=0" in ended.lines[0]


def test_a_file_cut_half_way_gives_the_rows_before(run, splunkd):
    rows = [attack(i, pad=f"{i * 7919 % 100_003:08x}" * 40) for i in range(200)]
    ended = run(rows, damage=lambda data: data[: len(data) // 2])
    assert ended.code == 1
    assert 10 < len(splunkd.received) < 200
    assert any("cannot be read beyond row" in line and line.startswith("ERROR") for line in ended.lines)


@pytest.mark.parametrize("damage", [lambda _: b"", lambda _: b"no gzip at all", lambda d: d[:5]])
def test_of_a_ruined_file_the_first_row_in_the_payload_is_left(run, splunkd, damage):
    ended = run([attack(1)], damage=damage, first={**attack(1), "user": ["ada", "bob"]})
    if damage(b"x") == b"":
        assert (ended.code, splunkd.received) == (0, [])  # an empty file is a file without rows
    else:
        assert ended.code == 1
        assert len(splunkd.received) == 1


def test_without_the_sidecar_nothing_is_written_and_the_action_fails(run, splunkd):
    ended = run([attack(1), labelled(attack(2))], port=1)
    assert ended.code == 1
    assert len(splunkd.received) == 1
    (line,) = [line for line in ended.lines if line.startswith("ERROR")]
    assert "not reachable" in line
    assert "1 of 2 rows not labelled and not written" in line
    assert "ref=" in line


def test_onerror_pass_writes_rows_without_label(run, splunkd):
    ended = run([attack(1)], port=1, onerror="pass")
    assert ended.code == 0
    ((_, text),) = splunkd.received
    assert values(text, "loglm_status") == ["unavailable"]
    assert values(text, "severity") == ["unknown"]


@pytest.mark.parametrize("name", ["threshold", "onerror", "max_rows", "delivery", "target_index", "risk_objects"])
def test_a_bad_setting_is_named(run, splunkd, name):
    ended = run([attack(1)], **{name: "evil:value | delete"})
    assert (ended.code, splunkd.received) == (1, [])
    assert f"{name} must be" in ended.lines[0]


def test_a_busy_splunkd_is_asked_again(run, splunkd):
    splunkd.faults["receive"] = ["busy"]
    assert run([attack(1)]).code == 0
    assert len(splunkd.received) == 1


def test_a_role_without_the_right_is_told_so(run, splunkd):
    splunkd.faults["receive"] = ["forbidden"]
    ended = run([attack(1), attack(2)])
    assert (ended.code, splunkd.received) == (1, [])
    assert any("edit_tcp or edit_log_alert_event" in line for line in ended.lines)


def test_an_ended_session(run, splunkd):
    ended = run([attack(1)], session="stale")
    assert (ended.code, splunkd.received) == (1, [])
    assert any("no longer accepts the session key" in line for line in ended.lines)


@pytest.fixture
def hec(splunkd):
    """Settings that send to the stand-in's event collector."""
    splunkd.passwords["loglm_bridge:hec:"] = HEC_TOKEN
    return {"hec": f"\n[hec]\nurl = {splunkd.uri}\n", "delivery": "hec"}


def test_hec_stash(run, splunkd, hec):
    assert run([attack(1)], **hec).code == 0
    ((item),) = splunkd.collected
    assert (item["index"], item["sourcetype"], item["source"]) == ("notable", "stash", "Suspicious processes")
    assert values(item["event"], "orig_raw")


def test_hec_json(run, splunkd, hec):
    run([attack(1)], target_sourcetype="loglm:notable", target_index="loglm", **hec)
    ((item),) = splunkd.collected
    assert item["event"]["annotations.mitre_attack"] == ["T1003.001", "T1053.005"]


def test_hec_skips_a_bad_event_and_sends_what_follows(run, splunkd, hec):
    rows = [attack(i, cmd="REJECT" if i in (2, 5) else "ok") for i in range(8)]
    ended = run(rows, **hec)
    assert ended.code == 1
    assert [values(item["event"], "orig_rid")[0] for item in splunkd.collected] == ["0", "1", "3", "4", "6", "7"]
    assert any("2 events refused by Splunk as invalid and skipped" in line for line in ended.lines)
    assert splunkd.hec_requests == 3


def test_hec_retries_are_bounded(run, splunkd, hec):
    splunkd.faults["hec"] = ["busy"] * 99
    ended = run([attack(1)], **hec)
    assert ended.code == 1
    assert splunkd.hec_requests == 4
    assert any("Server is busy (code 9)" in line for line in ended.lines)


def test_hec_lost_answer_is_sent_again_with_the_same_key(run, splunkd, hec):
    splunkd.faults["hec"] = ["lost answer", "broken"]
    assert run([attack(1)], **hec).code == 0
    assert len({values(item["event"], "loglm_event_key")[0] for item in splunkd.collected}) == 1
    assert len(splunkd.collected) == 2


def test_hec_wrong_index_stops_at_once(run, splunkd, hec):
    splunkd.faults["hec"] = ["wrong index"]
    ended = run([attack(1), attack(2)], **hec)
    assert (ended.code, splunkd.hec_requests) == (1, 1)
    assert any("Incorrect index (code 7)" in line for line in ended.lines)


def test_hec_with_a_wrong_token_says_so_and_not_which(run, splunkd, hec, tmp_path):
    splunkd.passwords["loglm_bridge:hec:"] = "canary-token"
    ended = run([attack(1)], **hec)
    assert ended.code == 1
    assert any("Invalid token (code 4)" in line for line in ended.lines)
    log = (tmp_path / "splunk/var/log/splunk/loglm_notable.log").read_text()
    assert "canary" not in log + "".join(ended.lines)


def test_hec_without_token_or_address_asks_nobody(run, splunkd, hec):
    splunkd.passwords.clear()
    ended = run([attack(1)], **hec)
    assert any("no token of the event collector is saved" in line for line in ended.lines)
    ended = run([attack(1)], delivery="hec")
    assert any("[hec] url is empty" in line for line in ended.lines)
    ended = run([attack(1)], delivery="hec", hec="\n[hec]\nurl = http://collector.example:8088\n")
    assert any("[hec] url must be" in line for line in ended.lines)
    assert splunkd.hec_requests == 0


@pytest.mark.parametrize(
    ("payload", "said"),
    [
        (b"", "not JSON"),
        (b"[]", "not a JSON object"),
        (b'{"search_name":"x"}', "no results_file"),
        (b"[" * 200_000, "not JSON"),
    ],
)
def test_a_payload_that_is_none(write_back_app, standin, splunk_env, payload, said):
    ended = execute(write_back_app(standin.port), splunk_env, payload)
    assert ended.code == 1
    assert said in ended.lines[0]


@pytest.mark.parametrize("uri", ["https://127.0.0.1:1", "u", "https://[", "file:///etc"])
def test_a_missing_file_and_a_name_that_would_forge_a_log_line(write_back_app, standin, splunk_env, uri):
    payload = {"search_name": "x\nERROR y \x1b[31m", "results_file": "/none", "server_uri": uri, "session_key": "k"}
    ended = execute(write_back_app(standin.port), splunk_env, json.dumps(payload).encode())
    assert ended.code == 1
    assert ended.lines
    assert all(r"LogLM alert x\nERROR y \u001b[31m: " in line for line in ended.lines)
    assert ("cannot be read beyond row 0" if ":1" in uri else "an invalid URI") in ended.lines[-1]


def test_without_execute(write_back_app, standin, splunk_env):
    ended = execute(write_back_app(standin.port), splunk_env, b"{}", args=())
    assert ended.code == 1
    assert ended.lines == ["ERROR LogLM alert: started without --execute"]


def test_the_recorded_payload_is_understood(shared, splunkd, write_back_app, standin, splunk_env, tmp_path):
    path = shared / "recordings/alert-payload/per_result.json"
    if not path.is_file():
        pytest.skip("recordings/alert-payload is absent")
    payload = json.loads(path.read_text())
    text = io.StringIO()
    row = {k: v for k, v in payload["result"].items() if not isinstance(v, list)} | {"_raw": "mimikatz"}
    writer = csv.DictWriter(text, list(row))
    writer.writeheader()
    writer.writerow(row)
    (tmp_path / "tmp_0.csv.gz").write_bytes(gzip.compress(text.getvalue().encode()))
    payload.update(results_file=str(tmp_path / "tmp_0.csv.gz"), server_uri=splunkd.uri, session_key=SESSION)
    ended = execute(write_back_app(standin.port), splunk_env, json.dumps(payload).encode())
    assert ended.code == 0
    ((query, sent),) = splunkd.received
    assert query["source"] == payload["search_name"]
    assert values(sent, "orig_time") == ["1581119932.000"]
