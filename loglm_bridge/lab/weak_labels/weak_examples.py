"""Stage `teach`: canonical events made by the teachers, each with the techniques its teacher vouches for."""

from __future__ import annotations

import gzip
import json
import random
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from loglm_bridge.lab.data.backgrounds import Backgrounds
from loglm_bridge.lab.weak_labels import command_catalogues, sigma_rules
from loglm_bridge.lab.weak_labels.log_renderer import Renderer
from loglm_bridge.model.features.rule_matcher import NO_RULES, RuleMatcher
from loglm_bridge.telemetry import canonicalise
from loglm_bridge.telemetry.record import CanonicalEvent, Record

#: How much a rule's level says about malice; informational and low rules name a technique, not an attack.
LEVEL_WEIGHT = {"critical": 1.0, "high": 1.0, "medium": 0.7, "low": 0.3, "informational": 0.1}


@dataclass(frozen=True, slots=True)
class WeakExample:
    """A made event. `teacher` is sigma, atomic, lolbas, gtfobins or fwaf; `origin` the rule or catalogue entry."""

    event: CanonicalEvent
    techniques: tuple[str, ...]
    teacher: str
    origin: str
    malice: float


@dataclass(frozen=True)
class TeacherFiles:
    """Where the teachers' material lies, and how many fills of a rule are drawn."""

    sigma: Path
    commands: Path
    attack: Path
    fills: int = 8


def teach(
    files: TeacherFiles, backgrounds: Backgrounds, out: Path, seed: int, signatures: RuleMatcher = NO_RULES
) -> list[WeakExample]:
    """Make every lesson into `out` (JSON lines); read it instead where it is there."""
    if not out.exists():
        successors, known = catalogue(files.attack)
        renderer = Renderer(backgrounds, random.Random(seed))
        made = _all(files, renderer, successors, seed)
        marked = (replace(lesson, event=signatures.mark(lesson.event)) for lesson in made)
        lessons = _distinct(_kept(marked, known))
        with gzip.open(out.with_suffix(".part"), "wt", encoding="utf-8", compresslevel=1) as file:
            file.writelines(json.dumps(_row(lesson)) + "\n" for lesson in lessons)
        out.with_suffix(".part").replace(out)
    return load(out)


def load(path: Path) -> list[WeakExample]:
    """Read lessons that `teach` wrote."""
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        return [_lesson(*json.loads(line)) for line in lines]


def catalogue(path: Path) -> tuple[Mapping[str, str], frozenset[str]]:
    """Read the ATT&CK catalogue: ids of other versions -> ids of this one, and the ids of this one."""
    read = json.loads(gzip.decompress(path.read_bytes()))
    return {**read["revoked"], **read["v19"]}, frozenset(read["techniques"])


def _all(files: TeacherFiles, renderer: Renderer, successors: Mapping[str, str], seed: int) -> Iterator[WeakExample]:
    rng = random.Random(seed + 1)
    for rule in sigma_rules.read_rules(files.sigma, successors):
        for fill in sigma_rules.fills(rule, files.fills, rng):
            for record in renderer.rule(rule.product, rule.category, rule.service, fill.values):
                yield _made(record, rule.techniques, "sigma", rule.id, LEVEL_WEIGHT.get(rule.level, 0.7))
    for entry in command_catalogues.commands(files.commands, atomic=True):
        for record in command_catalogues.render(entry, renderer, rng):
            yield _made(record, entry.techniques, entry.group.partition("/")[0], entry.group, 0.8)


def _made(record: Record, techniques: tuple[str, ...], teacher: str, origin: str, malice: float) -> WeakExample:
    return WeakExample(canonicalise(record), techniques, teacher, origin, malice)


def _kept(lessons: Iterable[WeakExample], known: frozenset[str]) -> Iterator[WeakExample]:
    for lesson in lessons:
        techniques = tuple(t for t in lesson.techniques if t in known)
        if techniques:
            yield WeakExample(lesson.event, techniques, lesson.teacher, lesson.origin, lesson.malice)


def _distinct(lessons: Iterable[WeakExample]) -> Iterator[WeakExample]:
    seen: set[tuple[bytes, tuple[str, ...]]] = set()
    for lesson in lessons:
        signature = (lesson.event.key, lesson.techniques)
        if signature not in seen:
            seen.add(signature)
            yield lesson


def _row(lesson: WeakExample) -> list[object]:
    e = lesson.event
    return [[e.family, e.kind, e.fields, e.rules], lesson.techniques, lesson.teacher, lesson.origin, lesson.malice]


def _lesson(event: list, techniques: list[str], teacher: str, origin: str, malice: float) -> WeakExample:  # type: ignore[type-arg]
    form = CanonicalEvent(event[0], event[1], tuple((n, v) for n, v in event[2]), tuple(event[3]))
    return WeakExample(form, tuple(techniques), teacher, origin, malice)
