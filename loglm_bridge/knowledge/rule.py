"""A rule of the knowledge base: a Sigma rule, example events that it matches, and ordinary twins that it must not.

Format: Sigma rules specification 2.x (github.com/SigmaHQ/sigma-specification) with two additional lists:

    examples:            # events in the product's own shape, each matched by the rule
      - {eventName: CreateAccessKey, ...}
    ordinary:            # twins: same event type or tool, ordinary purpose, not matched
      - event: {eventName: CreateAccessKey, ...}
        differs: the user makes the key for himself

An event is a mapping (fields that are merged into the shape's skeleton) or a text (the message of a line format).
The reserved key `shape` in a mapping chooses another shape than the log source's first.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Union

from sigma.exceptions import SigmaError
from sigma.rule import SigmaRule

from loglm_bridge.knowledge.errors import ContentError
from loglm_bridge.knowledge.matching import Condition

#: An example as written: fields by name, or the text of a line.
EventSource = Union[Mapping[str, Any], str]

LEVELS = ("informational", "low", "medium", "high", "critical")

_TECHNIQUE = re.compile(r"t(\d{4})(\.\d{3})?")
_NAME = re.compile(r"[a-z0-9]+(?:[-_][a-z0-9]+)*")
_KEYS = frozenset(
    """
    title name id status description references author date modified tags logsource detection fields falsepositives
    level license related examples ordinary act
    """.split()
)


@dataclass(frozen=True)
class Twin:
    """An ordinary event beside a rule, and what tells it from the attack."""

    event: EventSource
    differs: str


@dataclass(frozen=True)
class KnowledgeRule:
    """A rule with its examples. `act` says what happened in one sentence; `condition` is the parsed Sigma condition."""

    name: str
    title: str
    act: str
    family: str
    level: str
    techniques: tuple[str, ...]
    logsource: tuple[str, str, str]
    condition: Condition
    examples: tuple[EventSource, ...]
    ordinary: tuple[Twin, ...]
    where: str = ""

    @classmethod
    def from_document(cls, document: Mapping[str, Any], family: str, where: str) -> KnowledgeRule:
        """Build a rule from a YAML document of the folder `family`.

        Raises:
            ContentError: a key is missing, unknown or of the wrong type, or pySigma refuses the rule.
        """
        where = f"{where} {document.get('name', document.get('title', '?'))}"
        _check_keys(document, where)
        try:
            rule = SigmaRule.from_dict(dict(document))
            conditions = [condition.parse() for condition in rule.detection.parsed_condition]
        except SigmaError as error:
            raise ContentError(f"not a Sigma rule: {error}", where=where) from error
        if len(conditions) != 1:
            raise ContentError("a rule has exactly one condition", where=where)
        return cls(
            name=document["name"],
            title=document["title"],
            act=str(document.get("act") or document["title"]),
            family=family,
            level=document["level"],
            techniques=_techniques(document.get("tags") or []),
            logsource=(rule.logsource.product or "", rule.logsource.category or "", rule.logsource.service or ""),
            condition=conditions[0],
            examples=tuple(document.get("examples") or ()),
            ordinary=tuple(_twin(twin, where) for twin in document.get("ordinary") or ()),
            where=where,
        )


def _check_keys(document: Mapping[str, Any], where: str) -> None:
    for key in ("title", "name", "level", "logsource", "detection"):
        if not document.get(key):
            raise ContentError(f"the key {key!r} is missing", where=where)
    unknown = sorted(set(document) - _KEYS)
    if unknown:
        raise ContentError(f"unknown keys: {', '.join(unknown)}", where=where)
    if not _NAME.fullmatch(str(document["name"])):
        raise ContentError("the name must be lower-case words joined by - or _", where=where)
    if document["level"] not in LEVELS:
        raise ContentError(f"the level must be one of {', '.join(LEVELS)}", where=where)


def _techniques(tags: list[str]) -> tuple[str, ...]:
    matches = (_TECHNIQUE.fullmatch(str(tag).removeprefix("attack.")) for tag in tags)
    return tuple(f"T{match[1]}{match[2] or ''}" for match in matches if match)


def _twin(twin: Any, where: str) -> Twin:
    if not isinstance(twin, Mapping) or set(twin) != {"event", "differs"}:
        raise ContentError("a twin has the keys event and differs", where=where)
    return Twin(twin["event"], str(twin["differs"]))
