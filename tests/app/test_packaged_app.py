"""The unpacked package under the Pythons that Splunk ships, started as splunkd does, without a sidecar."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from loglm_bridge.splunk.rows.columns import column_names
from tests.contract.interpreters import interpreters
from tests.splunk.fault_proxy import closed_port
from tests.splunk.splunkd import frame

#: Streams that a real splunkd wrote (below ../shared/recordings).
RECORDINGS = (
    "scpv2/countmatches.input",
    pytest.param("scpv2/sum.map.input.gz", marks=pytest.mark.slow),  # 50,000 rows in one chunk
    "real-8.2.1/doubleage.input",
    "real-8.2.1/accumages.input",
)


@pytest.fixture(params=[sys.executable, *interpreters()], ids=lambda path: Path(path).parents[1].name)
def python(request) -> list[str]:
    """An interpreter that can import neither this project nor installed packages."""
    return [request.param, "-I", "-S", "-B"]


@pytest.fixture
def app_without_sidecar(app, tmp_path) -> Path:
    """The app with a sidecar address at which nothing listens, and a token file."""
    home = tmp_path / "loglm_bridge"
    home.mkdir()
    for part in app.iterdir():
        (home / part.name).symlink_to(part)
    (home / "bin").unlink()
    (home / "bin").mkdir()
    for script in (app / "bin").iterdir():  # real files: each derives the app folder from its own path
        (home / "bin" / script.name).write_bytes(script.read_bytes())
    (home / "local").mkdir()
    (tmp_path / "token").write_text("A" * 43)
    (home / "local/loglm.conf").write_text(
        f"[sidecar]\nurl = http://127.0.0.1:{closed_port()}\ntoken_file = {tmp_path / 'token'}\n"
    )
    return home


GETINFO = {
    "action": "getinfo",
    "preview": False,
    "searchinfo": {"args": ["top=2"], "raw_args": ["top=2"], "sid": "1700000000.1", "app": "search", "owner": "admin"},
}


def converse(command, *records):
    """Run a program on records; return metadata and body of each answer."""
    completed = subprocess.run(command, input=b"".join(records), capture_output=True, timeout=60)
    assert (completed.returncode, completed.stderr) == (0, b"")
    answers, rest = [], completed.stdout
    while rest:
        head, _, rest = rest.partition(b"\n")
        meta, body = (int(n) for n in head.removeprefix(b"chunked 1.0,").split(b","))
        answers.append((json.loads(rest[:meta]), rest[meta : meta + body].decode()))
        rest = rest[meta + body :]
    return answers


def test_getinfo_needs_neither_sidecar_nor_session(python, app_without_sidecar):
    ((info, _),) = converse([*python, str(app_without_sidecar / "bin/loglm.py")], frame(GETINFO))
    assert info["type"] == "stateful"  # search head only
    assert set(info["required_fields"]) >= {"_raw", "host", "source", "sourcetype", "_time"}
    assert "error" not in info


def test_rows_have_all_columns_without_a_sidecar(python, app_without_sidecar):
    body = "_raw,_time,_chunked_idx\r\nfirst,1700000000,0\r\n,1700000001,1\r\nthird,1700000002,2\r\n"
    answers = converse(
        [*python, str(app_without_sidecar / "bin/loglm.py")],
        frame(GETINFO),
        frame({"action": "execute", "finished": True}, body.encode()),
    )
    (_, _), (info, rows) = answers
    lines = rows.splitlines()
    header = lines[0].split(",")
    assert set(column_names("loglm_", "labels")) <= set(header)
    status = header.index("loglm_status")
    assert [line.split(",")[status] for line in lines[1:]] == ["unavailable", "empty", "unavailable"]
    (message,) = info["inspector"]["messages"]
    assert message[0] == "WARN"
    assert "2 of 3 events returned without labels" in message[1]


def test_invalid_option_gives_a_message(python, app_without_sidecar):
    getinfo = {**GETINFO, "searchinfo": {**GETINFO["searchinfo"], "args": ["threshold=1e999"]}}
    ((info, _),) = converse([*python, str(app_without_sidecar / "bin/loglm.py")], frame(getinfo))
    assert "threshold must be a number from 0 to 1" in info["error"]


def test_input_prints_its_scheme(python, app_without_sidecar):
    command = [*python, str(app_without_sidecar / "bin/loglm_input.py"), "--scheme"]
    completed = subprocess.run(command, capture_output=True, stdin=subprocess.DEVNULL, timeout=60)
    assert (completed.returncode, completed.stderr) == (0, b"")
    assert b"<scheme>" in completed.stdout
    assert b'name="search"' in completed.stdout


def test_alert_action_refuses_an_invalid_payload(python, app_without_sidecar):
    command = [*python, str(app_without_sidecar / "bin/loglm_notable.py"), "--execute"]
    completed = subprocess.run(command, input=b"{", capture_output=True, timeout=60)
    assert completed.returncode != 0
    assert completed.stderr.startswith(b"ERROR")
    assert b"cannot start" not in completed.stderr
    assert b"Traceback" not in completed.stderr


def test_every_module_can_be_imported(python, app):
    modules = sorted(
        ".".join(path.relative_to(app / "lib").with_suffix("").parts)
        for path in (app / "lib/loglm_bridge").rglob("*.py")
    )
    script = (
        "import importlib, sys; sys.path.insert(0, sys.argv[1]); [importlib.import_module(m) for m in sys.argv[2:]]"
    )
    command = [*python, "-W", "error", "-c", script, str(app / "lib"), *(m.removesuffix(".__init__") for m in modules)]
    completed = subprocess.run(command, capture_output=True, timeout=60)
    assert (completed.returncode, completed.stderr) == (0, b"")


@pytest.mark.shared
@pytest.mark.parametrize("recording", RECORDINGS)
def test_recorded_streams_are_answered(python, app_without_sidecar, shared, recording):
    command = [
        sys.executable,
        str(shared / "tools/fake_splunkd.py"),
        "--args",
        "",
        str(shared / "recordings" / recording),
    ]
    completed = subprocess.run(
        [*command, "--", *python, str(app_without_sidecar / "bin/loglm.py")],
        capture_output=True,
        text=True,
        timeout=110,
    )
    assert completed.returncode == 0, completed.stdout + completed.stderr
    assert "OK" in completed.stdout
