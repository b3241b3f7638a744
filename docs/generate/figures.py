"""The shipped model's manifest, and its figures as texts."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

from loglm_bridge.model.registry import SHIPPED

#: Validation sets of Windows recordings by other authors than the training recordings.
WINDOWS_SETS = ("evtx_attack_samples", "open_xp_rules")
FLOW_SET = "netflow_cic2017"
CLOUD_SET = "panther_rule_tests"


def folder() -> Path:
    """Return the folder of the shipped model."""
    return next(path.parent for path in SHIPPED.glob("*/manifest.json"))


@cache
def manifest() -> Any:
    """Return the manifest of the shipped model."""
    return json.loads((folder() / "manifest.json").read_text(encoding="utf-8"))


def metrics() -> Any:
    """Return the report of `loglm evaluate` that the manifest holds."""
    return manifest()["metrics"]


def at(part: Any, path: Sequence[str]) -> Any:
    """Return a value of nested objects, None where a key is absent."""
    for key in path:
        part = (part or {}).get(key)
    return part


def three(value: float | None) -> str:
    """Return a number with three decimals."""
    return "-" if value is None else f"{value:.3f}"


def share(value: float | None) -> str:
    """Return a share in percent."""
    return "-" if value is None else f"{value * 100:.0f} %"
