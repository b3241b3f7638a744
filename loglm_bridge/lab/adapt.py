"""A model's thresholds and novelty from a site's own ordinary events: `loglm adapt`. Needs no training library.

The weights stay; what changes is where "malicious", "suspicious" and "unknown" begin. A site whose normal day resembles
the attacks of the training data gets its alert budget back without a single label.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from loglm_bridge.contract.errors import ConfigError
from loglm_bridge.contract.event import Event
from loglm_bridge.contract.windows import windows_of
from loglm_bridge.lab.export.seal import seal
from loglm_bridge.lab.train.features import Features
from loglm_bridge.lab.train.thresholds import Budget, depth_quantiles, known_families, tail_logit, with_thresholds
from loglm_bridge.model.classifier.encoder_session import EventSession
from loglm_bridge.model.classifier.heads import Heads
from loglm_bridge.model.classifier.neighbours import load_neighbours
from loglm_bridge.model.classifier.score_scale import ScoreScale
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

#: Fewest ordinary events to fit to: a share of one in two thousand cannot be estimated from fewer.
MIN_EVENTS = 2_000


def adapt(
    base: model_folder.ModelFolder, events: Sequence[Event], budget: Budget, out: Path
) -> model_folder.ModelFolder:
    """Write a copy of a model folder with thresholds fitted to ordinary events of a site.

    Flows and all other events are fitted separately, each where there are at least MIN_EVENTS of them.

    Raises:
        ConfigError: there are fewer than MIN_EVENTS of both.
    """
    heads = Heads.load(base.files[model_folder.HEADS], base.json(model_folder.HEADS_CONFIG))
    context = {n: base.files[n] for n in (model_folder.FLOW_TREES, model_folder.SEQUENCE_CONFIG) if n in base.files}
    is_flow = [bool(context) and parse(event).event_type.family == FLOW for event in events]
    flows = [event for event, flow in zip(events, is_flow, strict=True) if flow]
    others = [event for event, flow in zip(events, is_flow, strict=True) if not flow]
    if max(len(flows), len(others)) < MIN_EVENTS:
        counts = f"{len(flows)} flows and {len(others)} other events, at least {MIN_EVENTS} of either are needed"
        raise ConfigError(counts, hint="take a day of ordinary events")
    config = SequenceConfig.from_dict(base.json(model_folder.SEQUENCE_CONFIG)) if context else None
    fitted = []
    if len(others) >= MIN_EVENTS:
        heads = _fit_heads(base, heads, others, budget)
        fitted.append(f"{len(others)} other events")
    if config and len(flows) >= MIN_EVENTS:
        config = replace(config, flows=_fit_flows(context[model_folder.FLOW_TREES], config.flows, flows, budget))
        context[model_folder.SEQUENCE_CONFIG] = (json.dumps(config.to_dict(), indent=1) + "\n").encode("utf-8")
        fitted.insert(0, f"{len(flows)} flows")
    details = {k: v for k, v in base.manifest.items() if k not in ("name", "version", "api", "files")}
    return seal(
        out,
        base.path / model_folder.TOKENIZER,
        {profile: base.files[name] for profile, name in model_folder.PROFILES.items() if name in base.files},
        heads,
        load_rule_matcher(base),
        load_neighbours(base, heads.width),
        context,
        [Event.from_dict(row["event"]) for row in base.json(model_folder.GOLDEN)],
        _card(base, ", ".join(fitted), heads, config),
        str(base.manifest["name"]),
        f"{base.manifest['version']}+site",
        {**details, "adapted_from": base.id.sha256, "adapted_on_events": len(events)},
    )


def _fit_heads(base: model_folder.ModelFolder, heads: Heads, events: Sequence[Event], budget: Budget) -> Heads:
    """Return the heads with thresholds, novelty and known families fitted to ordinary events."""
    tokenizer = EventTokenizer.load(base.path / model_folder.TOKENIZER)
    rules = load_rule_matcher(base)
    canonical = [rules.mark(event) for record, event in map(parse_and_canonicalise, events) if record.status == "ok"]
    distinct = list({event.key: event for event in canonical}.values())
    index = {event.key: i for i, event in enumerate(distinct)}
    encoded = [tokenizer.encode(event) for event in distinct]
    vectors = EventSession(base.encoder(model_folder.BASE), tokenizer.pad).encode(encoded)
    features = Features(vectors, rules.bags(distinct, encoded), (1 << GRAM_BITS) + rules.count)
    rows = np.array([index[event.key] for event in canonical])
    adapted = with_thresholds(heads, features, [event.family for event in distinct], rows, budget)
    families = sorted({*adapted.config.families, *known_families(distinct)})
    return adapted.with_config(families=tuple(families))


def _fit_flows(model: bytes, config: FlowConfig, events: Sequence[Event], budget: Budget) -> FlowConfig:
    """Return the configuration with thresholds and novelty fitted to ordinary flows, scored by pair and alone.

    Thresholds only rise: a quiet network does not show where attacks begin.
    """
    flows = [to_flow_event(parse(event), event) for event in events]
    by_pair = [e._replace(entity=f"{flow.src} {flow.dest}") for e, flow in zip(events, flows, strict=True)]
    trees = FlowTrees(model, len(config.techniques))
    logits, _ = trees.predict(window_features([[flows[i] for i in window] for window in windows_of(by_pair)]))
    single_logits, depths = trees.predict(window_features([[flow] for flow in flows]))
    scale, lone = _raised(config.scale, logits[:, 0], budget), _raised(config.lone, single_logits[:, 0], budget)
    return FlowConfig(config.techniques, scale, lone, depth_quantiles(depths))


def _raised(scale: ScoreScale, logits: np.ndarray, budget: Budget) -> ScoreScale:
    """Return the scale with its upper anchors raised to where ordinary logits keep the budget."""
    shares = budget.suspicious, budget.malicious, budget.malicious / 10
    suspicious, malicious, certain = (tail_logit(logits, share, 1.0) for share in shares)
    return ScoreScale.through(
        scale.low,
        max(scale.suspicious, suspicious),
        max(scale.malicious, malicious),
        max(scale.certain, certain),
        scale.temperature,
    )


def _card(base: model_folder.ModelFolder, fitted: str, heads: Heads, config: SequenceConfig | None) -> str:
    """Return the base's model card with a section that says what was fitted to how many events."""
    scales = {family or "other": scale for family, scale in heads.config.scales.items()}
    scales |= {FLOW: config.flows.scale} if config else {}
    anchors = {family: [round(scale.malicious, 3), round(scale.suspicious, 3)] for family, scale in scales.items()}
    text = f"Scales (logits of malicious and suspicious) and novelty fitted to a site's ordinary {fitted}"
    return base.files[model_folder.CARD].decode("utf-8") + f"\n## Adapted\n\n{text}: {json.dumps(anchors)}.\n"
