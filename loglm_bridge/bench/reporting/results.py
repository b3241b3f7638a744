"""What was measured so far: printed line by line, kept as JSON part by part."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from loglm_bridge.bench import processes
from loglm_bridge.bench.environment import Setting
from loglm_bridge.bench.growth import Curve
from loglm_bridge.bench.reporting import report
from loglm_bridge.bench.reporting.comparison import Figure
from loglm_bridge.bench.workload import streams
from loglm_bridge.model.folder.model_folder import ModelFolder


class Results:
    """The figures of one run; `out` is the file that keeps them, if any."""

    def __init__(self, setting: Setting, out: Path | None) -> None:
        self._out, model = out, str(ModelFolder.open(setting.model).id)
        self._shares = {name: streams.shares(s.events(0, setting.size(s))) for name, s in setting.streams.items()}
        self._data: dict[str, Any] = {
            "machine": processes.machine(),
            "model": model,
            "profile": setting.profile,
            "pinned": setting.pinned,
            "events": setting.events,
            "rounds": setting.rounds,
            "streams": {},
            "figures": [],
        }
        for text in report.head(self._data):
            print(text, flush=True)

    def figures(self, figures: Iterable[Figure]) -> None:
        """Print and keep figures as they come."""
        for figure in figures:
            print(report.line(figure, self._shares), flush=True)
            self._data["figures"].append(figure.to_dict())
        self._write()

    def soak(self, figures: Iterable[Figure], details: dict[str, Any], shares: tuple[float, float]) -> None:
        """Print and keep the long run."""
        self._data["soak"] = details
        self._shares["soak"] = shares
        self.figures(figures)

    def curves(self, curves: Iterable[Curve], folder: Path | None) -> None:
        """Keep the curves and draw them in `folder`, if any."""
        found = list(curves)
        self._data["growth"] = {curve.name: curve.to_dict() for curve in found}
        self._write()
        if folder is None:
            return
        try:
            from loglm_bridge.bench.reporting import plots
        except ModuleNotFoundError as error:
            print(f"loglm: no plots without {error.name}: pip install 'loglm-bridge[lab]'", file=sys.stderr)
        else:
            plots.draw(found, folder)

    def _write(self) -> None:
        named = {name: {"distinct_raw": raw, "distinct_canonical": c} for name, (raw, c) in self._shares.items()}
        self._data["streams"] = named
        if self._out is not None:
            self._out.write_text(json.dumps(self._data, indent=1) + "\n", encoding="utf-8")
