"""Weak examples: canonical events rendered from Sigma rules and command catalogues, with the techniques they name."""

from __future__ import annotations

import gzip
import json
import random
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from loglm_bridge.lab.data.backgrounds import Backgrounds
from loglm_bridge.lab.data.run_files import canonical_event, canonical_row, read_rows, write_rows
from loglm_bridge.lab.weak_labels import command_catalogues, sigma_rules
from loglm_bridge.lab.weak_labels.log_renderer import Renderer
from loglm_bridge.model.features.rule_matcher import NO_RULES, RuleMatcher
from loglm_bridge.telemetry import canonicalise
from loglm_bridge.telemetry.record import CanonicalEvent, Record

#: Weight of a rule's level as evidence of malice; informational and low rules name a technique, not an attack.
LEVEL_WEIGHT = {"critical": 1.0, "high": 1.0, "medium": 0.7, "low": 0.3, "informational": 0.1}

#: The catalogue of the steps of emulation plans and of commands in threat reports; its files of commands.
EMULATION = "emulation"
CATALOGUES = dict.fromkeys(("cat_attack_procedures", "cat_ctid_emulation", "cat_leonidas", "cat_stockpile"), EMULATION)

#: The data files of commands.
COMMAND_FILES = frozenset({"aux_commands", *CATALOGUES})

#: Weight of such a command as evidence of malice: many are those of administrators (`ipconfig /all`).
EMULATION_MALICE = 0.2


@dataclass(frozen=True, slots=True)
class WeakExample:
    """A rendered event.

    `catalogue` is sigma, atomic, lolbas, gtfobins, fwaf or emulation; `origin` names the rule or the catalogue entry;
    `malice` (0..1) is its weight as evidence of an attack.
    """

    event: CanonicalEvent
    techniques: tuple[str, ...]
    catalogue: str
    origin: str
    malice: float


@dataclass(frozen=True)
class CatalogueFiles:
    """The files of Sigma rules, of command catalogues and of ATT&CK, and the samples that are drawn of each rule."""

    sigma: Path
    commands: Sequence[Path]
    attack: Path
    samples_per_rule: int = 8


def build(
    files: CatalogueFiles, backgrounds: Backgrounds, out: Path, seed: int, rules: RuleMatcher = NO_RULES
) -> list[WeakExample]:
    """Render every weak example into the file `out` and return them. A file that exists is read instead."""
    if not out.exists():
        successors, known = read_attack_catalogue(files.attack)
        renderer = Renderer(backgrounds, random.Random(seed))
        rendered = _render_all(files, renderer, successors, seed)
        marked = (replace(example, event=rules.mark(example.event)) for example in rendered)
        write_rows(out, map(_to_row, _distinct(_with_known_techniques(marked, known))))
    return load(out)


def load(path: Path) -> list[WeakExample]:
    """Read the weak examples that `build` wrote."""
    return [_from_row(*row) for row in read_rows(path)]


def read_attack_catalogue(path: Path) -> tuple[Mapping[str, str], frozenset[str]]:
    """Read the ATT&CK catalogue: (technique ids of other versions -> ids of this one, all ids of this one)."""
    data = json.loads(gzip.decompress(path.read_bytes()))
    return {**data["revoked"], **data["v19"]}, frozenset(data["techniques"])


def _render_all(
    files: CatalogueFiles, renderer: Renderer, successors: Mapping[str, str], seed: int
) -> Iterator[WeakExample]:
    rng = random.Random(seed + 1)
    for rule in sigma_rules.read_rules(files.sigma, successors):
        for values in sigma_rules.samples(rule, files.samples_per_rule, rng):
            for record in renderer.rule(rule.product, rule.category, rule.service, values):
                yield _example(record, rule.techniques, "sigma", rule.id, LEVEL_WEIGHT.get(rule.level, 0.7))
    for path in files.commands:
        for entry in command_catalogues.commands(path, atomic=True):
            catalogue = CATALOGUES.get(path.name.split(".")[0]) or entry.group.partition("/")[0]
            malice = EMULATION_MALICE if catalogue == EMULATION else 0.8
            for record in command_catalogues.render(entry, renderer, rng):
                yield _example(record, entry.techniques, catalogue, entry.group, malice)


def _example(record: Record, techniques: tuple[str, ...], catalogue: str, origin: str, malice: float) -> WeakExample:
    return WeakExample(canonicalise(record), techniques, catalogue, origin, malice)


def _with_known_techniques(examples: Iterable[WeakExample], known: frozenset[str]) -> Iterator[WeakExample]:
    for example in examples:
        techniques = tuple(t for t in example.techniques if t in known)
        if techniques:
            yield replace(example, techniques=techniques)


def _distinct(examples: Iterable[WeakExample]) -> Iterator[WeakExample]:
    seen: set[tuple[bytes, tuple[str, ...]]] = set()
    for example in examples:
        key = (example.event.key, example.techniques)
        if key not in seen:
            seen.add(key)
            yield example


def _to_row(one: WeakExample) -> list[object]:
    return [canonical_row(one.event), one.techniques, one.catalogue, one.origin, one.malice]


def _from_row(event: list[Any], techniques: list[str], catalogue: str, origin: str, malice: float) -> WeakExample:
    return WeakExample(canonical_event(*event), tuple(techniques), catalogue, origin, malice)
