"""Delivery of notables: by splunkd's receivers/simple and by the event collector."""

from tests.splunk.alert.alert_process import attack, values


def test_busy_splunkd_is_retried(run, splunkd):
    splunkd.faults["receive"] = ["busy"]
    assert run([attack(1)]).code == 0
    assert len(splunkd.received) == 1


def test_missing_capability_is_named(run, splunkd):
    splunkd.faults["receive"] = ["forbidden"]
    result = run([attack(1), attack(2)])
    assert (result.code, splunkd.received) == (1, [])
    assert any("edit_tcp or edit_log_alert_event" in line for line in result.lines)


def test_ended_session_stops_the_action(run, splunkd):
    result = run([attack(1)], session="stale")
    assert (result.code, splunkd.received) == (1, [])
    assert any("no longer accepts the session key" in line for line in result.lines)


def test_collector_gets_stash_events(run, splunkd, hec):
    assert run([attack(1)], **hec).code == 0
    ((item),) = splunkd.collected
    assert (item["index"], item["sourcetype"], item["source"]) == ("notable", "stash", "Suspicious processes")
    assert values(item["event"], "orig_raw")


def test_collector_gets_json_events(run, splunkd, hec):
    run([attack(1)], target_sourcetype="loglm:notable", target_index="loglm", **hec)
    ((item),) = splunkd.collected
    assert item["event"]["annotations.mitre_attack"] == ["T1003.001", "T1053.005"]


def test_collector_skips_invalid_events(run, splunkd, hec):
    rows = [attack(i, cmd="REJECT" if i in (2, 5) else "ok") for i in range(8)]
    result = run(rows, **hec)
    assert result.code == 1
    assert [values(item["event"], "orig_rid")[0] for item in splunkd.collected] == ["0", "1", "3", "4", "6", "7"]
    assert any("2 events refused by Splunk as invalid and skipped" in line for line in result.lines)
    assert splunkd.hec_requests == 3


def test_lost_reply_of_the_collector_repeats_the_event_key(run, splunkd, hec):
    splunkd.faults["hec"] = ["lost answer", "broken"]
    assert run([attack(1)], **hec).code == 0
    assert len({values(item["event"], "loglm_event_key")[0] for item in splunkd.collected}) == 1
    assert len(splunkd.collected) == 2


def test_collector_with_a_wrong_index_is_not_retried(run, splunkd, hec):
    splunkd.faults["hec"] = ["wrong index"]
    result = run([attack(1), attack(2)], **hec)
    assert (result.code, splunkd.hec_requests) == (1, 1)
    assert any("Incorrect index (code 7)" in line for line in result.lines)


def test_wrong_collector_token_is_not_repeated(run, splunkd, hec, tmp_path):
    splunkd.passwords["loglm_bridge:hec:"] = "canary-token"
    result = run([attack(1)], **hec)
    assert result.code == 1
    assert any("Invalid token (code 4)" in line for line in result.lines)
    log = (tmp_path / "splunk/var/log/splunk/loglm_notable.log").read_text()
    assert "canary" not in log + "".join(result.lines)


def test_collector_without_token_or_url_is_not_called(run, splunkd, hec):
    splunkd.passwords.clear()
    result = run([attack(1)], **hec)
    assert any("no token of the event collector is saved" in line for line in result.lines)
    result = run([attack(1)], delivery="hec")
    assert any("[hec] url is empty" in line for line in result.lines)
    result = run([attack(1)], delivery="hec", hec="\n[hec]\nurl = http://collector.example:8088\n")
    assert any("[hec] url must be" in line for line in result.lines)
    assert splunkd.hec_requests == 0
