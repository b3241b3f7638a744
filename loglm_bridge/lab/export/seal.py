"""Stage `export`: writes the parts of a model as a sealed model folder. Needs no training library."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from loglm_bridge.contract.event import Event
from loglm_bridge.lab.data.run_files import write_heads, write_rule_matcher
from loglm_bridge.model.classifier.heads import Heads
from loglm_bridge.model.classifier.neighbours import Neighbours
from loglm_bridge.model.features.rule_matcher import RuleMatcher
from loglm_bridge.model.folder import model_folder, self_test_events
from loglm_bridge.model.labeller import Labeller


def seal(
    folder: Path,
    tokenizer: Path,
    encoders: Mapping[str, bytes],
    heads: Heads,
    rules: RuleMatcher,
    neighbours: Neighbours,
    context: Mapping[str, bytes],
    golden: Sequence[Event],
    card: str,
    name: str,
    version: str,
    details: Mapping[str, Any],
) -> model_folder.ModelFolder:
    """Write a model folder and its manifest.

    `encoders` are the event encoders by profile, `context` the files of the flow trees by name. `golden` are the events
    of the self-test, which a model labels again at every start. `details` are further entries of the manifest.
    """
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    shutil.copyfile(tokenizer, folder / model_folder.TOKENIZER)
    for profile, encoder in encoders.items():
        (folder / model_folder.PROFILES[profile]).write_bytes(encoder)
    write_heads(folder, heads)
    if rules.count:
        write_rule_matcher(folder, rules)
    if neighbours.recordings:
        tensors, names = neighbours.dump()
        (folder / model_folder.NEIGHBOURS).write_bytes(tensors)
        (folder / model_folder.NEIGHBOUR_NAMES).write_text(names, encoding="utf-8")
    for file, data in context.items():
        (folder / file).write_bytes(data)
    (folder / model_folder.CARD).write_text(card, encoding="utf-8")
    (folder / model_folder.GOLDEN).write_text("[]", encoding="utf-8")
    sealed = model_folder.write_manifest(folder, name, version, details)
    labels = {profile: Labeller(sealed, profile=profile).label_uncached for profile in encoders}
    rows = self_test_events.rows(golden, labels)
    (folder / model_folder.GOLDEN).write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")
    return model_folder.write_manifest(folder, name, version, details)
