"""The recipe: every setting of a training run, in one YAML file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, TypeVar, get_origin, get_type_hints

import yaml

from loglm_bridge.contract.errors import ConfigError
from loglm_bridge.lab.train.distil import DistilSettings
from loglm_bridge.lab.train.flow_training import FlowSettings
from loglm_bridge.lab.train.heads import NetSettings
from loglm_bridge.lab.train.pretrain import PretrainSettings
from loglm_bridge.lab.train.thresholds import Budget
from loglm_bridge.lab.weak_labels.training_examples import ExampleWeights
from loglm_bridge.model.context.evidence import ContextScoring

#: The recipe of the shipped model.
SHIPPED = Path(__file__).with_name("recipe.yaml")

Section = TypeVar("Section")


@dataclass(frozen=True)
class EncoderSizes:
    """Sizes of the encoder that the recipe chooses; the vocabulary determines the others."""

    layers: int
    width: int
    heads: int
    inner: int


@dataclass(frozen=True)
class ContextSettings:
    """How the other events of a window count: the numbers of `ContextScoring` (model/context/evidence.py).

    `floor` is that of Windows events, for which recordings of several laboratories show the value of context.
    `default_floor` is that of all other families: so high that only rules count, since the nets are not validated on
    unseen laboratories there.
    """

    share: float
    max_kinds: int
    bound: float
    floor: float
    default_floor: float

    def scorings(self) -> dict[str, ContextScoring]:
        """Return the scoring by log family, as in `sequence.json`; "" stands for all other families."""
        floors = {"windows": self.floor, "": self.default_floor}
        return {
            family: ContextScoring(self.share, floor, self.max_kinds, self.bound) for family, floor in floors.items()
        }


@dataclass(frozen=True)
class Recipe:
    """The name of a model, its seed and the settings of every stage.

    `ordinary_validation` are sources of ordinary events that only the shipped model learns.
    """

    name: str
    version: str
    seed: int
    pieces: int
    samples_per_rule: int
    signatures: bool
    rule_level_weight: float
    prototypes: int
    gate: float
    bound: float
    floor: float
    ceiling: float
    ordinary_validation: list[str]
    encoder: EncoderSizes
    pretrain: PretrainSettings
    distil: DistilSettings
    weights: ExampleWeights
    technique: NetSettings
    malice: NetSettings
    budget: Budget
    sequence: FlowSettings
    context: ContextSettings

    @classmethod
    def read(cls, path: Path) -> Recipe:
        """Read a YAML recipe.

        Raises:
            ConfigError: the file cannot be read, or a key is unknown, absent or of the wrong type; names file and
                section.
        """
        data = _read_mapping(path)
        kinds: dict[str, type[Any]] = {
            "encoder": EncoderSizes,
            "pretrain": PretrainSettings,
            "distil": DistilSettings,
            "weights": ExampleWeights,
            "technique": NetSettings,
            "malice": NetSettings,
            "budget": Budget,
            "sequence": FlowSettings,
            "context": ContextSettings,
        }
        sections = {name: _section(kind, data.get(name), f"{path.name}:{name}") for name, kind in kinds.items()}
        plain: dict[str, Any] = {f.name: data.get(f.name) for f in fields(cls) if f.name not in kinds}
        missing = sorted(name for name, value in plain.items() if value is None)
        unknown = sorted(str(name) for name in data.keys() - plain.keys() - sections.keys())
        if missing or unknown:
            problem = f"lacks {', '.join(missing)}" if missing else f"has unknown {', '.join(unknown)}"
            raise ConfigError(f"the recipe {problem}", where=path.name)
        _check_types(cls, plain, path.name)
        return cls(**plain, **sections)


def _read_mapping(path: Path) -> dict[Any, Any]:
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
    _check_types(kind, data or {}, where)
    return section


def _check_types(kind: type[Any], values: Mapping[str, Any], where: str) -> None:
    hints = get_type_hints(kind)
    for name, value in values.items():
        wanted = (int, float) if hints[name] is float else get_origin(hints[name]) or hints[name]
        if isinstance(value, bool) is not (wanted is bool) or not isinstance(value, wanted):
            raise ConfigError(f"{name}: {value!r} is not of type {hints[name].__name__}", where=where)
