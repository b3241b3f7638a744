"""The recipe: every choice that makes a model, in one file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, TypeVar, get_origin, get_type_hints

import yaml

from loglm_bridge.contract.errors import ConfigError
from loglm_bridge.lab.company import CompanySettings
from loglm_bridge.lab.train.distil import DistilSettings
from loglm_bridge.lab.train.flow_training import FlowSettings
from loglm_bridge.lab.train.heads import NetSettings
from loglm_bridge.lab.train.pretrain import PretrainSettings
from loglm_bridge.lab.train.thresholds import Budget
from loglm_bridge.lab.weak_labels.training_examples import TeachingWeights

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
    signatures: bool
    level_say: float
    prototypes: int
    gate: float
    bound: float
    encoder: EncoderSizes
    pretrain: PretrainSettings
    distil: DistilSettings
    weights: TeachingWeights
    technique: NetSettings
    malice: NetSettings
    budget: Budget
    sequence: FlowSettings
    company: CompanySettings

    @classmethod
    def read(cls, path: Path) -> Recipe:
        """Read a YAML recipe.

        Raises:
            ConfigError: the file cannot be read, or a key is unknown, absent or of the wrong kind; names file and
                section.
        """
        data = _mapping(path)
        sections: dict[str, type[Any]] = {
            "encoder": EncoderSizes,
            "pretrain": PretrainSettings,
            "distil": DistilSettings,
            "weights": TeachingWeights,
            "technique": NetSettings,
            "malice": NetSettings,
            "budget": Budget,
            "sequence": FlowSettings,
            "company": CompanySettings,
        }
        read = {name: _section(kind, data.get(name), f"{path.name}:{name}") for name, kind in sections.items()}
        plain: dict[str, Any] = {f.name: data.get(f.name) for f in fields(cls) if f.name not in sections}
        missing = sorted(name for name, value in plain.items() if value is None)
        foreign = sorted(str(name) for name in data.keys() - plain.keys() - read.keys())
        if missing or foreign:
            problem = f"lacks {', '.join(missing)}" if missing else f"has unknown {', '.join(foreign)}"
            raise ConfigError(f"the recipe {problem}", where=path.name)
        _check_kinds(cls, plain, path.name)
        return cls(**plain, **read)


def _mapping(path: Path) -> dict[Any, Any]:
    try:
        data = yaml.safe_load(path.read_text("utf-8"))
    except (OSError, ValueError, yaml.YAMLError) as error:
        raise ConfigError(f"the recipe cannot be read: {error}", where=path.name) from error
    if not isinstance(data, dict):
        raise ConfigError("not a recipe: no keys and values", where=path.name)
    return data


def _section(kind: type[Section], data: Any, where: str) -> Section:
    try:
        section = kind(**(data or {}))
    except TypeError as error:
        raise ConfigError(f"not a section of a recipe: {error}", where=where) from error
    _check_kinds(kind, data or {}, where)
    return section


def _check_kinds(kind: type[Any], values: Mapping[str, Any], where: str) -> None:
    hints = get_type_hints(kind)
    for name, value in values.items():
        wanted = (int, float) if hints[name] is float else get_origin(hints[name]) or hints[name]
        if isinstance(value, bool) is not (wanted is bool) or not isinstance(value, wanted):
            raise ConfigError(f"{name}: {value!r} is not of the kind {hints[name].__name__}", where=where)
