"""The recipe: every choice that makes a model, in one file."""

from __future__ import annotations

from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, TypeVar

import yaml

from loglm_bridge.contract.errors import ConfigError
from loglm_bridge.lab.calibrate import Budget
from loglm_bridge.lab.examples import TeachingWeights
from loglm_bridge.lab.heads import NetSettings
from loglm_bridge.lab.pretrain import PretrainSettings

#: The recipe of the shipped model.
SHIPPED = Path(__file__).with_name("recipe.yaml")

Section = TypeVar("Section")


@dataclass(frozen=True)
class EncoderSizes:
    """Sizes of the encoder that the recipe chooses; the vocabulary gives the others."""

    layers: int
    width: int
    heads: int
    inner: int


@dataclass(frozen=True)
class Recipe:
    """A model's name, its seed and the settings of every stage."""

    name: str
    version: str
    seed: int
    pieces: int
    fills: int
    prototypes: int
    gate: float
    encoder: EncoderSizes
    pretrain: PretrainSettings
    weights: TeachingWeights
    technique: NetSettings
    malice: NetSettings
    budget: Budget

    @classmethod
    def read(cls, path: Path) -> Recipe:
        """Read a YAML recipe.

        Raises:
            ConfigError: a key is unknown, absent or of the wrong kind; names file and section.
        """
        data = yaml.safe_load(path.read_text("utf-8"))
        sections: dict[str, type[Any]] = {
            "encoder": EncoderSizes,
            "pretrain": PretrainSettings,
            "weights": TeachingWeights,
            "technique": NetSettings,
            "malice": NetSettings,
            "budget": Budget,
        }
        read = {name: _section(kind, data.get(name), f"{path.name}:{name}") for name, kind in sections.items()}
        plain = {f.name: data.get(f.name) for f in fields(cls) if f.name not in sections}
        missing = sorted(name for name, value in plain.items() if value is None)
        if missing:
            raise ConfigError(f"the recipe lacks {', '.join(missing)}", where=path.name)
        return cls(**plain, **read)


def _section(kind: type[Section], data: Any, where: str) -> Section:
    try:
        return kind(**(data or {}))
    except TypeError as error:
        raise ConfigError(f"not a section of a recipe: {error}", where=where) from error
