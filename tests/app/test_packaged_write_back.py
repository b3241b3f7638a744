"""Input and alert action of the unpacked package under the Pythons that Splunk ships."""

import gzip
import json
import os
import subprocess
import sys
import time
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from tests.contract.interpreters import interpreters
from tests.splunk.fake_splunkd_rest import SESSION, FakeSplunkd, event
from tests.splunk.modinput.input_process import complete_events, definition, validation
from tests.splunk.sidecar_process import TOKEN, FakeSidecarProcess
from tests.splunk.splunkd import encode_rows


@pytest.fixture(params=[sys.executable, *interpreters()], ids=lambda path: Path(path).parents[1].name)
def python(request):
    """An interpreter that can import neither this project nor installed packages."""
    return [request.param, "-I", "-S", "-B"]


@pytest.fixture
def splunkd():
    """A fake splunkd with the sidecar's token in its password store."""
    server = FakeSplunkd()
    server.passwords["loglm_bridge:sidecar:"] = TOKEN
    yield server
    server.close()


@pytest.fixture(scope="module")
def sidecar(root):
    """A fake sidecar."""
    with FakeSidecarProcess(root) as process:
        yield process


@pytest.fixture
def home(app, sidecar, tmp_path):
    """The app with the fake sidecar's address and no token file: the token comes from storage/passwords."""
    home = tmp_path / "loglm_bridge"
    for part in ("bin", "local"):
        (home / part).mkdir(parents=True)
    for part in ("default", "lib"):
        (home / part).symlink_to(app / part)
    for script in (app / "bin").iterdir():  # real files: each derives the app folder from its own path
        (home / "bin" / script.name).write_bytes(script.read_bytes())
    (home / "local/loglm.conf").write_text(f"[sidecar]\nurl = {sidecar.url}\n")
    return home


def run(python, home, script, text, *args):
    """Run a script as splunkd does, without the environment of this project."""
    env = {"PATH": os.environ["PATH"], "SPLUNK_HOME": str(home.parent / "splunk")}
    command = [*python, str(home / "bin" / script), *args]
    completed = subprocess.run(command, input=text.encode(), capture_output=True, env=env, timeout=60, check=False)
    return completed.returncode, completed.stdout.decode(), completed.stderr.decode().splitlines()


def test_scheme_is_printed(python, home):
    code, shown, lines = run(python, home, "loglm_input.py", "", "--scheme")
    assert (code, lines) == (0, [])
    assert ET.fromstring(shown).findtext("title") == "LogLM notable events"


def test_validation_of_an_input(python, home, splunkd, tmp_path):
    started = time.monotonic()
    good = validation(splunkd.uri, tmp_path, {"search": "index=main"})
    assert run(python, home, "loglm_input.py", good, "--validate-arguments") == (0, "", [])
    assert time.monotonic() - started < 15
    bad = validation(splunkd.uri, tmp_path, {"search": "index=main", "threshold": "2"})
    code, shown, lines = run(python, home, "loglm_input.py", bad, "--validate-arguments")
    assert (code, lines) == (1, [])
    assert "threshold must be" in ET.fromstring(shown).findtext("message")


def test_input_writes_a_notable(python, home, splunkd, tmp_path):
    now = int(time.time())
    splunkd.events = [event(now - 500, "mimikatz ł", time=now - 501.25), event(now - 400, "logon")]
    text = definition(splunkd.uri, tmp_path / "positions", {"search": "index=main"})
    code, shown, lines = run(python, home, "loglm_input.py", text)
    assert (code, [line.split()[0] for line in lines]) == (0, ["INFO"])
    ((_, notable_event),) = complete_events(shown)
    assert f'orig_time="{now - 501.25:.3f}"' in notable_event
    assert run(python, home, "loglm_input.py", text)[1] == ""


def test_input_without_a_token_reports_it(python, home, splunkd, tmp_path):
    splunkd.passwords.clear()
    text = definition(splunkd.uri, tmp_path / "positions", {"search": "index=main"})
    code, shown, (line,) = run(python, home, "loglm_input.py", text)
    assert (code, shown) == (1, "")
    assert line.startswith("ERROR LogLM input test: no token saved in storage/passwords")


def test_alert_action_writes_notable_and_risk_events(python, home, splunkd, tmp_path):
    rows = [{"_time": "1700000000", "_raw": "mimikatz ł", "host": "ws-17"}, {"_time": "1700000001", "_raw": "logon"}]
    (tmp_path / "results.csv.gz").write_bytes(gzip.compress(encode_rows(rows, ["_time", "_raw", "host"])))
    payload = {
        "results_file": str(tmp_path / "results.csv.gz"),
        "server_uri": splunkd.uri,
        "session_key": SESSION,
        "configuration": {"risk": "1"},
    }
    code, shown, lines = run(python, home, "loglm_notable.py", json.dumps(payload), "--execute")
    assert (code, shown) == (0, ""), lines
    assert [query["index"] for query, _ in splunkd.received] == ["notable", "risk"]
