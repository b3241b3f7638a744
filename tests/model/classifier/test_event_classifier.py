"""The event classifier: outcomes and their cache."""

import pytest

from loglm_bridge.model.classifier import event_classifier
from loglm_bridge.model.classifier.event_classifier import EventClassifier
from loglm_bridge.model.folder.model_folder import ModelFolder
from loglm_bridge.telemetry.fastpath.canonical_cache import CanonicalForm


@pytest.fixture
def classifier(sealed):
    return EventClassifier(ModelFolder.open(sealed), "base", 1)


@pytest.fixture
def events(tiny):
    """Three distinct canonical events."""
    return list({event.key: event for event in tiny.canonicals}.values())[:3]


def forms_of(events):
    return {index: CanonicalForm(event, "") for index, event in enumerate(events)}


def test_equal_events_are_classified_once(classifier, events):
    first = classifier.classify(forms_of([*events, events[0]]))
    assert first[0] is first[3]
    assert (classifier.cache_hits, classifier.cache_misses, classifier.cached_events) == (0, 3, 3)
    again = classifier.classify(forms_of(events))
    assert [again[i] is first[i] for i in range(3)] == [True] * 3
    assert (classifier.cache_hits, classifier.cache_misses) == (3, 3)


def test_a_form_keeps_its_outcome(classifier, events):
    forms = forms_of(events)
    first = classifier.classify(forms)
    classifier.clear()
    assert classifier.classify(forms) == first
    assert classifier.cache_misses == 3


def test_a_full_cache_is_cleared(classifier, events, monkeypatch):
    monkeypatch.setattr(event_classifier, "MAX_CACHED_EVENTS", 2)
    classifier.classify(forms_of(events[:2]))
    classifier.classify(forms_of(events[2:]))
    assert classifier.cached_events == 1


def test_a_classifier_without_cache_gives_equal_outcomes(classifier, events):
    cached = classifier.classify(forms_of(events))
    twin = classifier.without_cache()
    assert twin.cached_events == 0
    computed = twin.classify(forms_of(events))
    assert [computed[i].verdict(3, False) for i in range(3)] == [cached[i].verdict(3, False) for i in range(3)]
    assert computed[0] is not cached[0]
    assert classifier.cached_events == 3


def test_no_events_give_no_outcomes(classifier):
    assert classifier.classify({}) == {}
    assert classifier.outcomes([]) == []
