"""A tiny model, trained in a few seconds on the sample events of this project: one narrow layer, small heads."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from loglm_bridge.contract.event import Event
from loglm_bridge.lab.export import model_export
from loglm_bridge.lab.export.seal import seal
from loglm_bridge.lab.train import calibrate, heads, pretrain, thresholds, vocabulary
from loglm_bridge.lab.train.encoder import EncoderShape, EventEncoder
from loglm_bridge.lab.train.features import Features
from loglm_bridge.lab.train.heads import NetSettings
from loglm_bridge.lab.train.pretrain import PretrainSettings
from loglm_bridge.lab.weak_labels.training_examples import Example
from loglm_bridge.model.classifier.encoder_session import EventSession
from loglm_bridge.model.classifier.heads import Heads
from loglm_bridge.model.classifier.neighbours import no_neighbours
from loglm_bridge.model.classifier.score_scale import ScoreScale
from loglm_bridge.model.features.rule_matcher import NO_RULES
from loglm_bridge.model.features.tokenizer import MAX_TOKENS, Encoded, EventTokenizer
from loglm_bridge.telemetry import CanonicalEvent, parse_and_canonicalise

SAMPLES = Path(vocabulary.__file__).parents[2] / "samples" / "events.jsonl"
TECHNIQUES = ("T1003.001", "T1021.002", "T1046", "T1053.005", "T1059.001", "T1078", "T1098", "T1105", "T1110", "T1190")
TECHNIQUES += ("T1486", "T1505.003", "T1543.003", "T1547.001")

SETTINGS = NetSettings(bag=4, hidden=8, epochs=3, batch=16)


def sample_events() -> list[Event]:
    """All sample events of this project, including the broken ones."""
    rows = [json.loads(line) for line in SAMPLES.read_text("utf-8").splitlines()]
    return [Event(raw=row["raw"], sourcetype=row["sourcetype"], host=row["host"]) for row in rows]


@dataclass(frozen=True)
class Tiny:
    """The parts of the tiny model, and the events that it was trained on."""

    folder: Path
    canonicals: list[CanonicalEvent]
    encoded: list[Encoded]
    tokenizer_file: Path
    tokenizer: EventTokenizer
    encoder: EventEncoder
    onnx: bytes
    features: Features
    heads: Heads

    @property
    def small(self) -> bytes:
        """An untrained encoder whose vectors have the same width."""
        shape = replace(self.encoder.shape, width=16, inner=32, outputs=self.encoder.shape.width)
        return model_export.to_onnx(EventEncoder(shape, self.tokenizer.pad).eval())

    def seal(
        self,
        folder: Path,
        golden: list[Event] | None = None,
        heads: Heads | None = None,
        context: dict[str, bytes] | None = None,
        encoders: dict[str, bytes] | None = None,
    ) -> Path:
        """Write the model as a folder; by default the sample events are its golden events."""
        events = (
            [e for e in sample_events() if parse_and_canonicalise(e)[0].status == "ok"] if golden is None else golden
        )
        card = "# A card"
        seal(
            folder,
            self.tokenizer_file,
            encoders or {"base": self.onnx},
            heads or self.heads,
            NO_RULES,
            no_neighbours(32),
            context or {},
            events,
            card,
            "tiny",
            "0",
            {"data": "samples"},
        )
        return folder


def in_all_recordings(canonicals: list[CanonicalEvent]) -> list[list[tuple[str, str]]]:
    """Recordings for `vocabulary.train`: enough of them hold every event."""
    return [[(f"samples{i % 2}", str(i)) for i in range(vocabulary.MIN_RECORDINGS)]] * len(canonicals)


def families(canonicals: list[CanonicalEvent]) -> list[str]:
    """The log family of each event."""
    return [canonical.family for canonical in canonicals]


def with_scales(heads: Heads, **changes: float) -> Heads:
    """The heads with other numbers in every scale."""
    return heads.with_config(scales={f: replace(s, **changes) for f, s in heads.config.scales.items()})


def with_verdict(heads: Heads, verdict: str) -> Heads:
    """The heads with scales on which every event has the score of a verdict: malicious, suspicious or benign."""
    first = {"malicious": -1e6, "suspicious": -1e6, "benign": 1e6}[verdict]
    second = {"malicious": -1e5, "suspicious": 1e6, "benign": 2e6}[verdict]
    scale = ScoreScale(first - 1.0, first, second, second + 1.0)
    return heads.with_config(scales=dict.fromkeys(heads.config.scales, scale))


def shape_of(tokenizer: EventTokenizer) -> EncoderShape:
    """The shape of an encoder with one layer of width 32."""
    return EncoderShape(tokenizer.size, max(tokenizer.control_ids) + 1, MAX_TOKENS, 1, 32, 2, 64)


def train(folder: Path) -> Tiny:
    """Train every part on the sample events."""
    events = list({event.key: event for event in (parse_and_canonicalise(e)[1] for e in sample_events())}.values())
    file = folder / "tokenizer.json"
    vocabulary.train(events, in_all_recordings(events), (), 500, min_kind=1, min_field=2).save(str(file))
    tokenizer = EventTokenizer.load(file)
    encoded = [tokenizer.encode(event) for event in events]
    settings = PretrainSettings(epochs=3, minutes=1e6, budget=1024, warmup=5)
    encoder = pretrain.Pretraining(tokenizer, shape_of(tokenizer), settings, folder).run(encoded).eval()
    onnx = model_export.to_onnx(encoder)
    features = Features(EventSession(onnx, tokenizer.pad).encode(encoded), NO_RULES.bags(events, encoded))
    return Tiny(folder, events, encoded, file, tokenizer, encoder, onnx, features, _heads(events, features))


def _heads(events: list[CanonicalEvent], features: Features) -> Heads:
    """Heads for invented labels: every second event is an attack; the techniques take turns."""
    examples = [
        Example(event, {TECHNIQUES[i % len(TECHNIQUES)]: 1.0}, float(i % 2), float(i % 2), 1.0)
        for i, event in enumerate(events)
    ]
    technique = heads.fit_techniques(features, examples, TECHNIQUES, SETTINGS)
    malice = heads.fit_malice(features, examples, SETTINGS)
    uncalibrated = Heads(
        calibrate.uncalibrated(
            TECHNIQUES, sorted(set(families(events))), calibrate.HeadSettings(0.5, 20.0, -60.0, 60.0)
        ),
        model_export.to_net(technique),
        model_export.to_net(malice),
        calibrate.prototypes(features.vectors, 4, seed=1),
        NO_RULES.level_weights(),
    )
    budget = thresholds.Budget(0.05, 0.2, 0.05)
    ordinary = np.arange(0, len(events), 2)
    return thresholds.with_thresholds(uncalibrated, features, families(events), ordinary, budget)
