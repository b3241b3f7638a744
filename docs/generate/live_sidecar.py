"""A sidecar with the shipped model, for the parts of the documentation that show its answers."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path

import requests

from loglm_bridge.contract.event import Event
from loglm_bridge.contract.wire import Options, write_request

#: The event and the options of the example.
EVENT = Event(
    '{"EventID":1,"Channel":"Microsoft-Windows-Sysmon/Operational",'
    '"CommandLine":"rundll32.exe comsvcs.dll, MiniDump 716 m.bin full"}',
    host="ws-014",
    time=1_700_000_000,
)
OPTIONS = Options(top=2)


@cache
def answers() -> tuple[str, str]:
    """Return what a sidecar answers to POST /v1/label with the example, and then to GET /metrics."""
    with tempfile.TemporaryDirectory() as folder:
        token_file = Path(folder, "token")
        command = [sys.executable, "-m", "loglm_bridge.cli", "serve", "--port", "0", "--token-file", str(token_file)]
        env = {"PATH": os.environ["PATH"], "HOME": folder}
        with subprocess.Popen(  # noqa: S603 - our own
            command, env=env, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        ) as process:
            try:
                ready = process.stdout.readline() if process.stdout else ""
                return _ask(ready.rpartition(" ")[2].strip(), token_file.read_text("ascii").strip())
            finally:
                process.terminate()


def _ask(url: str, token: str) -> tuple[str, str]:
    with requests.Session() as session:
        session.trust_env = False
        session.headers["Authorization"] = f"Bearer {token}"
        body = write_request([EVENT], OPTIONS)
        label = session.post(f"{url}/v1/label", data=body, timeout=60)
        metrics = session.get(f"{url}/metrics", timeout=60)
    label.raise_for_status()
    metrics.raise_for_status()
    return label.text, metrics.text
