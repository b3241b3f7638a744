"""Reads the rules of a folder: one folder a log family, several rules (YAML documents) a file."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from loglm_bridge.knowledge.errors import ContentError
from loglm_bridge.knowledge.rule import KnowledgeRule

#: The project's own content.
RULES = Path(__file__).with_name("rules")

#: Bytes of a content file that are read.
MAX_FILE = 4 * 1024 * 1024

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def load_rules(folder: Path = RULES) -> list[KnowledgeRule]:
    """Return all rules below a folder, in order of path and document.

    Raises:
        ContentError: a file is no YAML or holds something else than rules.
    """
    return [rule for path in sorted(folder.rglob("*.yml")) for rule in rules_of(path, folder)]


def rules_of(path: Path, root: Path) -> Iterator[KnowledgeRule]:
    """Yield the rules of a file; the first folder below `root` is their family. Raises ContentError."""
    relative = path.relative_to(root)
    family = relative.parts[0] if len(relative.parts) > 1 else path.stem
    for document in documents(path):
        yield KnowledgeRule.from_document(document, family, str(relative))


def documents(path: Path) -> list[dict[str, Any]]:
    """Return the YAML documents of a file, each a mapping. Raises ContentError."""
    if path.stat().st_size > MAX_FILE:
        raise ContentError(f"the file is larger than {MAX_FILE:,} bytes", where=str(path))
    try:
        loaded = [one for one in yaml.load_all(path.read_text("utf-8"), Loader=_LOADER) if one is not None]
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ContentError(f"not YAML: {error}", where=str(path)) from error
    for one in loaded:
        if not isinstance(one, dict):
            raise ContentError("a document is not a mapping", where=str(path))
    return loaded
