"""Runs of the input: which events are read, which notables written, and when the position moves."""

import time
import xml.etree.ElementTree as ET

import pytest

from tests.splunk.fake_splunkd_rest import attack, benign, event


def test_one_notable_per_attack(run, splunkd, now):
    splunkd.events = [attack(now - 500, user="ada"), benign(now - 400), event(now - 300, "whoami")]
    result = run()
    assert result.code == 0
    ((envelope, text),) = result.events
    assert envelope["index"] == "notable"
    assert envelope["sourcetype"] == "stash"
    assert envelope["source"] == "LogLM - test"
    assert abs(float(envelope["time"]) - time.time()) < 60
    for part in ('user="ada"', 'annotations.mitre_attack.mitre_technique_id="T1003.001"', 'loglm_score="0.973"'):
        assert part in text
    assert f'orig_time="{now - 501.5:.3f}"' in text
    assert any(line.startswith("INFO LogLM input test: windows=") and "notables=1" in line for line in result.lines)
    assert ET.fromstring(result.stdout).tag == "stream"


def test_settings_of_the_stanza_apply(run, splunkd, now):
    splunkd.events = [attack(now - 500), event(now - 400, "whoami")]
    result = run(
        threshold="0.5", target_index="loglm", target_sourcetype="loglm:notable", rule_name="R", severity="low", top="1"
    )
    assert len(result.events) == 2
    for envelope, text in result.events:
        assert (envelope["index"], envelope["sourcetype"], envelope["source"]) == ("loglm", "loglm:notable", "R")
        assert text.startswith('{"time":')
        assert '"severity":"low"' in text


def test_events_of_an_entity_are_read_together_with_by(run, splunkd, fake_sidecar, now):
    splunkd.events = [attack(now - 500 + i, i, host=f"h{i % 2}") for i in range(6)]
    result = run(by="host", batch=2, window="1000")
    assert len(result.events) == 6
    seen = fake_sidecar.seen()
    assert seen["options"]["sequence"] is True
    assert seen["batches"][-2:] == [3, 3]


def test_second_run_reads_only_new_events(run, splunkd, now):
    splunkd.events = [attack(now - 500, 1), attack(now - 100, 2)]
    first = run(lag=300)
    second = run()
    assert len(first.events) == len(second.events) == 1
    assert first.keys != second.keys


@pytest.mark.parametrize("inclusive", [False, True])
def test_events_at_window_borders_are_read_once(run, splunkd, now, inclusive):
    splunkd.latest_is_inclusive = inclusive
    splunkd.events = [attack(now - 1000 + offset, offset) for offset in range(20, 980, 4)]
    result = run(window="50")
    assert result.code == 0
    assert len(result.keys) == len(set(result.keys)) == len(splunkd.events)


def test_event_indexed_days_late_is_read(run, splunkd, now):
    splunkd.events = [attack(now - 100, time=now - 6 * 86_400)]
    assert len(run().events) == 1


def test_bounds_are_parameters_of_the_search(run, splunkd, now):
    run(search="index=main | eval a=1", window="2000", max_event_age="0")
    (form,) = splunkd.searches
    assert form["search"].startswith("search index=main | eval a=1 | eval loglm_input_time=_time | fields _time, ")
    assert str(now)[:6] not in form["search"]
    assert (form["earliest_time"], form["output_mode"], form["preview"]) == ("0", "json", "0")
    assert int(form["index_latest"]) - int(form["index_earliest"]) in range(985, 995)


def test_control_characters_do_not_break_the_stream(run, splunkd, now):
    raws = [
        "mimikatz \x00\x1b[31m\ufffe",
        "mimikatz \ud800",
        'mimikatz ]]></data></event>", severity="low',
        "mimikatz \u202e",
    ]
    splunkd.events = [event(now - 500 + i, raw) for i, raw in enumerate(raws)]
    result = run()
    assert result.code == 0
    assert len(ET.fromstring(result.stdout)) == 4
    assert all('severity="critical"' in text and '", severity="low' not in text for _, text in result.events)


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        ("error midway", "Search process died\\nunexpectedly"),
        ("incomplete", "Search results might be incomplete"),
        ("cut", "IncompleteRead"),
        ("half line", "cut off or does not consist of JSON"),
        ("no bytes", "the answer to the search is empty"),
        ("unmarked", "ended early"),
        ("refused", "Unknown search command"),
        ("busy", "too busy"),
    ],
)
def test_failed_search_keeps_the_position(run, splunkd, now, fault, message):
    splunkd.events = [attack(now - 500 + i, i) for i in range(40)]
    splunkd.faults["export"] = [fault]
    result = run(window="2000", batch=5)
    assert result.code == 1
    (line,) = [line for line in result.lines if line.startswith("ERROR")]
    assert message in line
    assert "Reading paused" in line
    again = run(window="2000", batch=5)
    assert again.code == 0
    delivered = result.keys + again.keys
    assert len(set(delivered)) == 40
    assert len(delivered) == 40


def test_previews_are_left_out(run, splunkd, now):
    splunkd.faults["export"] = ["preview"]
    splunkd.events = [attack(now - 500)]
    result = run(window="2000")
    assert (result.code, len(splunkd.searches), len(result.events)) == (0, 1, 1)


def test_search_that_returns_statistics_is_refused(run, splunkd, now):
    splunkd.events = [{"_time": event(now - 5, "x")["_time"], "count": "7"}]
    result = run(window="2000")
    assert result.code == 1
    assert any("not events" in line for line in result.lines)


@pytest.mark.parametrize("fault", ["model_error", "mismatch"])
def test_sidecar_that_fails_pauses_the_input(run, splunkd, fake_sidecar, now, fault):
    splunkd.events = [attack(now - 500 + i, i) for i in range(30)]
    fake_sidecar.fault(fault)
    result = run(batch=10)
    assert (result.code, result.events) == (1, [])
    (line,) = [line for line in result.lines if line.startswith("ERROR")]
    assert "Reading paused, the position stays and nothing is skipped" in line
    assert "ref=" in line
    fake_sidecar.fault()
    assert len(set(run(batch=10).keys)) == 30


def test_start_position_stays_while_the_sidecar_is_down(run, splunkd, fake_sidecar, now):
    splunkd.events = [attack(now - 500)]
    assert run(port=1).code == 1
    assert len(run(lookback=20).events) == 1


def test_start_position_stays_while_the_token_is_missing(run, splunkd, now):
    splunkd.events = [attack(now - 500)]
    result = run(token="")
    assert result.code == 1
    assert any("token" in line and "Reading paused" in line for line in result.lines)
    assert len(run(lookback=20).events) == 1


def test_rows_without_a_label_are_counted(run, splunkd, now):
    splunkd.events = [event(now - 500, "\ufffd garbage"), attack(now - 400)]
    result = run()
    assert len(result.events) == 1
    assert any(line.startswith("WARN") and "1 of 2 events have no label" in line for line in result.lines)
