"""Stage `pretrain`: the event encoder learns to predict masked values of canonical events. Needs no labels."""

from __future__ import annotations

import json
import math
import random
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
from torch import Tensor
from torch.nn import functional as F

from loglm_bridge.lab.train.contrastive import LabelledSample, PairSampler, technique_loss, view_loss
from loglm_bridge.lab.train.encoder import EncoderShape, EventEncoder, MaskedPrediction
from loglm_bridge.lab.train.masking import FieldMasker
from loglm_bridge.lab.train.token_batches import TokenBatch, by_length, pad
from loglm_bridge.model.features.tokenizer import Encoded, EventTokenizer

#: Techniques of the contrastive loss of techniques in one step.
TECHNIQUES_PER_STEP = 40


@dataclass(frozen=True)
class PretrainSettings:
    """Settings of pretraining: masked values, and in the last epoch two contrastive losses as well (contrastive.py).

    `view_contrast` is the weight of the loss of two views of an event, `technique_contrast` that of the loss of
    techniques. `budget` is the padded tokens of a step, `minutes` the wall-clock limit of all epochs, `rate` the share
    of masked tokens. `bfloat16` doubles the speed of CPUs with AVX-512 BF16 and is sixteen times slower than float32 on
    others.
    """

    epochs: int = 3
    minutes: float = 60.0
    budget: int = 6144
    rate: float = 0.3
    learning_rate: float = 7e-4
    warmup: int = 200
    weight_decay: float = 0.02
    view_contrast: float = 0.0
    technique_contrast: float = 0.0
    bfloat16: bool = False
    seed: int = 1


class Pretraining:
    """One resumable run: its state is in `folder/pretrain.pt`, its progress in `folder/pretrain.log` (JSON lines)."""

    def __init__(
        self,
        tokenizer: EventTokenizer,
        shape: EncoderShape,
        settings: PretrainSettings,
        folder: Path,
        samples: Sequence[LabelledSample] = (),
    ) -> None:
        torch.manual_seed(settings.seed)
        self.settings, self.folder, self.tokenizer = settings, folder, tokenizer
        self.model = MaskedPrediction(EventEncoder(shape, tokenizer.pad))
        self.masker = FieldMasker(
            tokenizer.mask, tokenizer.pad, tokenizer.control_ids, tokenizer.size, settings.rate, settings.seed
        )
        self.optimiser = torch.optim.AdamW(
            self.model.parameters(), lr=settings.learning_rate, weight_decay=settings.weight_decay, betas=(0.9, 0.98)
        )
        self.pairs = PairSampler(samples, settings.seed)
        self.epoch, self.step, self.seconds = 0, 0, 0.0
        self._resume()

    def run(self, events: Sequence[Encoded]) -> EventEncoder:
        """Train until the last epoch or the time limit ends, and return the encoder."""
        total = self.settings.minutes * 60
        while self.epoch < self.settings.epochs and self.seconds < total:
            rng = random.Random(self.settings.seed * 1000 + self.epoch)
            batches = list(by_length(events, self.settings.budget, self.tokenizer.pad, rng))
            steps = len(batches) * self.settings.epochs
            self._epoch(batches, self.step - self.epoch * len(batches), steps, total)
        self._save()
        return self.model.encoder

    def _epoch(self, batches: list[TokenBatch], done: int, steps: int, total: float) -> None:
        losses: list[float] = []
        for batch in batches[done:]:
            started = time.monotonic()
            losses.append(self._step(batch, steps, total))
            self.seconds += time.monotonic() - started
            self.step += 1
            if self.step % 100 == 0:
                self._log(losses)
                losses = []
            if self.step % 500 == 0:
                self._save()
            if self.seconds >= total:
                return
        self.epoch += 1
        self._save()

    def _step(self, batch: TokenBatch, steps: int, total: float) -> float:
        for group in self.optimiser.param_groups:
            group["lr"] = self.settings.learning_rate * self._schedule(steps, total)
        masked = self.masker(batch)
        self.model.train()
        with torch.autocast("cpu", torch.bfloat16, enabled=self.settings.bfloat16):
            states = self.model.encoder(masked.ids, batch.fields)
            loss = F.cross_entropy(self.model(states, masked.where), masked.targets)
            if self.epoch == self.settings.epochs - 1:
                loss = loss + self._contrastive_loss(batch, self.model.encoder.pool(masked.ids, states))
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        self.optimiser.step()
        return float(loss.detach())

    def _contrastive_loss(self, batch: TokenBatch, pooled: Tensor) -> Tensor:
        loss = torch.zeros(())
        if self.settings.view_contrast:
            loss = loss + self.settings.view_contrast * view_loss(pooled, self._without_fields(batch))
        if self.settings.technique_contrast:
            drawn = [self.pairs.samples[row] for row in self.pairs.draw(self.step, TECHNIQUES_PER_STEP)]
            samples = pad([sample.event for sample in drawn], range(len(drawn)), self.tokenizer.pad)
            techniques = [sample.techniques for sample in drawn]
            loss = loss + self.settings.technique_contrast * technique_loss(self._without_fields(samples), techniques)
        return loss

    def _without_fields(self, batch: TokenBatch) -> Tensor:
        """Return the vectors of a batch's events, each without some of its fields."""
        ids = self.masker.without_fields(batch)
        return self.model.encoder.pool(ids, self.model.encoder(ids, batch.fields))

    def _schedule(self, steps: int, total: float) -> float:
        # Warm-up, then a cosine until the steps or the time limit end, whichever comes first.
        progress = min(1.0, max(self.step / steps, self.seconds / total))
        return min(1.0, (self.step + 1) / self.settings.warmup) * (0.05 + 0.475 * (1 + math.cos(math.pi * progress)))

    def _log(self, losses: list[float]) -> None:
        row = {
            "step": self.step,
            "epoch": self.epoch,
            "seconds": round(self.seconds, 1),
            "loss": round(sum(losses) / len(losses), 4),
        }
        with (self.folder / "pretrain.log").open("a", encoding="utf-8") as log:
            log.write(json.dumps(row) + "\n")

    def _save(self) -> None:
        state = {
            "model": self.model.state_dict(),
            "optimiser": self.optimiser.state_dict(),
            "progress": [self.epoch, self.step, self.seconds],
            "random": [torch.get_rng_state(), self.masker.random.bit_generator.state],
            "settings": asdict(self.settings),
        }
        torch.save(state, self.folder / "pretrain.part")
        (self.folder / "pretrain.part").replace(self.folder / "pretrain.pt")

    def _resume(self) -> None:
        path = self.folder / "pretrain.pt"
        if path.exists():
            state = torch.load(path, weights_only=True)
            self.model.load_state_dict(state["model"])
            self.optimiser.load_state_dict(state["optimiser"])
            self.epoch, self.step, self.seconds = state["progress"]
            if "random" in state:  # dropout and masks continue where they stopped
                torch.set_rng_state(state["random"][0])
                self.masker.random.bit_generator.state = state["random"][1]
