"""Recorded streams of real splunkds, replayed by fake_splunkd.py against the real command."""

import subprocess
import sys

import pytest

pytestmark = pytest.mark.shared

#: Recordings, and the options of their replay.
STREAMS = [
    ("scpv2/countmatches.input", ""),
    ("scpv2/countmatches.input", "field=text"),
    pytest.param("scpv2/sum.map.input.gz", "", marks=pytest.mark.slow),
    ("scpv2/sum.reduce.input", ""),
    ("real-8.2.1/doubleage.input", ""),
    ("real-8.2.1/doubleage.input", "field=age threshold=0.5"),
    ("real-8.2.1/accumages.input", ""),
    ("real-8.2.1/accumages.input", "field=age by=age output=all explain=t"),
]


def replay(shared, env, app, recording, *options, python=sys.executable):
    """Replay a recording; return the output of fake_splunkd.py."""
    completed = subprocess.run(
        [
            *(sys.executable, str(shared / "tools/fake_splunkd.py"), *options, str(shared / "recordings" / recording)),
            *("--", python, str(app / "bin/loglm.py")),
        ],
        capture_output=True,
        text=True,
        env=env,
        timeout=110,
        check=False,
    )
    assert completed.stderr == ""
    return completed.stdout


@pytest.mark.parametrize(("recording", "args"), STREAMS)
def test_recorded_search_is_answered(recording, args, shared, splunk_env, app_at, fake_sidecar):
    app = app_at(fake_sidecar.port, sidecar="batch_events = 2048\nbatch_bytes = 4000000")
    message = replay(shared, splunk_env, app, recording, "--args", args)
    assert "type stateful OK" in message
    assert "unavailable" not in message


@pytest.mark.parametrize(
    ("recording", "option"), [("scpv2/countmatches.input", "fieldname"), ("scpv2/sum.map.input.gz", "total")]
)
def test_options_of_the_recorded_command_are_refused(recording, option, shared, splunk_env, app_at, fake_sidecar):
    message = replay(shared, splunk_env, app_at(fake_sidecar.port), recording)
    assert f'job error: LogLM: unknown option "{option}"; options are field, by, threshold' in message
    assert " OK" in message


def test_cancelled_search_exits_cleanly(shared, splunk_env, app_at, fake_sidecar):
    message = replay(
        shared, splunk_env, app_at(fake_sidecar.port), "real-8.2.1/accumages.input", "--cancel-after", "2", "--args", ""
    )
    assert "type stateful OK" in message


def test_stream_with_wrong_lengths_ends_when_splunkd_closes_it(shared, splunk_env, app_at, fake_sidecar, search):
    command = search(app_at(fake_sidecar.port))
    data = (shared / "recordings/scpv2/generatehello.input").read_bytes()
    command.getinfo()
    command.send(data[data.rindex(b"chunked 1.0") :])
    assert command.end() == 0
