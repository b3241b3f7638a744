"""Forms: an event is found again as what it would be made into anew, and nothing is held without bound."""

import gzip
import json
import random
from concurrent.futures import ThreadPoolExecutor
from itertools import islice

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loglm_bridge.contract.event import Event
from loglm_bridge.model.features.rule_matcher import load_rule_matcher
from loglm_bridge.model.folder.model_folder import ModelFolder
from loglm_bridge.model.registry import SHIPPED
from loglm_bridge.telemetry import parse, parse_and_canonicalise
from loglm_bridge.telemetry.fastpath.canonical_cache import CanonicalCache
from tests.lab.tiny import sample_events
from tests.telemetry.fastpath.test_json_layouts import NAMES, VALUES
from tests.telemetry.test_shared_data import FILES


@pytest.fixture(scope="module")
def signatures():
    """The rules of the shipped model."""
    return load_rule_matcher(ModelFolder.open(SHIPPED / "loglm-small"))


@pytest.fixture(scope="module")
def forms(signatures):
    return CanonicalCache(signatures)


def same(forms, signatures, event):
    wanted = signatures.mark(parse_and_canonicalise(event)[1])
    for _ in range(2):
        found = forms.find(parse(event), event.host)
        assert found.canonical == wanted
        assert found.key == wanted.key


def hosts_of(event):
    return [event._replace(host=host) for host in ("", "ws-014", "powershell.exe", "db\x1f1", "10.0.0.1")]


@pytest.mark.parametrize("event", sample_events(), ids=range(len(sample_events())))
def test_the_projects_samples_are_found_as_they_are(forms, signatures, event):
    for other in hosts_of(event):
        same(forms, signatures, other)


@given(st.lists(st.tuples(NAMES, VALUES), max_size=8), st.sampled_from(["", "ann", "security"]))
def test_any_fields_are_found_as_they_are(forms, signatures, fields, host):
    same(forms, signatures, Event(json.dumps(dict(fields)), host=host))


def test_values_that_are_dropped_are_not_told_apart(forms):
    def event(at):
        fields = {"ts": at, "uid": f"C{at}", "_path": "dns", "id.orig_h": "10.0.0.1", "query": "a.example.org"}
        return Event(json.dumps(fields))

    assert forms.find(parse(event(1)), "") is forms.find(parse(event(2)), "")


def test_a_host_is_told_apart_only_where_its_name_occurs(forms):
    event = Event('{"EventID":1,"ProcessGuid":"{1}","Image":"C:\\\\x.exe","CommandLine":"ping build-07 -n 1"}')
    plain, other = forms.find(parse(event), ""), forms.find(parse(event), "mail-02")
    assert plain is other
    own = forms.find(parse(event), "build-07")
    assert own is forms.find(parse(event), "build-07")
    assert dict(own.canonical.fields)["process"] == "ping {host} -n 1"


def test_a_small_budget_forgets_and_finds_again(signatures):
    forms = CanonicalCache(signatures, max_bytes=100_000)
    for event in sample_events() * 2:
        same(forms, signatures, event)
        assert forms.bytes_held <= 100_000
    forms.clear()
    assert forms.bytes_held == 0


def test_threads_find_the_same(signatures):
    forms, events = CanonicalCache(signatures, max_bytes=400_000), sample_events()
    wanted = [signatures.mark(parse_and_canonicalise(event)[1]) for event in events]

    def one(seed):
        order = random.Random(seed).sample(range(len(events)), len(events))
        return all(forms.find(parse(events[i]), events[i].host).canonical == wanted[i] for i in order)

    with ThreadPoolExecutor(4) as pool:
        assert all(pool.map(one, range(12)))


@pytest.mark.shared
@pytest.mark.parametrize("name", FILES)
def test_recorded_events_are_found_as_they_are(shared, forms, signatures, name):
    path = shared / "data" / f"{name}.jsonl.gz"
    if not path.exists():
        pytest.skip(f"{path.name} is absent")
    with gzip.open(path, "rt", encoding="utf-8", errors="surrogatepass") as lines:
        rows = [json.loads(line) for line in islice(lines, 0, 6_000, 41)]
    for row in rows:
        same(forms, signatures, Event(row["raw"], row["sourcetype"] or "", row["source"] or "", row.get("host") or ""))
