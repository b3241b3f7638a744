"""A training run: its folder, and the stages that write into it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from loglm_bridge.contract.errors import ConfigError
from loglm_bridge.knowledge.compile import rule_words
from loglm_bridge.knowledge.loader import RULES, load_rules
from loglm_bridge.knowledge.rendering.shapes import Shapes
from loglm_bridge.lab.data import backgrounds, corpus, windows
from loglm_bridge.lab.data.corpus import Corpus, CorpusEvent
from loglm_bridge.lab.data.run_files import read_rows, read_rule_matcher, write_rows, write_rule_matcher
from loglm_bridge.lab.data.sources import validation_groups
from loglm_bridge.lab.data.windows import FlowWindows
from loglm_bridge.lab.export import model_export
from loglm_bridge.lab.recipe import Recipe
from loglm_bridge.lab.train import calibrate, distil, features, flow_stage, heads, neighbours, pretrain, vocabulary
from loglm_bridge.lab.train.calibrate import reserved_for_calibration
from loglm_bridge.lab.train.contrastive import LabelledSample
from loglm_bridge.lab.train.encoder import EncoderShape, EventEncoder
from loglm_bridge.lab.train.features import Features
from loglm_bridge.lab.train.thresholds import known_families
from loglm_bridge.lab.weak_labels import (
    knowledge_examples,
    knowledge_rules,
    rule_compiler,
    rule_noise,
    training_examples,
    weak_examples,
)
from loglm_bridge.lab.weak_labels.knowledge_examples import KnowledgeExample
from loglm_bridge.lab.weak_labels.weak_examples import WeakExample
from loglm_bridge.model.classifier.heads import Heads
from loglm_bridge.model.classifier.neighbours import Neighbours
from loglm_bridge.model.context.context import SequenceConfig
from loglm_bridge.model.features.rule_matcher import NO_RULES, RuleMatcher
from loglm_bridge.model.features.tokenizer import MAX_TOKENS, EventTokenizer
from loglm_bridge.model.folder import model_folder

#: Files of a run folder.
WEAK_EXAMPLES = "weak_examples.jsonl.gz"
KNOWLEDGE_EXAMPLES = "knowledge_examples.jsonl.gz"
RULE_WORDS = "rule_words.jsonl.gz"
FLOW_WINDOWS = "windows.jsonl.gz"
QUIETED = "quieted_rules.jsonl.gz"


@dataclass(frozen=True)
class TrainingRun:
    """The folder and the recipe of one training. Every stage resumes, or reads what an earlier call wrote."""

    folder: Path
    recipe: Recipe

    @property
    def tokenizer_file(self) -> Path:
        """The trained tokenizer."""
        return self.folder / "tokenizer.json"

    def corpus(self, data: Path, split: Path, content: Path = RULES) -> tuple[Corpus, list[WeakExample]]:
        """Stage `corpus`: return the canonical events and the weak examples; also write windows and compiled rules.

        `data` is the folder of training data, `split` the file of held-out recordings, `content` the folder of the
        project's own rules.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        held_out = validation_groups(split)
        ordinary = backgrounds.collect(data, held_out, self.folder / "backgrounds.jsonl.gz", self.recipe.seed)
        files = weak_examples.CatalogueFiles(
            data / "sigma_rules.tar.gz",
            [p for p in sorted(data.glob("*.jsonl.gz")) if p.name.split(".")[0] in weak_examples.COMMAND_FILES],
            data / "attack" / "enterprise.json.gz",
            self.recipe.samples_per_rule,
        )
        own, shapes = load_rules(content), Shapes.load()
        write_rows(self.folder / RULE_WORDS, sorted(rule_words(own)))
        if self.recipe.signatures and not (self.folder / model_folder.SIGNATURES).exists():
            compiled = rule_compiler.from_files(files, ordinary)
            write_rule_matcher(self.folder, knowledge_rules.with_knowledge(compiled, own, shapes))
        rules = self.rule_matcher()
        events = corpus.build(data, held_out, self.folder / "corpus", rules)
        rules = self._quieted(rules, events)
        windows.build(data, held_out, self.folder / FLOW_WINDOWS)
        knowledge_examples.build(own, shapes, rules, self.folder / KNOWLEDGE_EXAMPLES, self.recipe.seed)
        examples = weak_examples.build(files, ordinary, self.folder / WEAK_EXAMPLES, self.recipe.seed, rules)
        return events, examples

    def pretrain(self) -> EventEncoder:
        """Stage `pretrain`: the tokenizer and the encoder, from the distinct events of the training recordings."""
        events = self._load_corpus()
        holders: dict[int, set[tuple[str, str]]] = defaultdict(set)
        for event in events.training():
            holders[event.canonical].add((event.source, event.group))
        order = sorted(holders)
        known = {example.event.key: example for example in self._load_knowledge() if not example.event.rules}
        distinct = [events.canonicals[i] for i in order] + [example.event for example in known.values()]
        if not self.tokenizer_file.exists():
            recordings = [holders[i] for i in order] + [{("knowledge", one.rule)} for one in known.values()]
            words = list(read_rows(self.folder / RULE_WORDS))
            trained = vocabulary.train(distinct, recordings, events.names, self.recipe.pieces, words)
            trained.save(str(self.tokenizer_file))
        tokenizer = EventTokenizer.load(self.tokenizer_file)
        samples = [
            LabelledSample(tokenizer.encode(example.event), example.techniques, example.origin)
            for example in self._load_weak_examples()
            if example.catalogue != "atomic"  # a held-out source records these very commands
        ]
        samples += [
            LabelledSample(tokenizer.encode(example.event), example.techniques, example.rule)
            for example in known.values()
            if example.techniques
        ]
        run = pretrain.Pretraining(tokenizer, self._shape(tokenizer), self.recipe.pretrain, self.folder, samples)
        return run.run([tokenizer.encode(event) for event in distinct])

    def distil(self) -> list[float]:
        """Stage `distil`: the small encoder of the profile `fast`; return the error of each epoch.

        It learns from the distinct events of the training recordings and from the weak examples.
        """
        events, examples = self._load_corpus(), self._load_weak_examples()
        corpus_features, example_features = self._features(events, examples)
        order = sorted({event.canonical for event in events.training()})
        tokenizer = EventTokenizer.load(self.tokenizer_file)
        inputs = [events.canonicals[i] for i in order] + [example.event for example in examples]
        vectors = np.concatenate([corpus_features.vectors[order], example_features.vectors])
        encoded = [tokenizer.encode(event) for event in inputs]
        small, errors = distil.distil(self._shape(tokenizer), tokenizer.pad, encoded, vectors, self.recipe.distil)
        (self.folder / model_folder.FAST_ENCODER).write_bytes(model_export.to_onnx(small))
        return errors

    def heads(self, everything: bool, atomic: bool, leave_out: str = "") -> Heads:
        """Stage `heads`: both nets, on all recordings but those reserved for calibration, then the calibration.

        `everything` includes the held-out recordings (for shipping, never for scoring); `atomic` includes the commands
        of Atomic Red Team. `leave_out` names a source that neither the nets nor the calibration see, so that it can be
        measured as an unseen laboratory.
        """
        events, examples = self._load_corpus(), self._load_weak_examples()
        corpus_features, example_features = self._features(events, examples)
        known = self._load_knowledge()
        usable = events.training(True) if everything else self._without_validation(events.training())
        included = [e for e in usable if e.source != leave_out]
        fitting = [e for e in included if not reserved_for_calibration(e)]
        order = sorted({e.canonical for e in fitting})
        chosen = np.flatnonzero([atomic or example.catalogue != "atomic" for example in examples])
        alerts = self._alerts(events, own=True)
        training = training_examples.from_corpus(events, fitting, self.recipe.weights, alerts)
        training += training_examples.from_weak_examples(examples, self.recipe.weights, atomic)
        training += knowledge_examples.training(known, self.recipe.weights)
        inputs = _concatenate(
            corpus_features.take(np.array(order)), example_features.take(chosen), self._knowledge_features(known)
        )
        labels = sorted({t for example in training for t in example.techniques})
        technique = heads.fit_techniques(inputs, training, labels, self.recipe.technique)
        malice = heads.fit_malice(inputs, training, self.recipe.malice)
        calibration = [e for e in included if calibrate.calibrates(e)]
        families = known_families([events.canonicals[i] for i in order])
        centres = calibrate.prototypes(inputs.vectors, self.recipe.prototypes, self.recipe.seed)
        uncalibrated = Heads(
            calibrate.uncalibrated(labels, families, self._head_settings()),
            model_export.to_net(technique),
            model_export.to_net(malice),
            centres,
            self.rule_matcher().level_weights() * np.float32(self.recipe.rule_level_weight),
            knowledge_rules.rule_techniques(self.rule_matcher(), labels),
        )
        return calibrate.calibrated(
            uncalibrated, calibration, events.canonicals, corpus_features, self.recipe.budget, alerts
        )

    def sequence(self, everything: bool, leave_out: str = "") -> tuple[bytes, SequenceConfig]:
        """Stage `sequence`: return the content of `sequence.onnx` and of `sequence.json`.

        `everything` and `leave_out` are as in `heads`.
        """
        events, flow_windows = self.windows()
        included = [e for e in events.training(everything) if e.source != leave_out]
        trees, flows = flow_stage.train(events, flow_windows, included, self.recipe.sequence, self.recipe.budget)
        return trees, SequenceConfig(flows, self.recipe.context.scorings())

    def windows(self) -> tuple[Corpus, FlowWindows]:
        """Return the corpus and the windows of its flows."""
        return self._load_corpus(), windows.load(self.folder / FLOW_WINDOWS)

    def counts(self, heads: Heads) -> dict[str, int]:
        """Return the numbers of the model card: techniques, pretraining events, weak examples."""
        return {
            "techniques": len(heads.config.techniques),
            "pretraining": len({e.canonical for e in self._load_corpus().training()}),
            "weak_examples": len(self._load_weak_examples()),
            "knowledge": len({one.event.key for one in self._load_knowledge() if not one.event.rules}),
        }

    def encoder_bytes(self) -> bytes:
        """Return the pretrained encoder as an ONNX file."""
        tokenizer = EventTokenizer.load(self.tokenizer_file)
        encoder = EventEncoder(self._shape(tokenizer), tokenizer.pad)
        path = self.folder / "pretrain.pt"
        if not path.exists():
            raise ConfigError("no pretrained encoder", where=str(path), hint="run `loglm pretrain` first")
        state = torch.load(path, weights_only=True)["model"]
        prefix = "encoder."
        encoder.load_state_dict({k.removeprefix(prefix): v for k, v in state.items() if k.startswith(prefix)})
        return model_export.to_onnx(encoder.eval())

    def encoders(self) -> dict[str, bytes]:
        """Return the event encoder of each profile; `fast` is among them if it was distilled."""
        fast = self.folder / model_folder.FAST_ENCODER
        return {
            model_folder.BASE: self.encoder_bytes(),
            **({model_folder.FAST: fast.read_bytes()} if fast.exists() else {}),
        }

    def rule_matcher(self) -> RuleMatcher:
        """Return the compiled rules; none if the recipe wants none."""
        return read_rule_matcher(self.folder) if self.recipe.signatures else NO_RULES

    def neighbours(self, everything: bool) -> Neighbours:
        """Return the most specific events of the recordings that the heads may have learned from, and own rules."""
        events, known = self._load_corpus(), self._load_knowledge()
        corpus_features, _ = self._features(events, self._load_weak_examples())
        recordings = neighbours.collect(events.training(everything), corpus_features)
        titles = {rule.name: rule.title for rule in self.rule_matcher().rules if rule.title}
        return neighbours.with_knowledge(recordings, known, self._knowledge_features(known), titles)

    def _quieted(self, rules: RuleMatcher, events: Corpus) -> RuleMatcher:
        """Lower the levels of rules that ordinary events of the nets' recordings match, once for a run."""
        done = self.folder / QUIETED
        if not self.recipe.signatures or done.exists():
            return rules
        fitting = [e for e in self._without_validation(events.training()) if not reserved_for_calibration(e)]
        quiet = rule_noise.quieted(rules, events, fitting, self._alerts(events, own=True))
        write_rule_matcher(self.folder, quiet)
        write_rows(done, sorted(rule_noise.counts(rules.rules, quiet.rules).items()))
        return quiet

    def _without_validation(self, events: Sequence[CorpusEvent]) -> list[CorpusEvent]:
        return [e for e in events if e.source not in self.recipe.ordinary_validation]

    def _alerts(self, events: Corpus, own: bool) -> frozenset[int]:
        """Return the indices of the canonical events that rules call suspicious; if `own`, rules of the project."""
        rules = knowledge_rules.alert_rules(self.rule_matcher(), own)
        return frozenset(i for i, event in enumerate(events.canonicals) if not rules.isdisjoint(event.rules))

    def _shape(self, tokenizer: EventTokenizer) -> EncoderShape:
        sizes = self.recipe.encoder
        return EncoderShape(
            vocab=tokenizer.size,
            control=max(tokenizer.control_ids) + 1,
            max_tokens=MAX_TOKENS,
            layers=sizes.layers,
            width=sizes.width,
            heads=sizes.heads,
            inner=sizes.inner,
        )

    def _load_corpus(self) -> Corpus:
        if not (self.folder / "corpus").exists():
            raise ConfigError("no corpus", where=str(self.folder), hint="run `loglm corpus` first")
        return corpus.load(self.folder / "corpus")

    def _load_weak_examples(self) -> list[WeakExample]:
        return weak_examples.load(self.folder / WEAK_EXAMPLES)

    def _load_knowledge(self) -> list[KnowledgeExample]:
        return knowledge_examples.load(self.folder / KNOWLEDGE_EXAMPLES)

    def _head_settings(self) -> calibrate.HeadSettings:
        return calibrate.HeadSettings(self.recipe.gate, self.recipe.bound, self.recipe.floor, self.recipe.ceiling)

    def _knowledge_features(self, examples: Sequence[KnowledgeExample]) -> Features:
        inputs = EventTokenizer.load(self.tokenizer_file), self.encoder_bytes(), self.rule_matcher()
        return features.compute([one.event for one in examples], *inputs, self.folder / "knowledge_features.npz")

    def _features(self, events: Corpus, examples: Sequence[WeakExample]) -> tuple[Features, Features]:
        """Return the features of the corpus and of the weak examples."""
        inputs = EventTokenizer.load(self.tokenizer_file), self.encoder_bytes(), self.rule_matcher()
        return (
            features.compute(events.canonicals, *inputs, self.folder / "features.npz"),
            features.compute([example.event for example in examples], *inputs, self.folder / "example_features.npz"),
        )


def _concatenate(*parts: Features) -> Features:
    grams = [gram for part in parts for gram in part.grams]
    return Features(np.concatenate([part.vectors for part in parts]), grams, parts[0].buckets)
