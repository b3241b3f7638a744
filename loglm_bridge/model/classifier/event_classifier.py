"""Classifies single canonical events: tokenizer, encoder and heads, with a cache of outcomes."""

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

#: Maximum canonical events whose outcome is cached; about 3 kB each.
MAX_CACHED_EVENTS = 20_000


class EventClassifier:
    """The parts of a model folder that classify one event. Thread-safe."""

    def __init__(self, folder: model_folder.ModelFolder, profile: str, threads: int) -> None:
        """Load the parts. Raises ModelRefused where they do not fit together, or there is no such profile."""
        self.tokenizer = _load_tokenizer(folder.files[model_folder.TOKENIZER])
        self._session = EventSession(folder.encoder(profile), self.tokenizer.pad, threads)
        self._heads = Heads.load(folder.files[model_folder.HEADS], folder.json(model_folder.HEADS_CONFIG))
        self.rule_matcher = load_rule_matcher(folder)
        if self._heads.buckets != (1 << GRAM_BITS) + self.rule_matcher.count:
            raise ModelRefused(f"heads for {self._heads.buckets} gram buckets, which do not fit the folder's rules")
        if self._heads.width != self._session.width:
            raise ModelRefused(f"heads for vectors of {self._heads.width}, but an encoder of {self._session.width}")
        unknown = [t for t in self._heads.config.techniques if t not in TECHNIQUES]
        if unknown:
            raise ModelRefused(f"{model_folder.HEADS_CONFIG}: techniques that ATT&CK does not list {unknown[:5]}")
        self._cache: dict[bytes, CachedOutcome] = {}
        self._lock = Lock()
        self.cache_hits = self.cache_misses = 0

    @property
    def width(self) -> int:
        """Length of an event's vector."""
        return self._session.width

    @property
    def config(self) -> HeadConfig:
        """Techniques and calibration of the heads."""
        return self._heads.config

    @property
    def cached_events(self) -> int:
        """Number of outcomes in the cache."""
        return len(self._cache)

    def clear(self) -> None:
        """Clear the cache."""
        with self._lock:
            self._cache.clear()

    def without_cache(self) -> EventClassifier:
        """Return a classifier of the same parts with an empty cache of its own."""
        twin = copy(self)
        twin._cache, twin._lock = {}, Lock()
        return twin

    def classify(self, forms: Mapping[int, CanonicalForm]) -> dict[int, CachedOutcome]:
        """Return the outcome of each form, under its key. Raises ModelFailed."""
        new = {form.key: form for form in forms.values() if form.outcome is None}
        if new:
            outcomes = self._cached_outcomes(new)
            for form in forms.values():
                form.outcome = form.outcome or outcomes[form.key]
        return {index: form.outcome for index, form in forms.items()}

    def _cached_outcomes(self, forms: Mapping[bytes, CanonicalForm]) -> dict[bytes, CachedOutcome]:
        """Return the outcomes of forms by their key, computed where they are not cached."""
        with self._lock:
            cached = {key: self._cache[key] for key in forms if key in self._cache}
        missing = [key for key in forms if key not in cached]
        self.cache_hits += len(cached)
        self.cache_misses += len(missing)
        if not missing:
            return cached
        outcomes = self.outcomes([forms[key].canonical for key in missing])
        new = {key: CachedOutcome(outcome) for key, outcome in zip(missing, outcomes, strict=True)}
        with self._lock:
            if len(self._cache) + len(new) > MAX_CACHED_EVENTS:
                self._cache.clear()
            self._cache |= new
        return cached | new

    def outcomes(self, events: Sequence[CanonicalEvent]) -> list[Outcome]:
        """Return the outcomes of canonical events with matched rules, bypassing the cache. Raises ModelFailed."""
        if not events:
            return []
        encoded = [self.tokenizer.encode(event) for event in events]
        families = [event.family for event in events]
        return self._heads.outcomes(self._session.encode(encoded), self.rule_matcher.bags(events, encoded), families)


def _load_tokenizer(data: bytes) -> EventTokenizer:
    try:
        return EventTokenizer(Tokenizer.from_str(data.decode("utf-8")))
    except Exception as error:
        raise ModelRefused(f"{model_folder.TOKENIZER}: the library cannot read it") from error
