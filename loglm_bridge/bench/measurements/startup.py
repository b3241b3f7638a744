"""How long a start takes: of the search command, which splunkd starts several times a search, and of the sidecar."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator

from loglm_bridge.bench.comparison import Figure, Measurement, compare, in_turn, run_interleaved
from loglm_bridge.bench.environment import PASS_THROUGH, Environment, label_events
from loglm_bridge.bench.workload.splunkd_driver import GROWING, SearchCost

#: Starts of a command in each round.
_STARTS = 4

#: The libraries of the sidecar, without the model and without code of the project.
_LIBRARIES = "import numpy, onnxruntime, starlette.applications, tokenizers, uvicorn"


def measure(environment: Environment) -> Iterator[Figure]:
    """Yield seconds from the start of a process until it does its work."""
    stream, rows = environment.first_stream, GROWING[0]
    with environment.sidecar() as sidecar:
        label_events([sidecar], stream, 0, rows)
        commands = {"pass-through": PASS_THROUGH, "ours": environment.command(sidecar)}
        costs: dict[str, list[SearchCost]] = {name: [] for name in commands}
        for number in range(environment.rounds * _STARTS):
            for name in in_turn(list(commands), number):
                costs[name].append(environment.search(commands[name], stream.events(0, rows, turn=number)))
    for what, key in (("answer to getinfo", "getinfo"), (f"first {rows} rows are back", "first")):
        ours, baseline = ([Measurement(float(vars(one)[key])) for one in costs[n]] for n in ("ours", "pass-through"))
        title = f"| loglm: start until {what}"
        yield compare("start", title, stream.name, "s", ours, "pass-through", baseline)
    measures = {"imports": lambda _: _import_seconds(), "ready": lambda _: _ready_seconds(environment)}
    results = run_interleaved(environment.rounds, measures)
    title = "loglm serve: start until ready"
    yield compare("start", title, "", "s", results["ready"], "its libraries alone", results["imports"])


def _ready_seconds(environment: Environment) -> Measurement:
    began = time.monotonic()
    with environment.sidecar():
        return Measurement(time.monotonic() - began)


def _import_seconds() -> Measurement:
    began = time.monotonic()
    subprocess.run([sys.executable, "-c", _LIBRARIES], check=True)  # noqa: S603 - our own command
    return Measurement(time.monotonic() - began)
