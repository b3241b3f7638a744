"""Context: what a lone event keeps, what company changes, and that nothing but the asked-for windows is looked at."""

import json
import random

import pytest

from loglm_bridge.contract.entity_state import MAX_STATE_EVENTS, EntityState
from loglm_bridge.contract.errors import InvalidRequest, ModelRefused
from loglm_bridge.contract.event import Event
from loglm_bridge.contract.verdict import FLAGGED_VERDICTS
from loglm_bridge.contract.wire import Options
from loglm_bridge.model.context.context import SequenceConfig
from loglm_bridge.model.context.evidence import ContextScoring
from loglm_bridge.model.flow import flow_classifier
from loglm_bridge.model.folder import model_folder
from loglm_bridge.model.labeller import Labeller
from tests.lab import flows
from tests.lab.flows import TECHNIQUES

TOGETHER = Options(top=2, sequence=True)
ALONE = Options(top=2)
CONTEXT_FEATURES = {"windows": ContextScoring(2.0, -9.0, 2, 12.0), "": ContextScoring(2.0, 99.0, 2, 12.0)}


def flow(i, entity="pair", **changes):
    fields = {
        "src_ip": "10.0.0.5", "src_port": 50_000 + i, "dest_ip": "203.0.113.9", "dest_port": 443, "flow_dur": 0.2,
        "fwd_bytes": 100 * i, "bwd_bytes": 10, "total_fwd_pkts": 2, "total_bwd_pkts": 1,
    } | changes  # fmt: skip
    return Event(json.dumps(fields), sourcetype="netflow:json", time=1000.0 + i, entity=entity)


def logon(i, entity="host"):
    fields = {"EventID": 4624 + i, "Channel": "Security", "LogonType": "3", "TargetUserName": "Administrator"}
    return Event(json.dumps(fields), host="h", time=1000.0 + i, entity=entity)


@pytest.fixture(scope="module")
def context():
    """The files of a folder that reads events in context; Windows events need little to be company."""
    model, config = flows.trees()
    return {
        model_folder.FLOW_TREES: model,
        model_folder.SEQUENCE_CONFIG: written(SequenceConfig(config, CONTEXT_FEATURES).to_dict()),
    }


def written(config):
    return json.dumps(config).encode()


@pytest.fixture(scope="module")
def folder(tiny, context, tmp_path_factory):
    return tiny.seal(tmp_path_factory.mktemp("sequence") / "m", context=context)


@pytest.fixture(scope="module")
def labeller(folder):
    return Labeller.load(folder)


def test_a_lone_event_keeps_its_verdict(labeller):
    events = [flow(1), logon(1), Event("nothing known", entity="x")]
    for event in events:
        assert labeller.label([event], TOGETHER) == labeller.label([event], ALONE)


def test_entities_of_one_event_each_keep_their_verdicts(labeller):
    events = [flow(i, entity=str(i)) for i in range(9)] + [logon(i, entity=f"h{i}") for i in range(5)]
    assert labeller.label(events, TOGETHER) == labeller.label(events, ALONE)


def test_the_others_change_how_flows_are_read(labeller):
    events = [flow(i) for i in range(6)]
    together, alone = labeller.label(events, TOGETHER), labeller.label(events, ALONE)
    assert [v.score for v in together] != [v.score for v in alone]


def test_company_raises_the_strongest_event_and_no_other(labeller):
    events = [logon(i) for i in range(6)]
    together, alone = labeller.label(events, TOGETHER), labeller.label(events, ALONE)
    (raised,) = [i for i in range(6) if together[i] != alone[i]]
    assert alone[raised].score == max(verdict.score for verdict in alone)
    assert together[raised].score > alone[raised].score


def test_a_family_without_evidence_above_its_floor_keeps_its_verdicts(labeller):
    lines = [f"sshd[{i}]: Failed password for root from 10.0.0.{i} port 22 ssh2" for i in range(6)]
    events = [Event(line, sourcetype="syslog", host="h", time=float(i), entity="h") for i, line in enumerate(lines)]
    assert labeller.label(events, TOGETHER) == labeller.label(events, ALONE)


def test_flows_get_the_techniques_of_the_trees(labeller):
    (verdict,) = labeller.label([flow(3)], Options(top=10))
    assert {t.id for t in verdict.techniques} <= set(TECHNIQUES)
    assert len(verdict.techniques) == min(10, len(TECHNIQUES))


