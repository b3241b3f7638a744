"""How long a start takes: of the search command, which splunkd starts several times a search, and of the sidecar."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator

from loglm_bridge.bench.environment import PASS_THROUGH, Setting, label
from loglm_bridge.bench.reporting.comparison import Figure, Run, compared, interleaved
from loglm_bridge.bench.workload import splunkd_driver
from loglm_bridge.bench.workload.splunkd_driver import GROWING, Search

#: Starts of a command for each round.
_TIMES = 4

#: What the sidecar is built on, without the model and without code of the project.
_LIBRARIES = "import numpy, onnxruntime, starlette.applications, tokenizers, uvicorn"


def measure(setting: Setting) -> Iterator[Figure]:
    """Yield seconds from the start of a process to what it is there for."""
    stream = next(iter(setting.streams.values()))
    with setting.sidecar() as sidecar:
        label([sidecar], stream, 0, GROWING[0])
        commands = {"pass-through": PASS_THROUGH, "ours": setting.command(sidecar)}
        found: dict[str, list[Search]] = {name: [] for name in commands}
        for number in range(setting.rounds * _TIMES):
            for name in list(commands) if number % 2 == 0 else reversed(list(commands)):
                events = stream.events(0, GROWING[0], turn=number)
                found[name].append(splunkd_driver.search(commands[name], [], events, setting.env))
    for what, key in (("answer to getinfo", "getinfo"), (f"first {GROWING[0]} rows are back", "first")):
        ours, base = ([(float(vars(one)[key]), 0.0) for one in found[name]] for name in ("ours", "pass-through"))
        yield compared("start", f"| loglm: start until {what}", stream.name, "s", ours, "pass-through", base)
    runs = interleaved(setting.rounds, {"imports": lambda _: _imports(), "ready": lambda _: _ready(setting)})
    what = "loglm serve: start until ready"
    yield compared("start", what, "", "s", runs["ready"], "its libraries alone", runs["imports"])


def _ready(setting: Setting) -> Run:
    began = time.monotonic()
    with setting.sidecar():
        return time.monotonic() - began, 0.0


def _imports() -> Run:
    began = time.monotonic()
    subprocess.run([sys.executable, "-c", _LIBRARIES], check=True)  # noqa: S603 - our own command
    return time.monotonic() - began, 0.0
