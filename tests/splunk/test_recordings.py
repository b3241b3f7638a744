"""Recorded streams of real splunkds, played by fake_splunkd.py against the real command."""

import subprocess
import sys

import pytest

pytestmark = pytest.mark.shared

#: Recordings, and the options with which they are played.
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


def play(shared, env, app, recording, *options, python=sys.executable):
    """Play a recording; return what fake_splunkd.py prints."""
    done = subprocess.run(
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
    assert done.stderr == ""
    return done.stdout


@pytest.mark.parametrize(("recording", "args"), STREAMS)
def test_a_recorded_search_goes_well(recording, args, shared, splunk_env, app_at, standin):
    app = app_at(standin.port, sidecar="batch_events = 2048\nbatch_bytes = 4000000")
    said = play(shared, splunk_env, app, recording, "--args", args)
    assert "type stateful OK" in said
    assert "unavailable" not in said


@pytest.mark.parametrize(
    ("recording", "option"), [("scpv2/countmatches.input", "fieldname"), ("scpv2/sum.map.input.gz", "total")]
)
def test_the_recorded_commands_own_options_are_a_clear_error(recording, option, shared, splunk_env, app_at, standin):
    said = play(shared, splunk_env, app_at(standin.port), recording)
    assert f'job error: LogLM: unknown option "{option}"; options are field, by, threshold' in said
    assert " OK" in said


def test_a_cancelled_search_ends_quietly(shared, splunk_env, app_at, standin):
    said = play(
        shared, splunk_env, app_at(standin.port), "real-8.2.1/accumages.input", "--cancel-after", "2", "--args", ""
    )
    assert "type stateful OK" in said


def test_a_stream_whose_lengths_are_wrong_ends_when_splunkd_closes_it(shared, splunk_env, app_at, standin, search):
    one = search(app_at(standin.port))
    data = (shared / "recordings/scpv2/generatehello.input").read_bytes()
    one.getinfo()
    one.send(data[data.rindex(b"chunked 1.0") :])
    assert one.end() == 0
