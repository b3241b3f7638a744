"""The alert action ended by splunkd at maxtime (SIGTERM): what was written and what was not is said."""

import gzip
import json
import subprocess
import sys
import time

import pytest

from tests.splunk.alert.alert_process import attack, values
from tests.splunk.fake_splunkd_rest import SESSION
from tests.splunk.splunkd import encode_rows


@pytest.fixture
def start(splunkd, fake_sidecar, write_back_app, splunk_env, tmp_path):
    """Return a function that starts the action on rows."""

    def start_action(rows, sidecar="batch_events = 10\n"):
        app = write_back_app(fake_sidecar.port, labels="[delivery]\nretry_seconds = 60\n", sidecar=sidecar)
        (tmp_path / "results.csv.gz").write_bytes(gzip.compress(encode_rows(rows)))
        payload = {
            "results_file": str(tmp_path / "results.csv.gz"),
            "server_uri": splunkd.uri,
            "session_key": SESSION,
            "search_name": "R",
            "owner": "admin",
        }
        process = subprocess.Popen(
            [sys.executable, str(app / "bin/loglm_notable.py"), "--execute"],
            stdin=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=splunk_env,
        )
        process.stdin.write(json.dumps(payload).encode())
        process.stdin.close()
        process.stdin = None
        return process

    return start_action


def end(process):
    """Send SIGTERM; return the lines on stderr."""
    process.terminate()
    _, err = process.communicate(timeout=20)
    assert process.returncode == 1
    return err.decode().splitlines()


def wait_until(condition):
    """Wait until a condition holds."""
    deadline = time.monotonic() + 20
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.02)
    assert condition()


def test_end_while_delivering_keeps_the_rest(start, run, splunkd):
    splunkd.faults["receive"] = [None] * 7 + ["busy"] * 99
    process = start([attack(i) for i in range(40)])
    wait_until(lambda: len(splunkd.faults["receive"]) < 98)
    lines = end(process)
    (line,) = [line for line in lines if "ended by splunkd after the first 10 rows" in line]
    assert "7 notable and 0 risk events were written; 3 are kept" in line
    assert "Raise maxtime" in line
    splunkd.faults["receive"] = []
    assert run([]).code == 0
    assert len({values(text, "orig_rid")[0] for _, text in splunkd.received}) == 10


def test_end_while_the_sidecar_is_asked_says_so(start, splunkd, fake_sidecar):
    fake_sidecar.fault("hang", times=1, arg=30)
    process = start([attack(i) for i in range(40)], sidecar="batch_events = 10\ntimeout = 60\n")
    wait_until(lambda: fake_sidecar.seen()["requests"])
    started = time.monotonic()
    lines = end(process)
    assert time.monotonic() - started < 5
    assert any("ended by splunkd" in line and "0 notable and 0 risk events were written" in line for line in lines)
    assert splunkd.received == []
