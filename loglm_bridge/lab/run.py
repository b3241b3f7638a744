"""A run folder: where the stages leave what they made, and what each needs of the ones before."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from loglm_bridge.contract.errors import ConfigError
from loglm_bridge.lab.data import backgrounds, corpus, windows
from loglm_bridge.lab.data.corpus import Corpus
from loglm_bridge.lab.data.sources import validation_groups
from loglm_bridge.lab.data.windows import Sequences
from loglm_bridge.lab.export import model_export
from loglm_bridge.lab.recipe import Recipe
from loglm_bridge.lab.train import calibrate, distil, features, flow_stage, heads, neighbours, pretrain
from loglm_bridge.lab.train import vocabulary as vocabulary_stage
from loglm_bridge.lab.train.contrastive import LabelledSample
from loglm_bridge.lab.train.encoder import EncoderShape, EventEncoder
from loglm_bridge.lab.train.features import Features
from loglm_bridge.lab.train.thresholds import known_families
from loglm_bridge.lab.weak_labels import rule_compiler as signatures_stage
from loglm_bridge.lab.weak_labels import training_examples, weak_examples
from loglm_bridge.model.classifier.heads import Heads
from loglm_bridge.model.classifier.neighbours import Neighbours
from loglm_bridge.model.context.context import SequenceConfig
from loglm_bridge.model.features.rule_matcher import NO_RULES, RuleMatcher
from loglm_bridge.model.features.tokenizer import MAX_TOKENS, EventTokenizer
from loglm_bridge.model.folder import model_folder

#: What the teachers made, in a run's folder.
LESSONS = "lessons.jsonl.gz"

#: Windows over the corpus' events, in a run's folder.
SEQUENCES = "windows.jsonl.gz"


@dataclass(frozen=True)
class Run:
    """The files of one run, and the stages that write them. Every stage resumes or reads what is there already."""

    folder: Path
    recipe: Recipe

    @property
    def tokenizer_file(self) -> Path:
        """The trained tokenizer."""
        return self.folder / "tokenizer.json"

    def corpus(self, data: Path, split: Path) -> tuple[Corpus, list[weak_examples.WeakExample]]:
        """Stage `corpus`: canonical events, backgrounds and the teachers' lessons."""
        self.folder.mkdir(parents=True, exist_ok=True)
        held_out = validation_groups(split)
        ordinary = backgrounds.collect(data, held_out, self.folder / "backgrounds.jsonl.gz", self.recipe.seed)
        files = weak_examples.TeacherFiles(
            data / "sigma_rules.tar.gz",
            data / "aux_commands.jsonl.gz",
            data / "attack" / "enterprise.json.gz",
            self.recipe.fills,
        )
        if self.recipe.signatures and not (self.folder / model_folder.SIGNATURES).exists():
            signatures_stage.save(signatures_stage.from_files(files, ordinary), self.folder)
        rules = self.signatures()
        made = corpus.build(data, held_out, self.folder / "corpus", rules)
        windows.build(data, held_out, self.folder / SEQUENCES)
        lessons = weak_examples.teach(files, ordinary, self.folder / LESSONS, self.recipe.seed, rules)
        return made, lessons

    def pretrain(self) -> EventEncoder:
        """Stage `pretrain`: the tokenizer and the encoder, from the training recordings' distinct events."""
        made = self._corpus()
        holders: dict[int, set[tuple[str, str]]] = defaultdict(set)
        for event in made.training():
            holders[event.canonical].add((event.source, event.group))
        order = sorted(holders)
        distinct = [made.canonicals[i] for i in order]
        if not self.tokenizer_file.exists():
            recordings = [holders[i] for i in order]
            trained = vocabulary_stage.train(distinct, recordings, made.names, self.recipe.pieces)
            trained.save(str(self.tokenizer_file))
        tokenizer = EventTokenizer.load(self.tokenizer_file)
        told = [
            LabelledSample(tokenizer.encode(lesson.event), lesson.techniques, lesson.origin)
            for lesson in weak_examples.load(self.folder / LESSONS)
            if lesson.teacher != "atomic"  # the tests of one held-out source: the encoder would know the answers
        ]
        run = pretrain.Pretraining(tokenizer, self._shape(tokenizer), self.recipe.pretrain, self.folder, told)
        return run.run([tokenizer.encode(event) for event in distinct])

    def distil(self) -> list[float]:
        """Stage `distil`: the small encoder of the profile `fast`; return the error of each epoch.

        It learns from the training recordings' distinct events and the lessons.
        """
        made, lessons = self._corpus(), weak_examples.load(self.folder / LESSONS)
        of_canonicals, of_lessons = self._features(made, lessons)
        order = sorted({event.canonical for event in made.training()})
        tokenizer = EventTokenizer.load(self.tokenizer_file)
        shown = [made.canonicals[i] for i in order] + [lesson.event for lesson in lessons]
        vectors = np.concatenate([of_canonicals.vectors[order], of_lessons.vectors])
        encoded = [tokenizer.encode(event) for event in shown]
        small, errors = distil.distil(self._shape(tokenizer), tokenizer.pad, encoded, vectors, self.recipe.distil)
        (self.folder / model_folder.FAST_ENCODER).write_bytes(model_export.session(small))
        return errors

    def heads(self, everything: bool, atomic: bool, leave_out: str = "") -> Heads:
        """Stage `heads`: both nets on all but the calibration recordings, then the calibration.

        `everything` includes the held-out recordings (for shipping, never for scoring); `atomic` includes the Atomic
        Red Team commands as a teacher. `leave_out` names a source that the heads and their calibration do without, to
        be measured as an unseen laboratory.
        """
        made, lessons = self._corpus(), weak_examples.load(self.folder / LESSONS)
        of_canonicals, of_lessons = self._features(made, lessons)
        kept = [e for e in made.training(everything) if e.source != leave_out]
        fitting = [e for e in kept if not calibrate.kept_for_calibration(e)]
        order = sorted({e.canonical for e in fitting})
        chosen = np.flatnonzero([atomic or lesson.teacher != "atomic" for lesson in lessons])
        taught = training_examples.from_corpus(made, fitting, self.recipe.weights)
        taught += training_examples.from_lessons(lessons, self.recipe.weights, atomic)
        inputs = _joined(of_canonicals.take(np.array(order)), of_lessons.take(chosen))
        labels = sorted({t for example in taught for t in example.techniques})
        technique = heads.fit_techniques(inputs, taught, labels, self.recipe.technique)
        malice = heads.fit_malice(inputs, taught, self.recipe.malice)
        calibration = [e for e in kept if calibrate.kept_for_calibration(e)]
        known = known_families([made.canonicals[i] for i in order])
        centres = calibrate.prototypes(inputs.vectors, self.recipe.prototypes, self.recipe.seed)
        plain = Heads(
            calibrate.uncalibrated(labels, known, self.recipe.gate, self.recipe.bound),
            model_export.net(technique),
            model_export.net(malice),
            centres,
            self.signatures().level_weights() * np.float32(self.recipe.level_say),
        )
        return calibrate.calibrated(plain, calibration, made.canonicals, of_canonicals, self.recipe.budget)

    def sequence(self, everything: bool, leave_out: str = "") -> tuple[bytes, SequenceConfig]:
        """Stage `sequence`: return `sequence.onnx` and what `sequence.json` holds.

        `everything` and `leave_out` as in `heads`.
        """
        made, windows = self.windows()
        kept = [e for e in made.training(everything) if e.source != leave_out]
        trees, flows = flow_stage.train(made, windows, kept, self.recipe.sequence, self.recipe.budget)
        return trees, SequenceConfig(flows, self.recipe.company.families())

    def windows(self) -> tuple[Corpus, Sequences]:
        """Return the corpus and the windows over its events."""
        return self._corpus(), windows.load(self.folder / SEQUENCES)

    def counts(self, heads: Heads) -> dict[str, int]:
        """Return what the model card counts: techniques, pretraining events, lessons."""
        made = self._corpus()
        return {
            "techniques": len(heads.config.techniques),
            "pretraining": len({e.canonical for e in made.training()}),
            "lessons": len(weak_examples.load(self.folder / LESSONS)),
        }

    def encoder_bytes(self) -> bytes:
        """Return the pretrained encoder as an ONNX file."""
        tokenizer = EventTokenizer.load(self.tokenizer_file)
        encoder = EventEncoder(self._shape(tokenizer), tokenizer.pad)
        path = self.folder / "pretrain.pt"
        if not path.exists():
            raise ConfigError("no pretrained encoder", where=str(path), hint="run `loglm pretrain` first")
        state = torch.load(path, weights_only=True)["model"]
        encoder.load_state_dict({k[8:]: v for k, v in state.items() if k.startswith("encoder.")})
        return model_export.session(encoder.eval())

    def encoders(self) -> dict[str, bytes]:
        """Return the event encoder of each profile; `fast` is among them where it was distilled."""
        fast = self.folder / model_folder.FAST_ENCODER
        return {
            model_folder.BASE: self.encoder_bytes(),
            **({model_folder.FAST: fast.read_bytes()} if fast.exists() else {}),
        }

    def signatures(self) -> RuleMatcher:
        """Return the compiled rules; none where the recipe wants none."""
        return signatures_stage.load(self.folder) if self.recipe.signatures else NO_RULES

    def neighbours(self, everything: bool) -> Neighbours:
        """Return the telling events of the recordings that the heads may have learned from."""
        made = self._corpus()
        of_canonicals, _ = self._features(made, weak_examples.load(self.folder / LESSONS))
        return neighbours.collect(made.training(everything), of_canonicals)

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

    def _corpus(self) -> Corpus:
        if not (self.folder / "corpus").exists():
            raise ConfigError("no corpus", where=str(self.folder), hint="run `loglm corpus` first")
        return corpus.load(self.folder / "corpus")

    def _features(self, made: Corpus, lessons: Sequence[weak_examples.WeakExample]) -> tuple[Features, Features]:
        tokenizer, encoder = EventTokenizer.load(self.tokenizer_file), self.encoder_bytes()
        parts = (tokenizer, encoder, self.signatures())
        taught = [lesson.event for lesson in lessons]
        return (
            features.compute(made.canonicals, *parts, self.folder / "features.npz"),
            features.compute(taught, *parts, self.folder / "lesson_features.npz"),
        )


def _joined(first: Features, second: Features) -> Features:
    return Features(np.concatenate([first.vectors, second.vectors]), [*first.grams, *second.grams], first.buckets)
