"""The modular input as splunkd runs it: the real script, a real HTTP splunkd, a stand-in sidecar."""

import os
import signal
import time
import xml.etree.ElementTree as ET
from hashlib import sha256

import pytest

from loglm_bridge.splunk.modinput.checkpoint import CheckpointStore, Position
from loglm_bridge.splunk.modinput.durable_files import DurableFolder
from loglm_bridge.splunk.modinput.options import ARGUMENTS
from tests.splunk.conftest import TOKEN
from tests.splunk.input_process import complete_events, definition, finish, start, validation
from tests.splunk.splunkd_standin import event

STEM = sha256(b"loglm_input://test").hexdigest()[:32]


@pytest.fixture
def now():
    return int(time.time())


@pytest.fixture
def run(splunkd, standin, write_back_app, splunk_env, tmp_path):
    """Run the input once over all that is settled; keyword arguments are settings of its stanza."""

    def go(*, port=standin.port, session=None, token=TOKEN, batch=128, name="loglm_input://test", **params):
        app = write_back_app(port, token=token, sidecar=f"batch_events = {batch}")
        stanza = {"search": "index=main", "lag": 10, "window": 100, "lookback": 1000, **params}
        more = {} if session is None else {"session": session}
        text = definition(splunkd.uri, tmp_path / "positions", stanza, name=name, **more)
        return finish(start(app, splunk_env), text)

    return go


def attack(indextime, number=0, **fields):
    return event(indextime, f"mimikatz.exe sekurlsa::logonpasswords #{number}", **fields)


def quiet(indextime, number=0):
    return event(indextime, f"user logged on #{number}")


def test_one_notable_for_each_attack(run, splunkd, now):
    splunkd.events = [attack(now - 500, user="ada"), quiet(now - 400), event(now - 300, "whoami")]
    ended = run()
    assert ended.code == 0
    ((envelope, text),) = ended.events
    assert envelope["index"] == "notable"
    assert envelope["sourcetype"] == "stash"
    assert envelope["source"] == "LogLM - test"
    assert abs(float(envelope["time"]) - time.time()) < 60
    for part in ('user="ada"', 'annotations.mitre_attack.mitre_technique_id="T1003.001"', 'loglm_score="0.973"'):
        assert part in text
    assert f'orig_time="{now - 501.5:.3f}"' in text
    assert any(line.startswith("INFO LogLM input test: windows=") and "notables=1" in line for line in ended.lines)
    assert ET.fromstring(ended.stdout).tag == "stream"


def test_settings_of_the_stanza_hold(run, splunkd, now):
    splunkd.events = [attack(now - 500), event(now - 400, "whoami")]
    ended = run(
        threshold="0.5", target_index="loglm", target_sourcetype="loglm:notable", rule_name="R", severity="low", top="1"
    )
    assert len(ended.events) == 2
    for envelope, text in ended.events:
        assert (envelope["index"], envelope["sourcetype"], envelope["source"]) == ("loglm", "loglm:notable", "R")
        assert text.startswith('{"time":')
        assert '"severity":"low"' in text


def test_events_of_one_entity_are_read_together_where_asked(run, splunkd, standin, now):
    splunkd.events = [attack(now - 500 + i, i, host=f"h{i % 2}") for i in range(6)]
    ended = run(by="host", batch=2, window="1000")
    assert len(ended.events) == 6
    seen = standin.seen()
    assert seen["options"]["sequence"] is True
    assert seen["batches"][-2:] == [3, 3]


def test_a_second_run_reads_only_what_is_new(run, splunkd, now):
    splunkd.events = [attack(now - 500, 1), attack(now - 100, 2)]
    first = run(lag=300)
    second = run()
    assert len(first.events) == len(second.events) == 1
    assert first.keys != second.keys


