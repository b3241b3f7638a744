"""The whole model: any text in, one verdict each out, the same bytes whatever surrounds an event."""

import json
import random
import shutil
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import orjson
import pytest

from loglm_bridge.contract.errors import ModelFailed, ModelRefused
from loglm_bridge.contract.event import Event
from loglm_bridge.contract.limits import MAX_TOP
from loglm_bridge.contract.verdict import FLAGGED_VERDICTS, MODEL_STATUSES, VERDICTS
from loglm_bridge.contract.wire import Options
from loglm_bridge.model.folder.model_folder import GOLDEN, HEADS, HEADS_CONFIG, TOKENIZER, write_manifest
from loglm_bridge.model.labeller import Labeller
from tests.lab.tiny import recurved, sample_events

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


def answer(verdict):
    """A verdict as it goes over the wire."""
    return orjson.dumps(verdict.to_dict())


def with_file(sealed, tmp_path, name, data):
    """A copy of the model, resealed over one other file."""
    folder = shutil.copytree(sealed, tmp_path / "model")
    (folder / name).write_bytes(data if isinstance(data, bytes) else data.encode())
    write_manifest(folder, "tiny", "0", {})
    return folder


def with_golden(sealed, tmp_path, change):
    rows = json.loads((sealed / GOLDEN).read_text())
    return with_file(sealed, tmp_path, GOLDEN, json.dumps(change(rows)))


@pytest.mark.parametrize("threads", [1, 2])
def test_an_event_gets_the_same_bytes_alone_in_a_batch_and_shuffled(sealed, labeller, threads):
    rng, options = random.Random(9), Options(top=10, embedding=True)
    batch = [rng.choice(sample_events()) for _ in range(500)]
    alone = {}
    for event in batch:
        labeller.close()
        alone[event] = answer(labeller.label([event], options)[0])
    other = Labeller.load(sealed, threads)
    assert [answer(v) for v in other.label(batch, options)] == [alone[e] for e in batch]
    other.close()
    rng.shuffle(batch)
    assert [answer(v) for v in other.label(batch, options)] == [alone[e] for e in batch]
    assert [answer(v) for v in other.label(batch, options)] == [alone[e] for e in batch]


def test_threads_that_label_at_once_get_the_same_bytes(sealed):
    events, shared = sample_events(), Labeller.load(sealed, 2)
    wanted = [answer(v) for v in Labeller.load(sealed).label(events, ALL)]

    def one(seed):
        order = random.Random(seed).sample(range(len(events)), len(events))
        found = shared.label([events[i] for i in order], ALL)
        return [answer(found[order.index(i)]) for i in range(len(events))]

    with ThreadPoolExecutor(4) as pool:
        assert all(found == wanted for found in pool.map(one, range(8)))


def test_verdicts_come_in_order_and_are_well_formed(labeller):
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
        assert set(verdict.explanation) == {"kind", "fields", "rules", "neighbours"}


def test_options_add_parts_and_change_no_number(labeller):
    (event,) = sample_events()[:1]
    (full,), (short,) = labeller.label([event], ALL), labeller.label([event], Options(top=2))
    assert short == full._replace(techniques=full.techniques[:2], embedding=None, explanation=None)


def test_a_brief_answer_leaves_out_the_techniques_of_what_is_no_alarm(labeller):
    events = sample_events()
    for asked in (Options(), Options(embedding=True)):
        whole, brief = labeller.label(events, asked), labeller.label(events, asked._replace(brief=True))
        assert brief == [v if v.verdict in FLAGGED_VERDICTS else v._replace(techniques=()) for v in whole]
        assert any(v.techniques for v in brief)
        assert any(v.techniques for v in set(whole) - set(brief))


@pytest.mark.parametrize("raw", ["", " ", "\n\t\r", "\ufeff", "\u3000"])
def test_nothing_to_read_is_empty(labeller, raw):
    (verdict,) = labeller.label([Event(raw)], ALL)
    assert (verdict.status, verdict.score, verdict.techniques, verdict.embedding) == ("empty", None, (), None)
    assert verdict.detail


@pytest.mark.parametrize("raw", GARBAGE, ids=range(len(GARBAGE)))
def test_garbage_gets_a_verdict_and_leaves_its_neighbours_alone(labeller, raw):
    good = sample_events()[0]
    wanted = answer(labeller.label([good], ALL)[0])
    first, garbage, last = labeller.label([good, Event(raw), good], ALL)
    assert answer(first) == answer(last) == wanted
    assert garbage.status in MODEL_STATUSES
    answer(garbage)