def test_techniques_of_flows_are_found_for_those_that_tell_them(labeller):
    answered = [flow(i, entity=str(i % 20), fwd_bytes=700 + i, bwd_bytes=9_000 + 50 * i) for i in range(40)]
    events = [*answered, *(flow(i, entity=f"scan {i % 9}", fwd_bytes=3**i, dest_port=20 + i) for i in range(40))]
    for together in (False, True):
        whole, brief = (labeller.label(events, Options(top=2, sequence=together, brief=b)) for b in (False, True))
        assert brief == [v if v.verdict in FLAGGED_VERDICTS else v._replace(techniques=()) for v in whole]
        assert {len(v.techniques) for v in whole} == {2}
        assert {len(v.techniques) for v in brief} == {0, 2}


def test_the_order_of_arrival_changes_nothing(labeller):
    events = [flow(i, entity="ab"[i % 2], fwd_bytes=7**i) for i in range(40)] + [logon(i) for i in range(20)]
    wanted = dict(zip(events, labeller.label(events, TOGETHER), strict=True))
    mixed = random.Random(3).sample(events, len(events))
    assert labeller.label(mixed, TOGETHER) == [wanted[event] for event in mixed]


def test_other_entities_change_nothing(labeller):
    mine, others = [flow(i) for i in range(20)], [flow(i, entity="other", dest_port=22) for i in range(30)]
    assert labeller.label([*mine, *others], TOGETHER)[:20] == labeller.label(mine, TOGETHER)


def test_amounts_are_told_apart_that_one_canonical_event_holds(labeller):
    scores = [v.score for v in labeller.label([flow(0, fwd_bytes=1030), flow(0, fwd_bytes=2000)], ALONE)]
    assert scores[0] != scores[1]


def test_an_explanation_says_what_context_did_and_explains_the_event_itself(labeller):
    events = [logon(i) for i in range(6)]
    verdicts = [labeller.label(events, Options(explain=True, sequence=s)) for s in (True, False)]
    together, alone = next(pair for pair in zip(*verdicts, strict=True) if pair[0].score != pair[1].score)
    assert together.explanation["context"] == {"alone": alone.score, "together": together.score}
    assert "context" not in alone.explanation
    assert together.explanation["fields"] == alone.explanation["fields"]


def test_what_is_empty_or_unread_is_marked_as_ever(labeller):
    events = [Event("", entity="pair"), flow(1), Event("\x00\x01", entity="pair")]
    assert [v.status for v in labeller.label(events, TOGETHER)] == [v.status for v in labeller.label(events, ALONE)]


@pytest.mark.parametrize(
    "change",
    [
        {"flows": {"techniques": ["T1046"]}},
        {"flows": {"techniques": [*TECHNIQUES[:-1], "T0000"]}},
        {"flows": {"depths": []}},
        {"flows": {"depths": [3.0, 2.0]}},
        {"flows": {"depths": [float("nan")]}},
        {"flows": {"curve": {"slope": 1.0}}},
        {"company": {"windows": {"share": "much", "floor": 3.0, "most": 2, "bound": 12.0}}},
        {"company": {"windows": {"share": 2.0, "floor": float("inf"), "most": 2, "bound": 12.0}}},
        {"company": {"windows": {"share": 2.0, "most": 2, "bound": 12.0}}},
    ],
)
def test_a_configuration_that_does_not_fit_is_refused(tiny, context, change, tmp_path):
    config = json.loads(context[model_folder.SEQUENCE_CONFIG])
    changed = {name: {**config[name], **part} for name, part in change.items()}
    files = context | {model_folder.SEQUENCE_CONFIG: written(config | changed)}
    with pytest.raises(ModelRefused):
        Labeller.load(tiny.seal(tmp_path / "m", context=files))


@pytest.mark.parametrize("config", [b"{}", b"[]", b'{"flows": null, "company": {}}', None])
def test_a_configuration_that_is_none_is_refused(tiny, context, config, tmp_path):
    files = {model_folder.FLOW_TREES: context[model_folder.FLOW_TREES]}
    files |= {model_folder.SEQUENCE_CONFIG: config} if config else {}
    with pytest.raises(ModelRefused):
        Labeller.load(tiny.seal(tmp_path / "m", context=files))


@pytest.mark.parametrize("kind", [flow, logon])
@pytest.mark.parametrize("cuts", [(7,), (1, 2, 30), (20, 21)])
def test_what_the_past_tells_is_read_as_if_it_came_again(labeller, kind, cuts):
    events = [kind(i, entity="ab"[i % 3 > 0]) for i in range(36)]
    state, start = EntityState(), 0
    for end in (*cuts, len(events)):
        before = {entity: [e for e in events[:start] if e.entity == entity][-MAX_STATE_EVENTS:] for entity in "ab"}
        together = [*before["a"], *before["b"], *events[start:end]]
        found = labeller.label(events[start:end], TOGETHER, state)
        assert found == labeller.label(together, TOGETHER)[-len(found) :]
        state, start = EntityState(incoming=state.outgoing), end


