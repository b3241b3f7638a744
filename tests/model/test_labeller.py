"""The labeller: one verdict per event for any text, the same bytes whatever the batch."""

import json
import random
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import orjson
import pytest

from loglm_bridge.contract.errors import ModelRefused
from loglm_bridge.contract.event import Event
from loglm_bridge.contract.limits import MAX_TOP
from loglm_bridge.contract.verdict import FLAGGED_VERDICTS, MODEL_STATUSES, VERDICTS
from loglm_bridge.contract.wire import Options
from loglm_bridge.model.folder.model_folder import HEADS, HEADS_CONFIG, TOKENIZER
from loglm_bridge.model.labeller import Labeller
from tests.lab.tiny import sample_events
from tests.model.sealing import with_file

ALL = Options(top=MAX_TOP, embedding=True, explain=True)

GARBAGE = [
    "\x00" * 50,
    "\ud800\udfff\ud800",
    "{" * 5000,
    "<Event><System>" * 500,
    "\u202e" * 40 + "[CLS][PAD]</s>",
    "=" * 3000,
    ",".join("x" * 900),
    "\N{PILE OF POO}" * 400,
    "%s%n{0}${jndi:ldap://x}",
]


def encoded(verdict):
    """Return a verdict as JSON."""
    return orjson.dumps(verdict.to_dict())


@pytest.mark.parametrize("threads", [1, 2])
def test_a_verdict_has_the_same_bytes_alone_in_a_batch_and_shuffled(sealed, labeller, threads):
    rng, options = random.Random(9), Options(top=10, embedding=True)
    batch = [rng.choice(sample_events()) for _ in range(500)]
    alone = {}
    for event in batch:
        labeller.close()
        alone[event] = encoded(labeller.label([event], options)[0])
    other = Labeller.load(sealed, threads)
    assert [encoded(v) for v in other.label(batch, options)] == [alone[e] for e in batch]
    other.close()
    rng.shuffle(batch)
    assert [encoded(v) for v in other.label(batch, options)] == [alone[e] for e in batch]
    assert [encoded(v) for v in other.label(batch, options)] == [alone[e] for e in batch]


def test_concurrent_threads_get_the_same_bytes(sealed):
    events, shared = sample_events(), Labeller.load(sealed, 2)
    expected = [encoded(v) for v in Labeller.load(sealed).label(events, ALL)]

    def label_shuffled(seed):
        order = random.Random(seed).sample(range(len(events)), len(events))
        verdicts = shared.label([events[i] for i in order], ALL)
        return [encoded(verdicts[order.index(i)]) for i in range(len(events))]

    with ThreadPoolExecutor(4) as pool:
        assert all(verdicts == expected for verdicts in pool.map(label_shuffled, range(8)))


def test_verdicts_are_in_order_and_well_formed(labeller):
    events = sample_events()
    for event, verdict in zip(events, labeller.label(events, ALL), strict=True):
        assert verdict.status in MODEL_STATUSES
        if not event.raw.strip():
            assert verdict.status == "empty"
        if verdict.status != "ok":
            assert (verdict.score, verdict.verdict, verdict.techniques) == (None, None, ())
            continue
        assert verdict.verdict in VERDICTS
        assert 0.0 <= verdict.score <= 1.0
        assert len(verdict.techniques) == MAX_TOP
        assert sum(x * x for x in verdict.embedding) == pytest.approx(1.0, abs=1e-3)
        assert set(verdict.explanation) == {"summary", "kind", "fields", "rules", "neighbours"}


def test_options_add_fields_and_change_no_number(labeller):
    (event,) = sample_events()[:1]
    (full,), (short,) = labeller.label([event], ALL), labeller.label([event], Options(top=2))
    assert short == full._replace(techniques=full.techniques[:2], embedding=None, explanation=None)


def test_brief_verdicts_have_techniques_only_if_flagged(labeller):
    events = sample_events()
    for options in (Options(), Options(embedding=True)):
        full, brief = labeller.label(events, options), labeller.label(events, options._replace(brief=True))
        assert brief == [v if v.verdict in FLAGGED_VERDICTS else v._replace(techniques=()) for v in full]
        assert any(v.techniques for v in brief)
        assert any(v.techniques for v in set(full) - set(brief))


@pytest.mark.parametrize("raw", ["", " ", "\n\t\r", "\ufeff", "\u3000"])
def test_blank_events_are_empty(labeller, raw):
    (verdict,) = labeller.label([Event(raw)], ALL)
    assert (verdict.status, verdict.score, verdict.techniques, verdict.embedding) == ("empty", None, (), None)
    assert verdict.detail


@pytest.mark.parametrize("raw", GARBAGE, ids=range(len(GARBAGE)))
def test_garbage_gets_a_verdict_and_does_not_change_its_neighbours(labeller, raw):
    good = sample_events()[0]
    expected = encoded(labeller.label([good], ALL)[0])
    first, garbage, last = labeller.label([good, Event(raw), good], ALL)
    assert encoded(first) == encoded(last) == expected
    assert garbage.status in MODEL_STATUSES
    encoded(garbage)


