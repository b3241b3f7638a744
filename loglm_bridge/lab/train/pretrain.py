"""Stage `pretrain`: the event encoder learns to fill in hidden values of every distinct canonical event, no labels."""

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

from loglm_bridge.lab.train.contrastive import Kin, LabelledSample, own_form, same_technique
from loglm_bridge.lab.train.encoder import EncoderShape, EventEncoder, MaskedPrediction
from loglm_bridge.lab.train.masking import FieldMasker
from loglm_bridge.lab.train.token_batches import Batch, by_length, pad
from loglm_bridge.model.features.tokenizer import Encoded, EventTokenizer

#: Techniques of one step's tellings.
KIN_TECHNIQUES = 40


@dataclass(frozen=True)
class PretrainSettings:
    """How the encoder is pretrained: masked values, and in the last epoch two contrastive losses beside them.

    `contrast` weighs that of an event's two forms, `kin` that of different tellings of one technique (contrast.py).

    `budget` is padded tokens a step, `minutes` the wall-clock limit of all epochs.

    `bfloat16` doubles the speed of CPUs with AVX-512 BF16 and is sixteen times slower than float32 on others.
    """

    epochs: int = 3
    minutes: float = 60.0
    budget: int = 6144
    rate: float = 0.3
    learning_rate: float = 7e-4
    warmup: int = 200
    weight_decay: float = 0.02
    contrast: float = 0.0
    kin: float = 0.0
    bfloat16: bool = False
    seed: int = 1


class Pretraining:
    """One resumable run: state lives in `folder/pretrain.pt`, progress in `folder/pretrain.log` (JSON lines)."""

    def __init__(
        self,
        tokenizer: EventTokenizer,
        shape: EncoderShape,
        settings: PretrainSettings,
        folder: Path,
        tellings: Sequence[LabelledSample] = (),
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
        self.kin = Kin(tellings, settings.seed)
        self.epoch, self.step, self.seconds = 0, 0, 0.0
        self._resume()

    def run(self, events: Sequence[Encoded]) -> EventEncoder:
        """Train to the end of the last epoch or of the time limit and return the encoder."""
        total = self.settings.minutes * 60
        while self.epoch < self.settings.epochs and self.seconds < total:
            rng = random.Random(self.settings.seed * 1000 + self.epoch)
            batches = list(by_length(events, self.settings.budget, self.tokenizer.pad, rng))
            steps = len(batches) * self.settings.epochs
            self._epoch(batches, self.step - self.epoch * len(batches), steps, total)
        self._save()
        return self.model.encoder

    def _epoch(self, batches: list[Batch], done: int, steps: int, total: float) -> None:
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

    def _step(self, batch: Batch, steps: int, total: float) -> float:
        for group in self.optimiser.param_groups:
            group["lr"] = self.settings.learning_rate * self._schedule(steps, total)
        masked = self.masker(batch)
        self.model.train()
        with torch.autocast("cpu", torch.bfloat16, enabled=self.settings.bfloat16):
            states = self.model.encoder(masked.ids, batch.fields)
            loss = F.cross_entropy(self.model(states, masked.where), masked.targets)
            if self.epoch == self.settings.epochs - 1:
                loss = loss + self._contrasts(batch, self.model.encoder.pool(masked.ids, states))
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        self.optimiser.step()
        return float(loss.detach())

    def _contrasts(self, batch: Batch, pooled: Tensor) -> Tensor:
        loss = torch.zeros(())
        if self.settings.contrast:
            loss = loss + self.settings.contrast * own_form(pooled, self._without_fields(batch))
        if self.settings.kin:
            drawn = [self.kin.tellings[row] for row in self.kin.draw(self.step, KIN_TECHNIQUES)]
            told = pad([telling.event for telling in drawn], range(len(drawn)), self.tokenizer.pad)
            techniques = [telling.techniques for telling in drawn]
            loss = loss + self.settings.kin * same_technique(self._without_fields(told), techniques)
        return loss

    def _without_fields(self, batch: Batch) -> Tensor:
        """Return the vectors of a batch's events, each without some of its fields."""
        ids = self.masker.without_fields(batch)
        return self.model.encoder.pool(ids, self.model.encoder(ids, batch.fields))

    def _schedule(self, steps: int, total: float) -> float:
        # Warm up, then a cosine over whichever ends first: the steps or the time.
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
            if "random" in state:  # dropout and masks go on where they stood
                torch.set_rng_state(state["random"][0])
                self.masker.random.bit_generator.state = state["random"][1]
