"""Stage `signatures`: detection rules compiled into the detectors of model/signatures.py.

A pattern is written into a log event several times, in changing surroundings, and canonicalised; the n-grams that all
of these show, and the same event with another value does not, are the pattern's atom. So the canonicaliser's view of a
pattern need not be known, and a rule written for one log holds in every log that shares the canonical fields.
"""

from __future__ import annotations

import json
import random
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from sigma.conditions import ConditionAND, ConditionItem, ConditionNOT, ConditionOR, ConditionValueExpression
from sigma.types import SigmaBool, SigmaNumber, SigmaString, SpecialChars

from loglm_bridge.lab.backgrounds import Backgrounds
from loglm_bridge.lab.render import Renderer
from loglm_bridge.lab.sigma_teacher import KEYWORDS, Rule, read_rules
from loglm_bridge.lab.teaching import TeacherFiles, catalogue
from loglm_bridge.model import artefact
from loglm_bridge.model.signatures import Condition, SignatureRule, Signatures, action_gate, gate, ngrams, text_ngrams
from loglm_bridge.telemetry import canonicalise
from loglm_bridge.telemetry.record import Canonical

#: What may stand before and after a pattern that is open there, by the kind of field.
_SURROUNDINGS = {
    "registry": (
        ("HKLM\\SOFTWARE\\jqv", "HKU\\S-1-5-21-1-2-3-1001\\Software\\wzk", "HKLM\\SYSTEM\\CurrentControlSet\\xoy"),
        ("\\zkq", "", "ujj\\pwv"),
    ),
    "path": (
        ("C:\\Windows\\System32", "C:\\Users\\alice\\jqv", "D:\\wzk\\xoy"),
        ("\\zkq.exe", "", "ujj.dll"),
    ),
    "text": (
        ("jqv.exe /wz ", "g ", "xoy -k"),
        (" zkq", "-ujj /pw", "h 1"),
    ),
}

#: Share of a pattern's n-grams that must outlive canonicalisation.
_LEAST_KEPT = 0.6

#: Where a path or a registry key begins.
_ROOT = re.compile(r"[A-Za-z]:\\|%|HK[A-Z]|\\REGISTRY")

#: A value no rule asks for.
_CONTROL = "hxkqzwvu"


@dataclass
class Compiler:
    """Collects atoms; the same pattern in the same log is one atom."""

    renderer: Renderer
    atoms: list[np.ndarray] = field(default_factory=list)
    _numbers: dict[bytes, int] = field(default_factory=dict)
    _memo: dict[tuple[str, ...], int | None] = field(default_factory=dict)

    def rule(self, rule: Rule) -> SignatureRule | None:
        """Return the compiled rule, None where what it asks for cannot be seen in a canonical event."""
        gates: set[int] = set()
        for event_id in sorted({str(v) for c in rule.conditions for v in _values_of(c, "EventID")}) or [""]:
            gates |= {g for form in self._events(rule, event_id, {}) for g in _gates(form, rule)}
        compiled = [self._condition(c, rule, "") for c in rule.conditions]
        found = [c for c in compiled if c is not None]
        if not found or not gates:
            return None
        condition = found[0] if len(found) == 1 else ["or", *found]
        return SignatureRule(tuple(sorted(gates)), condition, rule.level, rule.techniques)

    def _condition(self, item: Any, rule: Rule, event_id: str) -> Condition | None:
        if isinstance(item, ConditionNOT):
            inner = self._condition(item.args[0], rule, event_id)
            return None if inner is None else ["not", inner]
        if isinstance(item, ConditionAND):
            event_id = next((str(v) for v in _values_of(item, "EventID")), event_id)
            return self._all(item, rule, event_id)
        if isinstance(item, ConditionOR):
            parts = [c for arg in item.args if (c := self._condition(arg, rule, event_id)) is not None]
            parts = [c for c in parts if not _negative(c)]
            return None if not parts else parts[0] if len(parts) == 1 else ["or", *parts]
        name = KEYWORDS if isinstance(item, ConditionValueExpression) else item.field
        return self._atom(name, item.value, rule, event_id)

    def _all(self, item: ConditionAND, rule: Rule, event_id: str) -> Condition | None:
        """A demand that cannot be seen makes the whole invisible; an exception that cannot be seen is left out."""
        parts = []
        for arg in item.args:
            part = self._condition(arg, rule, event_id)
            if part is not None:
                parts.append(part)
            elif not isinstance(arg, ConditionNOT):
                return None
        if all(_negative(part) for part in parts):
            return None
        return parts[0] if len(parts) == 1 else ["and", *parts]

    def _atom(self, name: str, value: Any, rule: Rule, event_id: str) -> int | None:
        key = (rule.product, rule.category, rule.service, event_id, name, repr(value))
        if key not in self._memo:
            self._memo[key] = self._compile(name, value, rule, event_id)
        return self._memo[key]

    def _compile(self, name: str, value: Any, rule: Rule, event_id: str) -> int | None:
        shown: np.ndarray | None = None
        form = None
        for text in _texts(name, value):
            form = next(self._events(rule, event_id, {name: text}), None)
            if form is None:
                return None
            found = ngrams(form)
            shown = found if shown is None else np.intersect1d(shown, found, assume_unique=True)
        if shown is None or form is None:
            return None
        # A pattern may stand in a part of the kind, never in the whole: the other parts are the surroundings'.
        shown = np.setdiff1d(shown, np.array([gate(f"{form.family} {form.kind}")], np.uint64))
        for other in self._events(rule, event_id, {name: _CONTROL}):
            shown = np.setdiff1d(shown, ngrams(other), assume_unique=True)
        if not len(shown) or not _recognisable(value, form, shown):
            return None
        number = self._numbers.setdefault(shown.tobytes(), len(self.atoms))
        if number == len(self.atoms):
            self.atoms.append(shown)
        return number

    def _events(self, rule: Rule, event_id: str, values: dict[str, str]) -> Iterator[Canonical]:
        self.renderer.rng.seed(0)  # the same surroundings every time
        if rule.product == "windows" and rule.category == "process_creation":
            plain = {"Image": "C:\\vv.exe", "CommandLine": "vv", "ParentImage": "C:\\uu.exe", **values}
            yield canonicalise(self.renderer.windows("sysmon:1", plain))
            return
        identity = {"EventID": event_id} if rule.service and event_id else {}
        for record in self.renderer.rule(rule.product, rule.category, rule.service, {**identity, **values}):
            yield canonicalise(record)