@pytest.mark.parametrize("inclusive", [False, True])
def test_events_on_the_borders_of_windows_come_once(run, splunkd, now, inclusive):
    splunkd.latest_is_inclusive = inclusive
    splunkd.events = [attack(now - 1000 + offset, offset) for offset in range(20, 980, 4)]
    ended = run(window="50")
    assert ended.code == 0
    assert len(ended.keys) == len(set(ended.keys)) == len(splunkd.events)


def test_an_event_that_is_late_by_days_is_read_when_it_is_indexed(run, splunkd, now):
    splunkd.events = [attack(now - 100, time=now - 6 * 86_400)]
    assert len(run().events) == 1


def test_the_search_is_bounded_beside_its_text(run, splunkd, now):
    run(search="index=main | eval a=1", window="2000", max_event_age="0")
    (form,) = splunkd.searches
    assert form["search"].startswith("search index=main | eval a=1 | fields _time, _indextime, _raw,")
    assert str(now)[:6] not in form["search"]
    assert (form["earliest_time"], form["output_mode"], form["preview"]) == ("0", "json", "0")
    assert int(form["index_latest"]) - int(form["index_earliest"]) in range(985, 995)


def test_hostile_events_do_not_break_the_stream(run, splunkd, now):
    raws = [
        "mimikatz \x00\x1b[31m\ufffe",
        "mimikatz \ud800",
        'mimikatz ]]></data></event>", severity="low',
        "mimikatz \u202e",
    ]
    splunkd.events = [event(now - 500 + i, raw) for i, raw in enumerate(raws)]
    ended = run()
    assert ended.code == 0
    assert len(ET.fromstring(ended.stdout)) == 4
    assert all('severity="critical"' in text and '", severity="low' not in text for _, text in ended.events)


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ("error midway", "Search process died\\nunexpectedly"),
        ("incomplete", "Search results might be incomplete"),
        ("cut", "IncompleteRead"),
        ("half line", "cut off or not JSON"),
        ("unmarked", "ended early"),
        ("refused", "Unknown search command"),
        ("busy", "too busy"),
    ],
)
def test_a_failed_search_moves_nothing(run, splunkd, now, fault, said):
    splunkd.events = [attack(now - 500 + i, i) for i in range(40)]
    splunkd.faults["export"] = [fault]
    ended = run(window="2000", batch=5)
    assert ended.code == 1
    (line,) = [line for line in ended.lines if line.startswith("ERROR")]
    assert said in line
    assert "Reading paused" in line
    again = run(window="2000", batch=5)
    assert again.code == 0
    delivered = ended.keys + again.keys
    assert len(set(delivered)) == 40
    assert len(delivered) == 40


@pytest.mark.parametrize("fault", ["no bytes", "preview"])
def test_an_odd_answer_is_read_all_the_same(run, splunkd, now, fault):
    splunkd.faults["export"] = [fault]
    splunkd.events = [] if fault == "no bytes" else [attack(now - 500)]
    ended = run(window="2000")
    assert ended.code == 0
    assert len(splunkd.searches) == (2 if fault == "no bytes" else 1)
    assert len(ended.events) == len(splunkd.events)


def test_an_answer_without_bytes_is_not_believed(run, splunkd, now):
    splunkd.faults["export"] = ["no bytes"]
    splunkd.events = [attack(now - 500)]
    assert run(window="2000").code == 1
    assert len(run(window="2000").events) == 1


def test_a_search_without_events_is_an_error(run, splunkd, now):
    splunkd.events = [{"_time": event(now - 5, "x")["_time"], "count": "7"}]
    ended = run(window="2000")
    assert ended.code == 1
    assert any("not events" in line for line in ended.lines)


@pytest.mark.parametrize("fault", ["model_error", "mismatch"])
def test_a_sidecar_that_fails_pauses_the_input(run, splunkd, standin, now, fault):
    splunkd.events = [attack(now - 500 + i, i) for i in range(30)]
    standin.fault(fault)
    ended = run(batch=10)
    assert (ended.code, ended.events) == (1, [])
    (line,) = [line for line in ended.lines if line.startswith("ERROR")]
    assert "Reading paused, the position stays and nothing is skipped" in line
    assert "ref=" in line
    standin.fault()
    assert len(set(run(batch=10).keys)) == 30