def test_events_that_come_late_are_read_before_the_past(labeller):
    events = [flow(i, fwd_bytes=7**i) for i in range(20)]
    wanted = labeller.label(events, TOGETHER)
    state = EntityState()
    labeller.label(events[8:], TOGETHER, state)
    assert labeller.label(events[:8], TOGETHER, EntityState(incoming=state.outgoing)) == wanted[:8]


def test_a_past_is_of_the_entities_of_its_request(labeller):
    state = EntityState()
    labeller.label(
        [flow(1, entity="a"), logon(1, entity="b"), flow(2, entity=""), Event("", entity="c")], TOGETHER, state
    )
    assert state.outgoing.keys() == {"a", "b"}
    again = EntityState(incoming=state.outgoing)
    labeller.label([flow(3, entity="a")], TOGETHER, again)
    assert again.outgoing["b"] == state.outgoing["b"]
    assert len(again.outgoing["a"]) > len(state.outgoing["a"])


def test_a_past_that_is_none_is_refused(labeller):
    with pytest.raises(InvalidRequest):
        labeller.label([flow(1)], TOGETHER, EntityState(incoming={"pair": "what?"}))


def test_flows_are_read_without_the_encoder_until_a_vector_is_asked_for(folder):
    labeller = Labeller.load(folder)
    labeller.label([flow(i) for i in range(9)], TOGETHER)
    assert labeller.caches()["outcome_cache_misses"] == 0
    (verdict,) = labeller.label([flow(1)], Options(embedding=True))
    assert len(verdict.embedding) == labeller.width
    assert labeller.caches()["outcome_cache_misses"] == 1


def test_equal_answers_on_flows_are_one_object_and_counted(folder):
    labeller = Labeller.load(folder)
    first = labeller.label([flow(1), flow(2), flow(1)], ALONE)
    again = labeller.label([flow(1, src_port=51_000)], ALONE)
    assert first[0] is first[2]
    assert first[0] is again[0]
    assert labeller.caches()["flow_cache_hits"] >= 2
    assert labeller.caches()["flow_cache_outcomes"] == labeller.caches()["flow_cache_misses"]
    labeller.close()
    assert labeller.caches()["flow_cache_outcomes"] == 0
    assert labeller.label([flow(1)], ALONE) == first[:1]


def test_what_is_remembered_of_flows_is_bounded(folder, monkeypatch):
    monkeypatch.setattr(flow_classifier, "_MAX_CACHED", 4)
    labeller = Labeller.load(folder)
    events = [flow(i, fwd_bytes=3**i, dest_port=20 + i) for i in range(30)]
    found = [labeller.label([event], ALONE)[0] for event in events]
    assert labeller.caches()["flow_cache_outcomes"] <= 4
    assert labeller.label(events, ALONE) == found


def test_a_flow_is_explained_by_its_own_fields_in_its_window(labeller):
    events = [flow(i, fwd_bytes=9**i, dest_port=20 + i) for i in range(8)]
    verdicts = [labeller.label(events, Options(explain=True, sequence=s)) for s in (True, False)]
    told = {"src_ip", "src_port", "dest_ip", "dest_port", "fwd_bytes", "bwd_bytes", "fwd_pkts", "bwd_pkts", "flow_dur"}
    for together, alone in zip(*verdicts, strict=True):
        named = {f["name"]: f for f in together.explanation["fields"]}
        assert named.keys() <= told
        assert together.explanation["kind"].startswith("flow")
        if together.score != alone.score:
            assert together.explanation["context"] == {"alone": alone.score, "together": together.score}
    assert any(verdict.explanation["fields"] for both in verdicts for verdict in both)


def test_the_effect_of_a_field_is_what_the_score_loses_without_it(labeller):
    with_port, without = (labeller.label([flow(3, dest_port=port)], Options(explain=True))[0] for port in (22, ""))
    effects = {f["name"]: f["effect"] for f in with_port.explanation["fields"]}
    assert effects.get("dest_port", 0.0) == pytest.approx(with_port.score - without.score, abs=2e-6)


def test_flows_unlike_all_others_are_novel(labeller):
    foreign = flow(
        1, fwd_bytes=1 << 48, bwd_bytes=1 << 49, total_fwd_pkts=1, src_port=1, dest_port=65_001, flow_dur=1e-6
    )
    assert labeller.label([foreign], ALONE)[0].novelty > labeller.label([flow(1)], ALONE)[0].novelty