@pytest.mark.parametrize("raw", ["a" * 2**20, "word " * 200_000, json.dumps({f"k{i}": "v" * 9 for i in range(60_000)})])
def test_a_megabyte_is_truncated_and_labelled(labeller, raw):
    (verdict,) = labeller.label([Event(raw)], Options())
    assert verdict.truncated
    assert 0.0 <= verdict.score <= 1.0


def test_unparsed_events_are_never_benign(labeller):
    (verdict,) = labeller.label([Event("\x01\x02 \x03")], Options())
    assert (verdict.status, verdict.verdict, verdict.score) == ("unparsed", None, None)
    assert verdict.detail


def test_no_events_give_no_verdicts(labeller):
    assert labeller.label([], ALL) == []
    assert labeller.label_uncached([]) == []


def test_unknown_kinds_and_fields_are_labelled(labeller):
    events = [
        Event('{"zzz_unheard": "qqq", "of": {"deep": 3}}'),
        Event("<Event><System><EventID>65001</EventID></System></Event>"),
    ]
    for verdict in labeller.label(events, ALL):
        assert verdict.status in ("ok", "unparsed")
        assert verdict.score is not None


def test_events_that_differ_only_in_identity_get_equal_verdicts(labeller):
    event = sample_events()[0]
    other = event._replace(raw=event.raw.replace("ws-014", "ws-977").replace("WS-014", "WS-977"), host="ws-977")
    assert other.raw != event.raw
    assert len({encoded(v) for v in labeller.label([event, other], Options())}) == 1


def test_the_description_names_identity_size_and_thresholds(labeller):
    description = labeller.describe()
    assert description["sha256"] == labeller.id.sha256
    assert description["width"] == 32
    assert description["techniques"] == 14
    assert set(description["thresholds"]) == {"malicious", "suspicious", "unknown"}
    assert "files" not in description
    orjson.dumps(description)


@pytest.mark.parametrize("data", ["", "{}", "[1]", '{"version":"1.0","model":{"type":"BPE","vocab":{},"merges":[]}}'])
def test_an_invalid_tokenizer_is_refused(sealed, tmp_path, data):
    with pytest.raises(ModelRefused, match=TOKENIZER):
        Labeller.load(with_file(sealed, tmp_path, TOKENIZER, data))


def test_heads_of_another_encoder_are_refused(sealed, tiny, tmp_path):
    def cut(net):
        return replace(net, centre=net.centre[:16], spread=net.spread[:16], hidden=_narrow(net.hidden))

    heads = replace(
        tiny.heads,
        technique=cut(tiny.heads.technique),
        malice=cut(tiny.heads.malice),
        prototypes=tiny.heads.prototypes[:, :16],
    )
    with pytest.raises(ModelRefused, match="heads for vectors of 16"):
        Labeller.load(with_file(sealed, tmp_path, HEADS, heads.dump()[0]))


def _narrow(linear):
    return replace(linear, levels=linear.levels[16:])


def test_techniques_unknown_to_attack_are_refused(sealed, tiny, tmp_path):
    names = ("T0000", *tiny.heads.config.techniques[1:])
    with pytest.raises(ModelRefused, match="T0000"):
        Labeller.load(with_file(sealed, tmp_path, HEADS_CONFIG, tiny.heads.with_config(techniques=names).dump()[1]))


def test_a_profile_uses_another_encoder_and_name(sealed, tiny, tmp_path):
    folder = tiny.seal(tmp_path / "both", encoders={"base": tiny.onnx, "fast": tiny.small})
    base, fast = Labeller.load(folder), Labeller.load(folder, profile="fast")
    fast.self_test()
    events = sample_events()
    scores = [[v.score for v in labeller.label(events, Options())] for labeller in (base, fast)]
    assert scores[0] != scores[1]
    assert fast.id == base.id._replace(name="tiny-fast")
    assert fast.describe()["name"] == "tiny-fast"
    with pytest.raises(ModelRefused, match="no profile fast"):
        Labeller.load(sealed, profile="fast")


def test_cache_hits_and_misses_are_counted(sealed):
    labeller, events = Labeller.load(sealed), [e for e in sample_events() if e.raw.strip()][:20]
    labeller.label(events, Options())
    first = labeller.caches()
    assert first["form_cache_hits"] + first["form_cache_misses"] <= len(events)
    assert first["outcome_cache_events"] == first["outcome_cache_misses"] > 0
    labeller.label(events, Options())
    again = labeller.caches()
    assert again["form_cache_misses"] == first["form_cache_misses"]
    assert again["form_cache_hits"] > first["form_cache_hits"]
    labeller.close()
    assert labeller.caches()["form_cache_bytes"] == 0