def test_a_sidecar_that_is_down_does_not_let_the_start_slide(run, splunkd, standin, now):
    splunkd.events = [attack(now - 500)]
    assert run(port=1).code == 1
    assert len(run(lookback=20).events) == 1


def test_a_missing_token_does_not_let_the_start_slide(run, splunkd, now):
    splunkd.events = [attack(now - 500)]
    ended = run(token="")
    assert ended.code == 1
    assert any("token" in line and "Reading paused" in line for line in ended.lines)
    assert len(run(lookback=20).events) == 1


def test_rows_without_a_label_are_counted(run, splunkd, now):
    splunkd.events = [event(now - 500, "\ufffd garbage"), attack(now - 400)]
    ended = run()
    assert len(ended.events) == 1
    assert any(line.startswith("WARN") and "1 of 2 events have no label" in line for line in ended.lines)


def test_an_ended_session_ends_the_process(run, now):
    ended = run(session="stale")
    assert ended.code == 1
    assert [line for line in ended.lines if line.startswith("WARN") and "no longer accepts the session key" in line]


def test_damaged_positions_fall_back_to_the_copy(run, splunkd, tmp_path, now):
    splunkd.events = [attack(now - 900 + 10 * i, i) for i in range(60)]
    run()
    newest = max((tmp_path / "positions").glob(f"{STEM}.?.json"), key=os.path.getmtime)
    newest.write_bytes(newest.read_bytes()[:-9])
    ended = run()
    assert ended.code == 0
    (line,) = [line for line in ended.lines if "position file damaged" in line]
    assert line.startswith("WARN")
    assert "continued from the copy of" in line
    assert len(ended.events) <= 11


def test_without_any_position_left_the_input_stops_and_asks(run, splunkd, tmp_path, now):
    splunkd.events = [attack(now - 500)]
    run()
    for path in (tmp_path / "positions").glob(f"{STEM}.?.json"):
        path.write_bytes(b"")
    for _ in range(2):
        ended = run()
        assert (ended.code, ended.events) == (1, [])
        assert any("position file damaged and no earlier copy" in line for line in ended.lines)
    for path in (tmp_path / "positions").glob("*.corrupt-*"):
        path.unlink()
    assert run().code == 0


def test_a_clock_that_was_ahead_costs_no_event(run, splunkd, tmp_path, now):
    splunkd.events = [attack(now - 700, 1), attack(now - 300, 2)]
    (tmp_path / "positions").mkdir()
    store = CheckpointStore(DurableFolder(tmp_path / "positions"), STEM, "loglm_input://test")
    store.save(Position(now + 1_000_000, latest=now - 500))
    ended = run()
    assert ended.code == 0
    assert len(ended.events) == 1
    assert "#2" in ended.events[0][1]


def test_a_second_instance_leaves_at_once(run, splunkd, standin, write_back_app, splunk_env, tmp_path, now):
    splunkd.events = [attack(now - 500)]
    splunkd.faults["export"] = ["slow"]
    text = definition(splunkd.uri, tmp_path / "positions", {"search": "index=main", "lookback": 1000})
    app = write_back_app(standin.port)
    first = start(app, splunk_env)
    first.stdin.write(text.encode())
    first.stdin.close()
    first.stdin = None
    deadline = time.monotonic() + 10
    while not splunkd.searches and time.monotonic() < deadline:
        time.sleep(0.05)
    second = finish(start(app, splunk_env), text)
    assert (second.code, second.events) == (0, [])
    assert second.lines == [f"INFO LogLM input test: already running (pid {first.pid})"]
    out, err = first.communicate(timeout=30)
    assert first.returncode == 0, err
    assert len(list(complete_events(out.decode()))) == 1


