"""What canonical events say alone: tokenizer, encoder and heads in a row, each distinct event once while remembered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import copy
from threading import Lock

from tokenizers import Tokenizer

from loglm_bridge.contract.attack_table import TECHNIQUES
from loglm_bridge.contract.errors import ModelRefused
from loglm_bridge.model.classifier.encoder_session import EventSession
from loglm_bridge.model.classifier.head_config import HeadConfig
from loglm_bridge.model.classifier.heads import Heads, Outcome
from loglm_bridge.model.classifier.outcome_cache import CachedOutcome
from loglm_bridge.model.features.ngrams import GRAM_BITS
from loglm_bridge.model.features.rule_matcher import load_rule_matcher
from loglm_bridge.model.features.tokenizer import EventTokenizer
from loglm_bridge.model.folder import model_folder
from loglm_bridge.telemetry import CanonicalEvent
from loglm_bridge.telemetry.fastpath.canonical_cache import CanonicalForm

#: Canonical events whose outcome is remembered; about 3 kB each.
CACHE_EVENTS = 20_000


class EventClassifier:
    """The parts of a model folder that read one event. Thread-safe.

    `recalled` and `judged` count outcomes that were remembered and that were found out.
    """

    def __init__(self, folder: model_folder.ModelFolder, profile: str, threads: int) -> None:
        """Raises ModelRefused: the parts do not fit together, or there is no such profile."""
        self._tokenizer = _tokenizer(folder.files[model_folder.TOKENIZER])
        self._session = EventSession(folder.encoder(profile), self._tokenizer.pad, threads)
        self._heads = Heads.load(folder.files[model_folder.HEADS], folder.json(model_folder.HEADS_CONFIG))
        self.rule_matcher = load_rule_matcher(folder)
        if self._heads.buckets != (1 << GRAM_BITS) + self.rule_matcher.count:
            raise ModelRefused(f"heads for {self._heads.buckets} gram buckets, other signatures in the folder")
        if self._heads.width != self._session.width:
            raise ModelRefused(f"heads for vectors of {self._heads.width}, the encoder gives {self._session.width}")
        foreign = [t for t in self._heads.config.techniques if t not in TECHNIQUES]
        if foreign:
            raise ModelRefused(f"{model_folder.HEADS_CONFIG}: techniques that ATT&CK does not list {foreign[:5]}")
        self._cache: dict[bytes, CachedOutcome] = {}
        self._lock = Lock()
        self.recalled = self.judged = 0

    @property
    def width(self) -> int:
        """Numbers of a vector."""
        return self._session.width

    @property
    def config(self) -> HeadConfig:
        """What the heads know."""
        return self._heads.config

    @property
    def held(self) -> int:
        """How many outcomes are remembered."""
        return len(self._cache)

    def clear(self) -> None:
        """Forget what was remembered."""
        with self._lock:
            self._cache.clear()

    def afresh(self) -> EventClassifier:
        """Return a judge of the same parts that remembers nothing."""
        twin = copy(self)
        twin._cache, twin._lock = {}, Lock()
        return twin

    def known(self, forms: Mapping[int, CanonicalForm]) -> dict[int, CachedOutcome]:
        """Return what is known of each form; finds out what is not. Raises ModelFailed."""
        new = {form.key: form for form in forms.values() if form.outcome is None}
        if new:
            found = self._remembered(new)
            for form in forms.values():
                form.outcome = form.outcome or found[form.key]
        return {place: form.outcome for place, form in forms.items()}

    def _remembered(self, wanted: Mapping[bytes, CanonicalForm]) -> dict[bytes, CachedOutcome]:
        """Return what is known of each form by its key."""
        with self._lock:
            found = {key: self._cache[key] for key in wanted if key in self._cache}
        missing = [key for key in wanted if key not in found]
        self.recalled += len(found)
        self.judged += len(missing)
        if missing:
            outcomes = self.outcomes([wanted[key].canonical for key in missing])
            fresh = {key: CachedOutcome(outcome) for key, outcome in zip(missing, outcomes, strict=True)}
            found |= fresh
            with self._lock:
                if len(self._cache) + len(fresh) > CACHE_EVENTS:
                    self._cache.clear()
                self._cache |= fresh
        return found

    def outcomes(self, forms: Sequence[CanonicalEvent]) -> list[Outcome]:
        """Return the outcomes of marked canonical events, past the cache. Raises ModelFailed."""
        if not forms:
            return []
        encoded = [self._tokenizer.encode(form) for form in forms]
        families = [form.family for form in forms]
        return self._heads.outcomes(self._session.encode(encoded), self.rule_matcher.bags(forms, encoded), families)


def _tokenizer(data: bytes) -> EventTokenizer:
    try:
        return EventTokenizer(Tokenizer.from_str(data.decode("utf-8")))
    except Exception as error:
        raise ModelRefused(f"{model_folder.TOKENIZER}: the library cannot read it") from error
