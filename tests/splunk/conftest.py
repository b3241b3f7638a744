"""Fixtures of the Splunk side: a fake sidecar, a fault proxy in front of it, app folders, searches, a fake splunkd."""

import os
import sys

import pytest

from tests.splunk.fake_splunkd_rest import FakeSplunkd
from tests.splunk.fault_proxy import FaultProxy
from tests.splunk.sidecar_process import TOKEN, FakeSidecarProcess
from tests.splunk.splunkd import Search


@pytest.fixture(scope="session")
def sidecar_process(root):
    """A fake sidecar for all tests."""
    with FakeSidecarProcess(root) as process:
        yield process


@pytest.fixture
def fake_sidecar(sidecar_process):
    """The fake sidecar, without faults and counts of an earlier test."""
    sidecar_process.fault()
    return sidecar_process


@pytest.fixture
def killable_sidecar(root):
    """A fake sidecar that the test may kill."""
    with FakeSidecarProcess(root) as process:
        yield process


@pytest.fixture
def proxy(fake_sidecar):
    """A fault proxy in front of the fake sidecar."""
    proxy = FaultProxy(fake_sidecar.port)
    yield proxy
    proxy.close()


@pytest.fixture
def app_at(root, tmp_path):
    """Return a function that creates an app folder with a sidecar's port; further keys go to local/loglm.conf."""

    def make(port, *, labels="", sidecar="", token=TOKEN):
        app = tmp_path / "app"
        for folder in ("bin", "default", "local"):
            (app / folder).mkdir(parents=True, exist_ok=True)
        for name in ("bin/loglm.py", "bin/loglmincidents.py", "default/loglm.conf"):
            (app / name).write_bytes((root / name).read_bytes())
        (app / "local/token").write_text(token + "\n")
        conf = f"[sidecar]\nurl = http://127.0.0.1:{port}\ntoken_file = local/token\n{sidecar}\n[labels]\n{labels}\n"
        (app / "local/loglm.conf").write_text(conf)
        (tmp_path / "splunk/var/log/splunk").mkdir(parents=True, exist_ok=True)
        return app

    return make


@pytest.fixture
def splunk_env(root, tmp_path):
    """The environment of a process that splunkd starts; the package is that of the checkout."""
    kept = {name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "LANG", "SYSTEMROOT")}
    return {**kept, "SPLUNK_HOME": str(tmp_path / "splunk"), "PYTHONPATH": str(root), "PYTHONDONTWRITEBYTECODE": "1"}


@pytest.fixture
def log_of(tmp_path):
    """Return a function that reads the app's log."""

    def read():
        path = tmp_path / "splunk/var/log/splunk/loglm.log"
        return path.read_text() if path.exists() else ""

    return read


@pytest.fixture
def search(splunk_env):
    """Return a function that starts the search command of an app; the processes end with the test."""
    started = []

    def start(app, python=sys.executable, script="loglm.py"):
        started.append(Search(python, app, splunk_env, script))
        return started[-1]

    yield start
    for command in started:
        command.__exit__()


@pytest.fixture
def splunkd():
    """A fake of splunkd's REST interface."""
    server = FakeSplunkd()
    yield server
    server.close()


@pytest.fixture
def write_back_app(root, app_at):
    """Return a function like `app_at` whose app folder also has the input and the alert action."""

    def make(port, **conf):
        app = app_at(port, **conf)
        for name in ("loglm_input.py", "loglm_notable.py"):
            (app / "bin" / name).write_bytes((root / "bin" / name).read_bytes())
        return app

    return make
