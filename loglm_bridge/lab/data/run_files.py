"""Files of run folders and model folders: compressed JSON lines, compiled rules, heads."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from loglm_bridge.model.classifier.heads import Heads
from loglm_bridge.model.features.rule_matcher import RuleMatcher
from loglm_bridge.model.folder import model_folder
from loglm_bridge.telemetry.record import CanonicalEvent


def write_rows(path: Path, rows: Iterable[object]) -> None:
    """Write each row as one line of JSON, compressed. The file appears under its name when it is complete."""
    partial = path.with_suffix(".part")
    with gzip.open(partial, "wt", encoding="utf-8", compresslevel=1) as file:
        file.writelines(json.dumps(row) + "\n" for row in rows)
    partial.replace(path)


def read_rows(path: Path) -> Iterator[Any]:
    """Yield the rows that `write_rows` wrote."""
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)


def canonical_row(event: CanonicalEvent) -> list[object]:
    """Return a canonical event as a JSON value; its rule fields are left out."""
    return [event.family, event.kind, event.fields, event.rules]


def canonical_event(family: str, kind: str, fields: list[list[str]], rules: list[int]) -> CanonicalEvent:
    """Return the canonical event of the values of `canonical_row`."""
    return CanonicalEvent(family, kind, tuple((name, value) for name, value in fields), tuple(rules))


def write_rule_matcher(folder: Path, matcher: RuleMatcher) -> None:
    """Write compiled rules, under the names that they have in a model folder."""
    tensors, rules = matcher.dump()
    (folder / model_folder.SIGNATURES).write_bytes(tensors)
    (folder / model_folder.SIGNATURE_RULES).write_text(rules, encoding="utf-8")


def read_rule_matcher(folder: Path) -> RuleMatcher:
    """Read the compiled rules that `write_rule_matcher` wrote."""
    rules = json.loads((folder / model_folder.SIGNATURE_RULES).read_text("utf-8"))
    return RuleMatcher.load((folder / model_folder.SIGNATURES).read_bytes(), rules)


def write_heads(folder: Path, heads: Heads) -> None:
    """Write heads, under the names that they have in a model folder."""
    tensors, config = heads.dump()
    (folder / model_folder.HEADS).write_bytes(tensors)
    (folder / model_folder.HEADS_CONFIG).write_text(config, encoding="utf-8")


def read_heads(folder: Path) -> Heads:
    """Read the heads that `write_heads` wrote."""
    config = json.loads((folder / model_folder.HEADS_CONFIG).read_text("utf-8"))
    return Heads.load((folder / model_folder.HEADS).read_bytes(), config)
