"""The fake sidecar as a process."""

import json
import os
import subprocess
import sys
import urllib.request
from pathlib import Path

#: The token of fake sidecars.
TOKEN = "t0ken-of-the-fake"


class FakeSidecarProcess:
    """A process of fake_sidecar.py; killed when its context ends."""

    def __init__(self, root):
        script = Path(__file__).with_name("fake_sidecar.py")
        self.process = subprocess.Popen(
            [sys.executable, str(script), TOKEN], stdout=subprocess.PIPE, env={**os.environ, "PYTHONPATH": str(root)}
        )
        self.port = int(self.process.stdout.readline())
        self.url = f"http://127.0.0.1:{self.port}"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.kill()

    def fault(self, fault="", times=-1, arg=None):
        """Reset all counts, and make the next `times` responses faulty (-1: all)."""
        body = json.dumps({"fault": fault, "times": times, "arg": arg}).encode()
        self._call(urllib.request.Request(self.url + "/control", data=body))

    def seen(self):
        """Return the counts since the last call of `fault`."""
        return json.loads(self._call(self.url + "/control"))

    def kill(self):
        """Kill the process with SIGKILL."""
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()

    @staticmethod
    def _call(request):
        with urllib.request.urlopen(request, timeout=10) as response:
            return response.read()
