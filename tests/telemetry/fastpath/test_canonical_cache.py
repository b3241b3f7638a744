"""The canonical cache gives the events of the canonicaliser and the rule matcher, and its size is bounded."""

import json
import random
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loglm_bridge.contract.event import Event
from loglm_bridge.model.features.rule_matcher import load_rule_matcher
from loglm_bridge.model.folder.model_folder import ModelFolder
from loglm_bridge.model.registry import SHIPPED
from loglm_bridge.telemetry import parse, parse_and_canonicalise
from loglm_bridge.telemetry.fastpath.canonical_cache import CanonicalCache
from tests.telemetry.event_samples import EVENTS
from tests.telemetry.fastpath.test_json_layouts import NAMES, VALUES
from tests.telemetry.recordings import FILES, sampled_events


@pytest.fixture(scope="module")
def rule_matcher():
    """The rules of the shipped model."""
    return load_rule_matcher(ModelFolder.open(SHIPPED / "loglm-small"))


@pytest.fixture(scope="module")
def cache(rule_matcher):
    return CanonicalCache(rule_matcher)


def check(cache, rule_matcher, event):
    expected = rule_matcher.mark(parse_and_canonicalise(event)[1])
    for _ in range(2):
        actual = cache.find(parse(event), event.host, event.raw)
        assert actual.canonical == expected
        assert actual.key == expected.key


def with_hosts(event):
    return [event._replace(host=host) for host in ("", "ws-014", "powershell.exe", "db\x1f1", "10.0.0.1")]


@pytest.mark.parametrize("event", EVENTS.values(), ids=EVENTS.keys())
def test_samples(cache, rule_matcher, event):
    for other in with_hosts(event):
        check(cache, rule_matcher, other)


@given(st.lists(st.tuples(NAMES, VALUES), max_size=8), st.sampled_from(["", "ann", "security"]))
def test_any_fields(cache, rule_matcher, fields, host):
    check(cache, rule_matcher, Event(json.dumps(dict(fields)), host=host))


def test_values_of_dropped_fields_share_a_form(cache):
    def event(at):
        fields = {
            "ts": f"17000000{at}.25",
            "uid": f"CHhAvVGS1DHFjwGM{at}",
            "_path": "dns",
            "id.orig_h": "10.0.0.1",
            "query": "a.example.org",
        }
        return Event(json.dumps(fields))

    assert cache.find(parse(event(1)), "") is cache.find(parse(event(2)), "")


def test_a_host_has_a_form_of_its_own_only_if_its_name_occurs(cache):
    event = Event('{"EventID":1,"ProcessGuid":"{1}","Image":"C:\\\\x.exe","CommandLine":"ping build-07 -n 1"}')
    plain, other = cache.find(parse(event), ""), cache.find(parse(event), "mail-02")
    assert plain is other
    own = cache.find(parse(event), "build-07")
    assert own is cache.find(parse(event), "build-07")
    assert dict(own.canonical.fields)["process"] == "ping {host} -n 1"


def test_a_small_cache_is_cleared_and_filled_again(rule_matcher):
    cache = CanonicalCache(rule_matcher, max_bytes=100_000)
    for event in [*EVENTS.values()] * 2:
        check(cache, rule_matcher, event)
        assert cache.bytes_held <= 100_000
    cache.clear()
    assert cache.bytes_held == 0


def test_threads_get_equal_forms(rule_matcher):
    cache, events = CanonicalCache(rule_matcher, max_bytes=400_000), [*EVENTS.values()]
    expected = [rule_matcher.mark(parse_and_canonicalise(event)[1]) for event in events]

    def one(seed):
        order = random.Random(seed).sample(range(len(events)), len(events))
        return all(cache.find(parse(events[i]), events[i].host, events[i].raw).canonical == expected[i] for i in order)

    with ThreadPoolExecutor(4) as pool:
        assert all(pool.map(one, range(12)))


@pytest.mark.shared
@pytest.mark.parametrize("name", FILES)
def test_recorded_events(shared, cache, rule_matcher, name):
    for event in sampled_events(shared, name, 41, 6_000):
        check(cache, rule_matcher, event)
