"""A sidecar process, and the requests of tests to it."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from queue import Empty, Queue

import requests

ROOT = Path(__file__).parents[2]
READY = re.compile(r"LogLM sidecar ready on (\S+)")


class Process:
    """`loglm serve` as a process of its own, by default with the double of the model."""

    def __init__(
        self,
        folder: Path,
        *flags: str,
        module: str = "tests.sidecar.double",
        closed_streams: bool = False,
        **environ: str,
    ):
        self.folder = folder
        self.token_file = folder / "token"
        port = ("--port", "0") if "--port" not in flags else ()
        token = ("--token-file", str(self.token_file)) if "--token-file" not in flags else ()
        self.started = time.monotonic()
        self.errors = (folder / "stderr").open("wb")
        read_end, broken = os.pipe()
        os.close(read_end)
        self.process = subprocess.Popen(
            [sys.executable, "-W", "error", "-m", module, *port, *token, *flags],
            cwd=ROOT,
            env={"PATH": os.environ["PATH"], "HOME": str(folder), "PYTHONPATH": str(ROOT), **environ},
            stdout=broken if closed_streams else subprocess.PIPE,
            stderr=broken if closed_streams else self.errors,
            text=True,
        )
        os.close(broken)
        self.lines: Queue[str] = Queue()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        self.url = ""
        self.session = requests.Session()
        self.session.trust_env = False

    def _read(self):
        for line in self.process.stdout or ():
            self.lines.put(line)

    def ready(self, seconds: float = 30) -> Process:
        """Wait until requests are accepted."""
        deadline = time.monotonic() + seconds
        while not self.url:
            try:
                line = self.lines.get(timeout=0.1)
            except Empty:
                assert self.process.poll() is None, self.log()
                assert time.monotonic() < deadline, self.log()
                continue
            announced = READY.fullmatch(line.strip())
            assert announced, line
            self.url = announced[1]
        return self

    def listening(self, seconds: float = 30) -> Process:
        """Wait until it listens, ready or not; the log names the URL."""

        def url_is_logged() -> bool:
            self.url = next((r["url"] for r in self.records() if r["message"] == "starting"), "")
            return bool(self.url)

        wait_until(url_is_logged, seconds)
        return self

    def wait_for_queue(self, events: int) -> None:
        """Wait until at least so many events are queued or with the model."""
        wait_until(lambda: self.metrics()["loglm_queue_events"] >= events)

    @property
    def port(self) -> int:
        return int(self.url.rpartition(":")[2])

    @property
    def token(self) -> str:
        return self.token_file.read_text().strip()

    def ask(self, path: str, data=None, **options) -> requests.Response:
        """Send a request with the token; a POST where there is data."""
        headers = {"Authorization": f"Bearer {self.token}"} | options.pop("headers", {})
        method = "GET" if data is None else "POST"
        body = None if data is None else data if isinstance(data, bytes) else json.dumps(data).encode()
        return self.session.request(method, self.url + path, data=body, headers=headers, timeout=30, **options)

    def label(self, *raws: str, path: str = "/v1/label", **options) -> list[dict]:
        """Return the results of one batch."""
        answer = self.ask(path, {"events": [{"raw": raw} for raw in raws], "options": options})
        assert answer.status_code == 200, answer.text
        assert len(answer.json()["results"]) == len(raws)
        return answer.json()["results"]

    def metrics(self) -> dict[str, float]:
        """Return all samples of /metrics."""
        lines = (line for line in self.ask("/metrics").text.splitlines() if not line.startswith("#"))
        return {name: float(value) for name, _, value in (line.rpartition(" ") for line in lines)}

    def connect(self) -> socket.socket:
        """Open a raw connection."""
        return socket.create_connection(("127.0.0.1", self.port), timeout=20)

    def log(self) -> str:
        return (self.folder / "stderr").read_text()

    def records(self) -> list[dict]:
        """Return the complete lines of the log; every one must be a JSON object."""
        return [json.loads(line) for line in self.log().split("\n")[:-1] if line.startswith("{")]

    def stop(self, number: int = signal.SIGTERM) -> int:
        """Send a signal and return the exit code."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        return self.wait()

    def wait(self, seconds: float = 20) -> int:
        return self.process.wait(seconds)

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self._reader.join()
        if self.process.stdout:
            self.process.stdout.close()
        self.errors.close()
        self.session.close()


def wait_until(condition: Callable[[], object], seconds: float = 30) -> None:
    """Wait until a condition holds."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def check_counters(metrics: dict[str, float]) -> None:
    """Check that received equals finished plus in flight. The request that reads the metrics is in flight."""

    def total(name: str) -> float:
        return sum(value for key, value in metrics.items() if key.startswith(name + "{"))

    in_flight = metrics["loglm_requests_in_flight"]
    assert metrics["loglm_requests_received_total"] == total("loglm_requests_total") + in_flight
    assert metrics["loglm_events_received_total"] == total("loglm_events_total") + metrics["loglm_queue_events"]