def test_when_splunkd_closes_the_stream_the_input_stops_at_once(
    splunkd, standin, write_back_app, splunk_env, tmp_path, run, now
):
    splunkd.events = [attack(now - 500, i) for i in range(3000)]
    app = write_back_app(standin.port)
    text = definition(splunkd.uri, tmp_path / "positions", {"search": "index=main", "lookback": 1000, "lag": 10})
    process = start(app, splunk_env)
    process.stdin.write(text.encode())
    process.stdin.close()
    process.stdin = None
    head = process.stdout.read(100_000)
    process.stdout.close()
    lines = process.stderr.read().decode().splitlines()
    process.stderr.close()
    assert process.wait(30) == 1
    assert "splunkd closed the stream" in lines[0]
    assert not any("Traceback" in line or "Exception" in line for line in lines)
    assert len(lines) <= 2
    before = list(complete_events(head.decode("utf-8", "ignore")))
    after = run(window="300")
    assert len(before) + len(after.events) >= 2_800


@pytest.mark.skipif(not hasattr(signal, "SIGXFSZ"), reason="needs RLIMIT_FSIZE")
def test_a_full_disk_pauses_reading(splunkd, standin, write_back_app, splunk_env, tmp_path, run, now):
    import resource

    splunkd.events = [attack(now - 500)]

    def no_room():
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))

    text = definition(splunkd.uri, tmp_path / "positions", {"search": "index=main", "lookback": 1000, "lag": 10})
    ended = finish(start(write_back_app(standin.port), splunk_env, preexec_fn=no_room), text)
    assert (ended.code, ended.events) == (1, [])
    (line,) = [line for line in ended.lines if line.startswith("ERROR")]
    assert "cannot save the position" in line
    assert "Reading paused so that nothing is lost" in line
    assert splunkd.searches == []
    assert len(run().events) == 1


def test_the_name_of_an_input_is_no_path(run, splunkd, tmp_path, now):
    splunkd.events = [attack(now - 500)]
    assert run(name="loglm_input://../../evil\nERROR forged").code == 0
    names = {path.name for path in (tmp_path / "positions").iterdir()}
    assert all(name.split(".")[0].isalnum() for name in names)
    assert not (tmp_path / "evil").exists()


def test_unknown_settings_are_named_and_ignored(run, now):
    ended = run(thresold="0.4", disabled="0", interval="300")
    assert ended.code == 0
    assert [line for line in ended.lines if "unknown setting" in line] == [
        "WARN LogLM input test: unknown setting thresold ignored"
    ]


def test_the_token_and_events_stay_out_of_the_log(run, splunkd, standin, tmp_path, now):
    splunkd.events = [attack(now - 500, user="canary-user")]
    standin.fault("model_error")
    ended = run()
    log = (tmp_path / "splunk/var/log/splunk/loglm_input.log").read_text()
    for text in (log, *ended.lines):
        for canary in ("canary-user", "mimikatz", "t0ken", "session-key"):
            assert canary not in text


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY x "y">]><input/>', "document type"),
        ("<!DOCTYPE a><input/>".encode("utf-16"), "document type"),
        (b"<input>" + b"x" * 5_000_000 + b"</input>", "longer than"),
        (b"<input><configuration/></input>", "server_uri is missing"),
        (b"", "invalid input definition"),
        (b"\xff\x00garbage", "invalid input definition"),
    ],
)
def test_a_definition_that_is_none(write_back_app, standin, splunk_env, text, said):
    ended = finish(start(write_back_app(standin.port), splunk_env), text)
    assert ended.code == 1
    (line,) = ended.lines
    assert line.startswith("ERROR LogLM input: ")
    assert said in line


