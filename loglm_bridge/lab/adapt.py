"""Stage `adapt`: a model's thresholds and novelty from a site's own ordinary events.

The weights stay; what changes is where "malicious", "suspicious" and "unknown" begin. A site whose ordinary day looks
like the laboratory's attacks gets its alert budget back without a single label.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import compress
from pathlib import Path

import numpy as np

from loglm_bridge.contract.errors import ConfigError
from loglm_bridge.contract.event import Event
from loglm_bridge.contract.windows import windows_of
from loglm_bridge.lab.export.seal import seal
from loglm_bridge.lab.train.features import Features
from loglm_bridge.lab.train.thresholds import Budget, depth_steps, known_families, threshold, with_thresholds
from loglm_bridge.model.classifier.encoder_session import EventSession
from loglm_bridge.model.classifier.heads import Heads, sigmoid
from loglm_bridge.model.classifier.neighbours import load_neighbours
from loglm_bridge.model.context.context import SequenceConfig
from loglm_bridge.model.event_batch import FLOW
from loglm_bridge.model.features.ngrams import GRAM_BITS
from loglm_bridge.model.features.rule_matcher import load_rule_matcher
from loglm_bridge.model.features.tokenizer import EventTokenizer
from loglm_bridge.model.flow.flow_classifier import FlowConfig
from loglm_bridge.model.flow.flow_event import to_flow_event
from loglm_bridge.model.flow.flow_features import window_features
from loglm_bridge.model.flow.flow_trees import FlowTrees
from loglm_bridge.model.folder import model_folder
from loglm_bridge.telemetry import parse, parse_and_canonicalise

#: Ordinary events below which a share of one in two thousand cannot be told.
LEAST = 2_000


def adapt(
    base: model_folder.ModelFolder, events: Sequence[Event], budget: Budget, out: Path
) -> model_folder.ModelFolder:
    """Write a copy of a model folder with thresholds fitted to ordinary events of a site.

    Flows and all other events are fitted apart, each where there are LEAST of them.

    Raises:
        ConfigError: fewer than LEAST of both.
    """
    heads = Heads.load(base.files[model_folder.HEADS], base.json(model_folder.HEADS_CONFIG))
    context = {n: base.files[n] for n in (model_folder.FLOW_TREES, model_folder.SEQUENCE_CONFIG) if n in base.files}
    by_trees = [bool(context) and parse(event).event_type.family == FLOW for event in events]
    flows, others = [*compress(events, by_trees)], [event for event, by in zip(events, by_trees, strict=True) if not by]
    if max(len(flows), len(others)) < LEAST:
        found = f"{len(flows)} flows and {len(others)} other events, at least {LEAST} of either are needed"
        raise ConfigError(found, hint="take a day of ordinary events")
    adapted = _of_heads(base, heads, others, budget) if len(others) >= LEAST else heads
    config = SequenceConfig.from_dict(base.json(model_folder.SEQUENCE_CONFIG)) if context else None
    if config and len(flows) >= LEAST:
        config = replace(config, flows=_of_flows(context[model_folder.FLOW_TREES], config.flows, flows, budget))
        context[model_folder.SEQUENCE_CONFIG] = (json.dumps(config.to_dict(), indent=1) + "\n").encode("utf-8")
    golden = [Event.from_dict(row["event"]) for row in base.json(model_folder.GOLDEN)]
    details = {k: v for k, v in base.manifest.items() if k not in ("name", "version", "api", "files")}
    return seal(
        out,
        base.path / model_folder.TOKENIZER,
        {profile: base.files[name] for profile, name in model_folder.PROFILES.items() if name in base.files},
        adapted,
        load_rule_matcher(base),
        load_neighbours(base, heads.width),
        context,
        golden,
        _card(base, {"flows": len(flows), "other events": len(others)}, adapted, config),
        str(base.manifest["name"]),
        f"{base.manifest['version']}+site",
        {**details, "adapted_from": base.id.sha256, "adapted_on_events": len(events)},
    )


def _of_heads(base: model_folder.ModelFolder, heads: Heads, events: Sequence[Event], budget: Budget) -> Heads:
    """Return the heads with thresholds, novelty and known families fitted to ordinary events."""
    tokenizer = EventTokenizer.load(base.path / model_folder.TOKENIZER)
    signatures = load_rule_matcher(base)
    forms = [signatures.mark(form) for record, form in map(parse_and_canonicalise, events) if record.status == "ok"]
    distinct = list({form.key: form for form in forms}.values())
    index = {form.key: i for i, form in enumerate(distinct)}
    encoded = [tokenizer.encode(form) for form in distinct]
    vectors = EventSession(base.encoder(model_folder.BASE), tokenizer.pad).encode(encoded)
    features = Features(vectors, signatures.bags(distinct, encoded), (1 << GRAM_BITS) + signatures.count)
    rows = np.array([index[form.key] for form in forms])
    adapted = with_thresholds(heads, features, [form.family for form in distinct], rows, budget)
    families = sorted({*adapted.config.families, *known_families(distinct)})
    return adapted.with_config(families=tuple(families))


def _of_flows(model: bytes, config: FlowConfig, events: Sequence[Event], budget: Budget) -> FlowConfig:
    """Return the configuration with thresholds and novelty fitted to ordinary flows, read by pair and alone.

    Thresholds only rise: a quiet network says nothing of where attacks begin.
    """
    steps = [to_flow_event(parse(event), event) for event in events]
    cut = windows_of([e._replace(entity=f"{step.src} {step.dest}") for e, step in zip(events, steps, strict=True)])
    trees = FlowTrees(model, len(config.techniques))
    logits, _ = trees.predict(window_features([[steps[place] for place in window] for window in cut]))
    lone, depths = trees.predict(window_features([[step] for step in steps]))
    curve = config.curve
    limits = [
        max(threshold(sigmoid(curve.slope * read[:, 0] + curve.offset), share) for read in (logits, lone))
        for share in (budget.malicious, budget.suspicious)
    ]
    malicious, suspicious = max(curve.malicious, limits[0]), max(curve.suspicious, limits[1])
    curve = replace(curve, malicious=malicious, suspicious=min(malicious, suspicious))
    return FlowConfig(config.techniques, curve, depth_steps(depths))


def _card(base: model_folder.ModelFolder, told: Mapping[str, int], heads: Heads, config: SequenceConfig | None) -> str:
    """Return the base's card with a section that says what was fitted to how many events."""
    curves = {family or "other": curve for family, curve in heads.config.curves.items()}
    curves |= {FLOW: config.flows.curve} if config else {}
    thresholds = {family: [curve.malicious, curve.suspicious] for family, curve in curves.items()}
    counts = ", ".join(f"{count} {kind}" for kind, count in told.items() if count >= LEAST)
    fitted = f"Thresholds (malicious, suspicious) and novelty fitted to a site's ordinary {counts}"
    text = f"{fitted}: {json.dumps(thresholds)}."
    return base.files[model_folder.CARD].decode("utf-8") + f"\n## Adapted\n\n{text}\n"