@pytest.mark.parametrize("raw", ["a" * 2**20, "word " * 200_000, json.dumps({f"k{i}": "v" * 9 for i in range(60_000)})])
def test_a_megabyte_is_cut_marked_and_labelled(labeller, raw):
    (verdict,) = labeller.label([Event(raw)], Options())
    assert verdict.truncated
    assert 0.0 <= verdict.score <= 1.0


def test_what_could_not_be_parsed_is_never_called_benign(labeller):
    (verdict,) = labeller.label([Event("\x01\x02 \x03")], Options())
    assert (verdict.status, verdict.verdict, verdict.score) == ("unparsed", None, None)
    assert verdict.detail


def test_no_events_give_no_verdicts(labeller):
    assert labeller.label([], ALL) == []
    assert labeller.label_uncached([]) == []


def test_kinds_and_fields_the_model_never_saw_are_labelled(labeller):
    events = [
        Event('{"zzz_unheard": "qqq", "of": {"deep": 3}}'),
        Event("<Event><System><EventID>65001</EventID></System></Event>"),
    ]
    for verdict in labeller.label(events, ALL):
        assert verdict.status in ("ok", "unparsed")
        assert verdict.score is not None


def test_events_that_differ_in_identity_alone_get_one_answer(labeller):
    event = sample_events()[0]
    other = event._replace(raw=event.raw.replace("ws-014", "ws-977").replace("WS-014", "WS-977"), host="ws-977")
    assert other.raw != event.raw
    assert len({answer(v) for v in labeller.label([event, other], Options())}) == 1


def test_the_model_describes_itself(labeller):
    found = labeller.describe()
    assert found["sha256"] == labeller.id.sha256
    assert found["width"] == 32
    assert found["techniques"] == 14
    assert set(found["thresholds"]) == {"malicious", "suspicious", "unknown"}
    assert "files" not in found
    orjson.dumps(found)


def test_the_sealed_model_passes_its_self_test(labeller):
    labeller.self_test()


@pytest.mark.parametrize("row", [0, 20, -1])
@pytest.mark.parametrize("change", [{"score": 0.02}, {"score": float("nan")}, {"technique": "T9999"}])
def test_another_answer_than_the_golden_one_fails_the_self_test(sealed, tmp_path, row, change):
    def changed(rows):
        said = rows[row]["base"]
        added = {k: v + said["score"] if k == "score" else v for k, v in change.items()}
        rows[row] = {**rows[row], "base": {**said, **added}}
        return rows

    with pytest.raises(ModelFailed, match="differs from the recorded one"):
        Labeller.load(with_golden(sealed, tmp_path, changed)).self_test()


def test_other_heads_fail_the_golden_events_of_the_first(sealed, tiny, tmp_path):
    _, text = recurved(tiny.heads, offset=1.0).dump()
    folder = with_file(sealed, tmp_path, HEADS_CONFIG, text)
    with pytest.raises(ModelFailed):
        Labeller.load(folder).self_test()


@pytest.mark.parametrize(
    "golden",
    [
        "[]",
        "{}",
        "3",
        "[3]",
        '[{"id": "a"}]',
        '[{"id":"a","event":{"raw":"b"}}]',
        '[{"id":"a","event":{},"base":{"score":1,"technique":"x"}}]',
        '[{"id":"a","event":{"raw":"b"},"base":1}]',
    ],
)
def test_a_self_test_of_nothing_is_refused(sealed, tmp_path, golden):
    with pytest.raises(ModelRefused, match="golden"):
        Labeller.load(with_file(sealed, tmp_path, GOLDEN, golden)).self_test()


@pytest.mark.parametrize("data", ["", "{}", "[1]", '{"version":"1.0","model":{"type":"BPE","vocab":{},"merges":[]}}'])
def test_a_tokenizer_that_is_none_is_refused(sealed, tmp_path, data):
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


def test_techniques_that_attack_does_not_list_are_refused(sealed, tiny, tmp_path):
    names = ("T0000", *tiny.heads.config.techniques[1:])
    with pytest.raises(ModelRefused, match="T0000"):
        Labeller.load(with_file(sealed, tmp_path, HEADS_CONFIG, tiny.heads.with_config(techniques=names).dump()[1]))


def test_a_profile_is_another_encoder_under_another_name(sealed, tiny, tmp_path):
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


def test_what_is_remembered_is_counted(sealed):
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