def test_scheme(write_back_app, standin, splunk_env):
    ended = finish(start(write_back_app(standin.port), splunk_env, "--scheme"), "")
    assert (ended.code, ended.lines) == (0, [])
    root = ET.fromstring(ended.stdout)
    assert root.findtext("use_external_validation") == "true"
    assert root.findtext("use_single_instance") == "false"
    assert root.findtext("streaming_mode") == "xml"
    assert [arg.get("name") for arg in root.iter("arg")] == list(ARGUMENTS)


@pytest.fixture
def check(splunkd, standin, write_back_app, splunk_env, tmp_path):
    """Validate an input; returns how it ended and how long it took."""

    def go(uri=splunkd.uri, port=standin.port, **params):
        text = validation(uri, tmp_path / "positions", {"search": "index=main", **params})
        process = start(write_back_app(port), splunk_env, "--validate-arguments")
        started = time.monotonic()
        return finish(process, text), time.monotonic() - started

    return go


def test_a_good_input_passes_validation_silently(check, standin):
    ended, seconds = check(threshold="0.9", lag="60")
    assert (ended.code, ended.stdout, ended.lines) == (0, "", [])
    assert seconds < 15


@pytest.mark.parametrize(
    ("params", "said"),
    [
        ({"search": ""}, "search is missing"),
        ({"search": "index=main ("}, "Unbalanced parentheses"),
        ({"search": "index=main |"}, "without a pipe at its end"),
        ({"search": "index=main _index_earliest=-1h"}, "without _index_earliest"),
        ({"threshold": "1e999"}, "threshold must be a number from 0 to 1"),
        ({"threshold": "ł\u202e"}, 'threshold must be a number from 0 to 1, got "ł\\u202e"'),
        ({"lag": "-5"}, "lag must be a whole number"),
        ({"window": "0"}, "window must be a whole number from 1"),
        ({"target_index": "a b"}, "the name of an index"),
        ({"severity": "<script>"}, "severity must be one of"),
    ],
)
def test_a_bad_input_is_refused_with_a_reason(check, params, said):
    ended, seconds = check(**params)
    assert ended.code == 1
    assert said in ET.fromstring(ended.stdout).findtext("message")
    assert seconds < 15


def test_a_sidecar_that_is_down_is_a_warning(check):
    ended, seconds = check(port=1)
    assert (ended.code, ended.stdout) == (0, "")
    assert any("WARN" in line and "not reachable" in line for line in ended.lines)
    assert seconds < 15


def test_an_index_that_is_not_here_is_a_warning(check):
    ended, _ = check(target_index="elsewhere")
    assert (ended.code, ended.stdout) == (0, "")
    assert any(line.startswith("WARN") and "no index elsewhere here" in line for line in ended.lines)


def test_validation_waits_for_nobody(check, splunkd, standin):
    standin.fault("mute", left=1)
    splunkd.faults["parse"] = ["slow"]
    ended, seconds = check()
    assert ended.code == 0
    assert len(ended.lines) == 2
    assert seconds < 15


def test_recorded_definitions_are_understood(shared, write_back_app, standin, splunk_env):
    folder = shared / "recordings/modinput"
    if not folder.is_dir():
        pytest.skip("recordings/modinput is absent")
    app = write_back_app(standin.port)
    none = finish(start(app, splunk_env), (folder / "conf_with_0_inputs.xml").read_bytes())
    assert (none.code, none.lines) == (0, [])
    two = finish(start(app, splunk_env), (folder / "conf_with_2_inputs.xml").read_bytes())
    assert two.code == 1
    assert sum("search is missing" in line for line in two.lines) == 2
    odd = finish(start(app, splunk_env), (folder / "conf_with_invalid_inputs.xml").read_bytes())
    assert any("ignored foobar://aaa: <nightmare name='param2'>" in line for line in odd.lines)
    check = finish(start(app, splunk_env, "--validate-arguments"), (folder / "validation.xml").read_bytes())
    assert check.code == 1
    assert ET.fromstring(check.stdout).tag == ET.parse(folder / "validation_error.xml").getroot().tag