def from_files(files: TeacherFiles, ordinary: Backgrounds) -> Signatures:
    """Compile the rules of the teacher's archive."""
    successors = catalogue(files.attack)[0]
    return compile_rules(read_rules(files.sigma, successors), Renderer(ordinary, random.Random(0)))[0]


def save(signatures: Signatures, folder: Path) -> None:
    """Write the signatures into a run folder."""
    tensors, rules = signatures.dump()
    (folder / artefact.SIGNATURES).write_bytes(tensors)
    (folder / artefact.SIGNATURE_RULES).write_text(rules, encoding="utf-8")


def load(folder: Path) -> Signatures:
    """Read what `save` wrote."""
    rules = json.loads((folder / artefact.SIGNATURE_RULES).read_text("utf-8"))
    return Signatures.load((folder / artefact.SIGNATURES).read_bytes(), rules)


def compile_rules(rules: Sequence[Rule], renderer: Renderer) -> tuple[Signatures, list[str]]:
    """Return the rules as detectors, and the ids of those that could be compiled, in the detectors' order."""
    compiler = Compiler(renderer)
    compiled = [(rule.id, made) for rule in rules if (made := compiler.rule(rule)) is not None]
    return Signatures(compiler.atoms, [made for _, made in compiled]), [name for name, _ in compiled]


def _gates(form: Canonical, rule: Rule) -> Iterator[int]:
    """An action that logs share lets a rule hold in all of them; a cloud's rule looks at all of its family."""
    action = dict(form.fields).get("action")
    if rule.category and action:
        yield action_gate(action)
    windows = rule.product == "windows" or rule.category
    yield gate(f"{form.family} {form.kind}" if windows else form.family)


def _values_of(item: Any, name: str) -> Iterator[Any]:
    if isinstance(item, (ConditionAND, ConditionOR)):
        for arg in item.args:
            yield from _values_of(arg, name)
    elif not isinstance(item, (ConditionNOT, ConditionItem, ConditionValueExpression)) and item.field == name:
        yield item.value


def _texts(name: str, value: Any) -> list[str]:
    """Return the pattern as several plain values that agree in nothing else; empty for what is no pattern."""
    if isinstance(value, (SigmaNumber, SigmaBool)):
        return [str(value)]
    before, after = _SURROUNDINGS[_kind(name)]
    if not isinstance(value, SigmaString):
        return []
    first = str(value.s[1]) if len(value.s) > 1 and value.s[0] == SpecialChars.WILDCARD_MULTI else ""
    kind = _kind(name)
    return [_filled(value.s, _fitting(before[i], first, kind), after[i], "ghm"[i]) for i in range(3)]


def _fitting(before: str, first: str, kind: str) -> str:
    """Nothing stands before a drive or a hive; a colon needs its drive."""
    if kind != "text" and _ROOT.match(first):
        return ""
    if first.startswith(":\\"):
        return "C" if kind != "text" else before + "C"
    return before


def _filled(parts: Sequence[Any], before: str, after: str, letter: str) -> str:
    out = []
    for place, part in enumerate(parts):
        if part == SpecialChars.WILDCARD_MULTI:
            out.append(before if place == 0 else after if place == len(parts) - 1 else letter * 4)
        else:
            out.append(letter if part == SpecialChars.WILDCARD_SINGLE else str(part))
    return "".join(out)


def _kind(name: str) -> str:
    if name in ("TargetObject", "ObjectName", "NewName"):
        return "registry"
    if name.endswith(("Image", "ImageLoaded", "Path", "ProcessName", "Directory")) or "ilename" in name.lower():
        return "path"
    return "text"


def _negative(condition: Condition) -> bool:
    return not isinstance(condition, int) and condition[0] == "not"


def _recognisable(value: Any, form: Canonical, shown: np.ndarray) -> bool:
    """Whether what is left of a pattern still stands for it; canonicalisation undoes some (carets, host names).

    A whole value is a pattern of its own, however the canonicaliser writes it.
    """
    if not isinstance(value, SigmaString) or SpecialChars.WILDCARD_MULTI not in value.s:
        return True
    literal = max((str(part) for part in value.s if not isinstance(part, SpecialChars)), key=len, default="").lower()
    best = max((text_ngrams(name, literal) for name, _ in form.fields), key=lambda own: np.isin(own, shown).sum())
    return len(best) > 0 and float(np.isin(best, shown).mean()) >= _LEAST_KEPT
