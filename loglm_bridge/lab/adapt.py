"""Stage `adapt`: a model's thresholds and novelty from a site's own ordinary events.

The weights stay; what changes is where "malicious", "suspicious" and "unknown" begin. A site whose ordinary day looks
like the laboratory's attacks gets its alert budget back without a single label.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from loglm_bridge.contract.errors import ConfigError
from loglm_bridge.contract.event import Event
from loglm_bridge.lab import calibrate, export
from loglm_bridge.lab.calibrate import Budget
from loglm_bridge.lab.heads import Features
from loglm_bridge.model import artefact
from loglm_bridge.model.grams import GRAM_BITS
from loglm_bridge.model.heads import Heads
from loglm_bridge.model.neighbours import neighbours_of
from loglm_bridge.model.session import EventSession
from loglm_bridge.model.signatures import signatures_of
from loglm_bridge.model.tokenizer import EventTokenizer
from loglm_bridge.telemetry import canonical

#: Ordinary events below which a share of one in two thousand cannot be told.
LEAST = 2_000


def adapt(base: artefact.ModelFolder, events: Sequence[Event], budget: Budget, out: Path) -> artefact.ModelFolder:
    """Write a copy of a model folder with thresholds fitted to ordinary events of a site.

    Raises:
        ConfigError: fewer than LEAST events.
    """
    if len(events) < LEAST:
        raise ConfigError(f"{len(events)} events, at least {LEAST} are needed", hint="take a day of ordinary events")
    tokenizer = EventTokenizer.load(base.path / artefact.TOKENIZER)
    signatures = signatures_of(base)
    forms = [signatures.mark(form) for record, form in map(canonical, events) if record.status == "ok"]
    index = {form.key: i for i, form in enumerate({f.key: f for f in forms}.values())}
    distinct = list({f.key: f for f in forms}.values())
    encoded = [tokenizer.encode(form) for form in distinct]
    vectors = EventSession(base.encoder(artefact.BASE), tokenizer.pad).encode(encoded)
    features = Features(vectors, signatures.bags(distinct, encoded), (1 << GRAM_BITS) + signatures.count)
    heads = Heads.load(base.files[artefact.HEADS], base.json(artefact.HEADS_CONFIG))
    rows = np.array([index[form.key] for form in forms])
    adapted = calibrate.with_thresholds(heads, features, [form.family for form in distinct], rows, budget)
    families = sorted({*adapted.config.families, *calibrate.known_families(distinct)})
    adapted = adapted.with_config(families=tuple(families))
    golden = [Event.from_dict(row["event"]) for row in base.json(artefact.GOLDEN)]
    details = {k: v for k, v in base.manifest.items() if k not in ("name", "version", "api", "files")}
    return export.seal(
        out,
        base.path / artefact.TOKENIZER,
        {profile: base.files[name] for profile, name in artefact.PROFILES.items() if name in base.files},
        adapted,
        signatures,
        neighbours_of(base, heads.width),
        {n: base.files[n] for n in (artefact.FLOW_TREES, artefact.SEQUENCE_CONFIG) if n in base.files},
        golden,
        _card(base, len(events), adapted),
        str(base.manifest["name"]),
        f"{base.manifest['version']}+site",
        {**details, "adapted_from": base.id.sha256, "adapted_on_events": len(events)},
    )


def _card(base: artefact.ModelFolder, events: int, heads: Heads) -> str:
    config = heads.config
    thresholds = {f or "other": [c.malicious, c.suspicious] for f, c in config.curves.items()}
    fitted = f"Thresholds (malicious, suspicious) and novelty fitted to {events} ordinary events of a site"
    text = f"{fitted}: {json.dumps(thresholds)}."
    note = f"\n## Adapted\n\n{text}\n"
    return base.files[artefact.CARD].decode("utf-8") + note
