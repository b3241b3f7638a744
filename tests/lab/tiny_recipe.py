"""The shipped recipe with small sizes, for runs that take seconds."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from loglm_bridge.lab.recipe import SHIPPED

#: Detection content of two rules.
TINY_RULES = Path(__file__).with_name("rules")


def content(**sections: dict[str, Any]) -> dict[str, Any]:
    """The shipped recipe with small sizes; `sections` changes further keys of a section."""
    recipe = yaml.safe_load(SHIPPED.read_text("utf-8"))
    recipe.update(pieces=500, samples_per_rule=2, prototypes=8)
    small: dict[str, dict[str, Any]] = {
        "encoder": {"layers": 1, "width": 32, "heads": 2, "inner": 64},
        "distil": {"layers": 1, "width": 16, "heads": 2, "inner": 32, "epochs": 2, "minutes": 1e6},
        "pretrain": {"epochs": 1, "minutes": 1e6, "budget": 1024},
        "technique": {"bag": 4, "hidden": 8, "epochs": 2, "batch": 32},
        "malice": {"bag": 4, "hidden": 8, "epochs": 2, "batch": 32},
    }
    for changes in (small, sections):
        for name, values in changes.items():
            recipe[name].update(values)
    return recipe


def write(path: Path, **sections: dict[str, Any]) -> Path:
    """Write such a recipe."""
    path.write_text(yaml.safe_dump(content(**sections)))
    return path
