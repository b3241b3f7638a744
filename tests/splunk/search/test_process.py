"""The process of the search command: a clean exit, errors as messages, its log, what it imports."""

import subprocess
import sys
import time

import pytest

from tests.splunk.sample_rows import rows_of
from tests.splunk.sidecar_process import TOKEN
from tests.splunk.splunkd import encode_rows, frame


def test_cancel_between_chunks_exits_cleanly(fake_sidecar, app_at, search, log_of):
    command = search(app_at(fake_sidecar.port))
    command.getinfo()
    command.execute(rows_of("a"), finished=False)
    assert command.end() == 0
    assert " INFO " in log_of()
    assert "search cancelled sid=1700000000.1 rows=1 ok=1 " in log_of()


def test_cancel_within_a_chunk_exits_cleanly(fake_sidecar, app_at, search):
    command = search(app_at(fake_sidecar.port))
    command.getinfo()
    command.send(frame({"action": "execute", "finished": True}, encode_rows(rows_of("a")))[:-20])
    assert command.end() == 0


def test_closed_stdout_exits_cleanly(fake_sidecar, app_at, search, log_of):
    command = search(app_at(fake_sidecar.port))
    command.getinfo()
    command.process.stdout.close()
    body = encode_rows(rows_of(*["x" * 1000] * 500))
    command.send(frame({"action": "execute", "finished": True}, body))
    command.process.stdin.close()
    assert command.process.wait(20) == 0
    assert command.process.stderr.read() == b""
    assert "ERROR" not in log_of()


@pytest.mark.parametrize(
    "noise", [b"GET / HTTP/1.1\r\n\r\n", b"chunked 1.0,3,0\n{a}", b"chunked 1.0,2,0\n[]", b"\xff" * 500]
)
def test_invalid_getinfo_gives_a_message(noise, fake_sidecar, app_at, search):
    command = search(app_at(fake_sidecar.port))
    command.send(noise)
    metadata, _ = command.receive()
    assert metadata["finished"] is True
    assert "splunkd sent" in metadata["error"]
    assert command.end() == 0


def test_rows_before_getinfo_give_a_message(fake_sidecar, app_at, search):
    command = search(app_at(fake_sidecar.port))
    command.send(frame({"action": "execute", "finished": True}))
    assert "not with getinfo" in command.receive()[0]["error"]
    assert command.end() == 0


def test_log_has_one_line_and_no_secret(fake_sidecar, app_at, search, log_of):
    command = search(app_at(fake_sidecar.port))
    command.getinfo(session_key="s3ssion-key", sid="17\nERROR forged \x1b[31m")
    command.execute(rows_of("canary-raw-text"))
    assert command.end() == 0
    (line,) = log_of().splitlines()
    assert " INFO " in line
    assert "sid=17\\nERROR forged \\u001b[31m rows=1 ok=1" in line
    for secret in (TOKEN, "s3ssion-key", "canary-raw-text"):
        assert secret not in log_of()


def test_no_log_without_splunk_home(fake_sidecar, app_at, search, splunk_env):
    del splunk_env["SPLUNK_HOME"]
    command = search(app_at(fake_sidecar.port))
    command.getinfo()
    command.execute(rows_of("a"))
    assert command.end() == 0


def test_damaged_app_gives_a_message(fake_sidecar, app_at, search, splunk_env):
    app = app_at(fake_sidecar.port)
    (app / "lib/loglm_bridge").mkdir(parents=True)
    # not an empty file: an editable install would find the parts below it elsewhere
    (app / "lib/loglm_bridge/__init__.py").write_text("import a_module_that_was_lost\n")
    command = search(app)
    metadata = command.getinfo()
    assert metadata["finished"] is True
    assert "the app cannot start on Python 3." in metadata["error"]
    assert command.end() == 0


def test_getinfo_without_searchinfo_uses_neither_sidecar_nor_log(fake_sidecar, app_at, search, log_of):
    command = search(app_at(fake_sidecar.port))
    command.send(frame({"action": "getinfo"}))
    metadata, _ = command.receive()
    assert metadata["type"] == "stateful"
    assert command.end() == 0
    assert fake_sidecar.seen()["health"] == fake_sidecar.seen()["requests"] == 0
    assert log_of() == ""


def test_getinfo_does_not_import_what_only_rows_need(splunk_env):
    program = "import sys, loglm_bridge.splunk.search.command as c; print(*sys.modules)"
    completed = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, env=splunk_env, check=True
    )
    late = {
        *("requests", "urllib3", "splunklib", "http.client", "ssl", "csv", "threading", "logging", "hashlib"),
        *("loglm_bridge.contract.wire", "loglm_bridge.contract.attack_table"),
    }
    assert late & set(completed.stdout.split()) == set()


def test_rows_import_neither_splunklib_nor_requests(splunk_env):
    program = "import sys, loglm_bridge.splunk.search.labeller as c; print(*sys.modules)"
    completed = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, env=splunk_env, check=True
    )
    assert {"requests", "urllib3", "splunklib"} & set(completed.stdout.split()) == set()


def test_getinfo_is_quick(fake_sidecar, app_at, search):
    app = app_at(fake_sidecar.port)
    times = []
    for _ in range(5):
        started = time.perf_counter()
        search(app).getinfo()
        times.append(time.perf_counter() - started)
    # 0.15 s on an idle machine; the best of five, because tests share theirs
    assert min(times) < 0.6
