"""What was measured so far: printed line by line, written as JSON part by part."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from loglm_bridge.bench import processes
from loglm_bridge.bench.comparison import Curve, Figure
from loglm_bridge.bench.environment import Environment
from loglm_bridge.bench.reporting import report
from loglm_bridge.bench.workload import streams
from loglm_bridge.model.folder.model_folder import ModelFolder


class Results:
    """The results of one run. `out` is the file that they are written to, if any."""

    def __init__(self, environment: Environment, out: Path | None) -> None:
        self._out, model = out, str(ModelFolder.open(environment.model).id)
        self._shares = {
            name: streams.shares(s.events(0, environment.size(s))) for name, s in environment.streams.items()
        }
        self._data: dict[str, Any] = {
            "machine": processes.machine(),
            "model": model,
            "profile": environment.profile,
            "pinned": environment.pinned,
            "events": environment.events,
            "rounds": environment.rounds,
            "streams": {},
            "figures": [],
        }
        for text in report.head(self._data):
            print(text, flush=True)

    def figures(self, figures: Iterable[Figure]) -> None:
        """Print and record figures as they come."""
        for figure in figures:
            print(report.line(figure, self._shares), flush=True)
            self._data["figures"].append(figure.to_dict())
        self._write()

    def soak(self, figures: Iterable[Figure], details: dict[str, Any], shares: tuple[float, float]) -> None:
        """Print and record the long run."""
        self._data["soak"] = details
        self._shares["soak"] = shares
        self.figures(figures)

    def curves(self, curves: Iterable[Curve], folder: Path | None) -> None:
        """Record the curves and draw them in `folder`, if any."""
        drawn = list(curves)
        self._data["growth"] = {curve.name: curve.to_dict() for curve in drawn}
        self._write()
        if folder is None:
            return
        try:
            from loglm_bridge.bench.reporting import plots
        except ModuleNotFoundError as error:
            print(f"loglm: no plots without {error.name}: pip install 'loglm-bridge[lab]'", file=sys.stderr)
        else:
            plots.draw(drawn, folder)

    def _write(self) -> None:
        self._data["streams"] = {
            name: {"distinct_raw": raw, "distinct_canonical": canonical}
            for name, (raw, canonical) in self._shares.items()
        }
        if self._out is not None:
            self._out.write_text(json.dumps(self._data, indent=1) + "\n", encoding="utf-8")
