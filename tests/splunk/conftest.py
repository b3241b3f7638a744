"""A stand-in sidecar, a fault proxy before it, and app folders that point at one of them."""

import json
import os
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from tests.splunk.fault_proxy import FaultProxy
from tests.splunk.splunkd import Search
from tests.splunk.splunkd_standin import Splunkd

TOKEN = "t0ken-of-the-standin"


class Sidecar:
    """A stand-in sidecar's process."""

    def __init__(self, root):
        script = Path(__file__).with_name("sidecar_standin.py")
        self.process = subprocess.Popen(
            [sys.executable, str(script), TOKEN], stdout=subprocess.PIPE, env={**os.environ, "PYTHONPATH": str(root)}
        )
        self.port = int(self.process.stdout.readline())
        self.url = f"http://127.0.0.1:{self.port}"

    def fault(self, fault="", left=-1, arg=None):
        """Forget all counts, and make the next `left` answers go wrong."""
        body = json.dumps({"fault": fault, "left": left, "arg": arg}).encode()
        self._call(urllib.request.Request(self.url + "/control", data=body))

    def seen(self):
        """What was counted."""
        return json.loads(self._call(self.url + "/control"))

    def kill(self):
        """SIGKILL."""
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()

    @staticmethod
    def _call(request):
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.read()


@pytest.fixture(scope="session")
def standin_process(root):
    """One stand-in for all tests."""
    sidecar = Sidecar(root)
    yield sidecar
    sidecar.kill()


@pytest.fixture
def standin(standin_process):
    """The stand-in, without faults and counts of an earlier test."""
    standin_process.fault()
    return standin_process


@pytest.fixture
def mortal(root):
    """A stand-in that the test may kill."""
    sidecar = Sidecar(root)
    yield sidecar
    sidecar.kill()


@pytest.fixture
def proxy(standin):
    """A fault proxy before the stand-in."""
    proxy = FaultProxy(standin.port)
    yield proxy
    proxy.close()


@pytest.fixture
def app_at(root, tmp_path):
    """Make an app folder whose sidecar listens on a port; further keys go to local/loglm.conf."""

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
    """The environment of a process that splunkd starts; the package comes from the checkout."""
    keep = {name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "LANG", "SYSTEMROOT")}
    return {**keep, "SPLUNK_HOME": str(tmp_path / "splunk"), "PYTHONPATH": str(root), "PYTHONDONTWRITEBYTECODE": "1"}


@pytest.fixture
def log_of(tmp_path):
    """Read the app's log."""

    def read():
        path = tmp_path / "splunk/var/log/splunk/loglm.log"
        return path.read_text() if path.exists() else ""

    return read


@pytest.fixture
def search(splunk_env):
    """Start searches of an app; they end with the test."""
    started = []

    def start(app, python=sys.executable, script="loglm.py"):
        started.append(Search(python, app, splunk_env, script))
        return started[-1]

    yield start
    for one in started:
        one.__exit__()


@pytest.fixture
def splunkd():
    """A stand-in for splunkd's REST interface."""
    server = Splunkd()
    yield server
    server.close()


@pytest.fixture
def write_back_app(root, app_at):
    """Make an app folder that also has the input and the alert action; further keys go to local/loglm.conf."""

    def make(port, **conf):
        app = app_at(port, **conf)
        for name in ("loglm_input.py", "loglm_notable.py"):
            (app / "bin" / name).write_bytes((root / "bin" / name).read_bytes())
        return app

    return make
