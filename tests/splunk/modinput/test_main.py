"""The modular input as splunkd runs it: the real script, a fake splunkd over HTTP, a fake sidecar."""

import os
import signal
import time
import xml.etree.ElementTree as ET

import pytest

from loglm_bridge.splunk.modinput.checkpoint import CheckpointStore, Position
from loglm_bridge.splunk.modinput.durable_files import DurableFolder
from loglm_bridge.splunk.modinput.options import ARGUMENTS
from tests.splunk.fake_splunkd_rest import attack
from tests.splunk.modinput.input_process import STEM, complete_events, definition, finish, start


def test_ended_session_stops_the_run(run, now):
    result = run(session="stale")
    assert result.code == 1
    assert [line for line in result.lines if line.startswith("WARN") and "no longer accepts the session key" in line]


def test_damaged_position_falls_back_to_the_copy(run, splunkd, tmp_path, now):
    splunkd.events = [attack(now - 900 + 10 * i, i) for i in range(60)]
    run()
    newest = max((tmp_path / "positions").glob(f"{STEM}.?.json"), key=os.path.getmtime)
    newest.write_bytes(newest.read_bytes()[:-9])
    result = run()
    assert result.code == 0
    (line,) = [line for line in result.lines if "position file damaged" in line]
    assert line.startswith("WARN")
    assert "continued from the copy of" in line
    assert len(result.events) <= 11


def test_input_stops_where_no_position_is_readable(run, splunkd, tmp_path, now):
    splunkd.events = [attack(now - 500)]
    run()
    for path in (tmp_path / "positions").glob(f"{STEM}.?.json"):
        path.write_bytes(b"")
    for _ in range(2):
        result = run()
        assert (result.code, result.events) == (1, [])
        assert any("position file damaged and no earlier copy" in line for line in result.lines)
    for path in (tmp_path / "positions").glob("*.corrupt-*"):
        path.unlink()
    assert run().code == 0


def test_clock_that_was_ahead_loses_no_event(run, splunkd, tmp_path, now):
    splunkd.events = [attack(now - 700, 1), attack(now - 300, 2)]
    (tmp_path / "positions").mkdir()
    store = CheckpointStore(DurableFolder(tmp_path / "positions"), STEM, "loglm_input://test")
    store.save(Position(now + 1_000_000, latest=now - 500))
    result = run()
    assert result.code == 0
    assert len(result.events) == 1
    assert "#2" in result.events[0][1]


def test_second_instance_exits_at_once(run, splunkd, fake_sidecar, write_back_app, splunk_env, tmp_path, now):
    splunkd.events = [attack(now - 500)]
    splunkd.faults["export"] = ["slow"]
    text = definition(splunkd.uri, tmp_path / "positions", {"search": "index=main", "lookback": 1000})
    app = write_back_app(fake_sidecar.port)
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


def test_input_stops_when_splunkd_closes_the_stream(
    splunkd, fake_sidecar, write_back_app, splunk_env, tmp_path, run, now
):
    splunkd.events = [attack(now - 500, i) for i in range(3000)]
    app = write_back_app(fake_sidecar.port)
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
def test_full_disk_pauses_reading(splunkd, fake_sidecar, write_back_app, splunk_env, tmp_path, run, now):
    import resource

    splunkd.events = [attack(now - 500)]

    def no_room():
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))

    text = definition(splunkd.uri, tmp_path / "positions", {"search": "index=main", "lookback": 1000, "lag": 10})
    result = finish(start(write_back_app(fake_sidecar.port), splunk_env, preexec_fn=no_room), text)
    assert (result.code, result.events) == (1, [])
    (line,) = [line for line in result.lines if line.startswith("ERROR")]
    assert "cannot save the position" in line
    assert "Reading paused so that nothing is lost" in line
    assert splunkd.searches == []
    assert len(run().events) == 1


def test_input_name_is_not_used_as_a_path(run, splunkd, tmp_path, now):
    splunkd.events = [attack(now - 500)]
    assert run(name="loglm_input://../../evil\nERROR forged").code == 0
    names = {path.name for path in (tmp_path / "positions").iterdir()}
    assert all(name.split(".")[0].isalnum() for name in names)
    assert not (tmp_path / "evil").exists()


def test_unknown_settings_are_reported_and_ignored(run, now):
    result = run(thresold="0.4", disabled="0", interval="300")
    assert result.code == 0
    assert [line for line in result.lines if "unknown setting" in line] == [
        "WARN LogLM input test: unknown setting thresold ignored"
    ]


def test_log_contains_neither_token_nor_events(run, splunkd, fake_sidecar, tmp_path, now):
    splunkd.events = [attack(now - 500, user="canary-user")]
    fake_sidecar.fault("model_error")
    result = run()
    log = (tmp_path / "splunk/var/log/splunk/loglm_input.log").read_text()
    for text in (log, *result.lines):
        for canary in ("canary-user", "mimikatz", "t0ken", "session-key"):
            assert canary not in text


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY x "y">]><input/>', "document type"),
        ("<!DOCTYPE a><input/>".encode("utf-16"), "document type"),
        (b"<input>" + b"x" * 5_000_000 + b"</input>", "longer than"),
        (b"<input><configuration/></input>", "server_uri is missing"),
        (b"", "invalid input definition"),
        (b"\xff\x00garbage", "invalid input definition"),
    ],
)
def test_invalid_definition_is_refused(write_back_app, fake_sidecar, splunk_env, text, message):
    result = finish(start(write_back_app(fake_sidecar.port), splunk_env), text)
    assert result.code == 1
    (line,) = result.lines
    assert line.startswith("ERROR LogLM input: ")
    assert message in line


def test_scheme_is_printed(write_back_app, fake_sidecar, splunk_env):
    result = finish(start(write_back_app(fake_sidecar.port), splunk_env, "--scheme"), "")
    assert (result.code, result.lines) == (0, [])
    root = ET.fromstring(result.stdout)
    assert root.findtext("use_external_validation") == "true"
    assert root.findtext("use_single_instance") == "false"
    assert root.findtext("streaming_mode") == "xml"
    assert [arg.get("name") for arg in root.iter("arg")] == list(ARGUMENTS)


def test_recorded_definitions_are_read(shared, write_back_app, fake_sidecar, splunk_env):
    folder = shared / "recordings/modinput"
    if not folder.is_dir():
        pytest.skip("recordings/modinput is absent")
    app = write_back_app(fake_sidecar.port)
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
