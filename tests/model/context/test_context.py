"""Verdicts in context: what a single event keeps, what a window changes, and that nothing else matters."""

import json
import random

import pytest

from loglm_bridge.contract.entity_state import MAX_STATE_EVENTS, EntityState
from loglm_bridge.contract.errors import InvalidRequest, ModelRefused
from loglm_bridge.contract.event import Event
from loglm_bridge.contract.verdict import FLAGGED_VERDICTS
from loglm_bridge.contract.wire import Options
from loglm_bridge.model.folder import model_folder
from loglm_bridge.model.labeller import Labeller
from tests.lab.tiny_flows import TECHNIQUES
from tests.model.events import ALONE, IN_CONTEXT, flow, logon


@pytest.fixture
def labeller(context_labeller):
    return context_labeller


def test_a_single_event_keeps_its_verdict(labeller):
    events = [flow(1), logon(1), Event("nothing known", entity="x")]
    for event in events:
        assert labeller.label([event], IN_CONTEXT) == labeller.label([event], ALONE)


def test_single_events_of_several_entities_keep_their_verdicts(labeller):
    events = [flow(i, entity=str(i)) for i in range(9)] + [logon(i, entity=f"h{i}") for i in range(5)]
    assert labeller.label(events, IN_CONTEXT) == labeller.label(events, ALONE)


def test_other_flows_of_a_window_change_the_scores(labeller):
    events = [flow(i) for i in range(6)]
    together, alone = labeller.label(events, IN_CONTEXT), labeller.label(events, ALONE)
    assert [v.score for v in together] != [v.score for v in alone]


def test_context_boosts_the_strongest_event_and_no_other(labeller):
    events = [logon(i) for i in range(6)]
    together, alone = labeller.label(events, IN_CONTEXT), labeller.label(events, ALONE)
    (boosted,) = [i for i in range(6) if together[i] != alone[i]]
    assert alone[boosted].score == max(verdict.score for verdict in alone)
    assert together[boosted].score > alone[boosted].score


def test_a_family_without_evidence_above_its_floor_keeps_its_verdicts(labeller):
    lines = [f"sshd[{i}]: Failed password for root from 10.0.0.{i} port 22 ssh2" for i in range(6)]
    events = [Event(line, sourcetype="syslog", host="h", time=float(i), entity="h") for i, line in enumerate(lines)]
    assert labeller.label(events, IN_CONTEXT) == labeller.label(events, ALONE)


def test_brief_verdicts_on_flows_have_techniques_only_if_flagged(labeller):
    answered = [flow(i, entity=str(i % 20), fwd_bytes=700 + i, bwd_bytes=9_000 + 50 * i) for i in range(40)]
    events = [*answered, *(flow(i, entity=f"scan {i % 9}", fwd_bytes=3**i, dest_port=20 + i) for i in range(40))]
    for sequence in (False, True):
        full, brief = (labeller.label(events, Options(top=2, sequence=sequence, brief=b)) for b in (False, True))
        assert brief == [v if v.verdict in FLAGGED_VERDICTS else v._replace(techniques=()) for v in full]
        assert {len(v.techniques) for v in full} == {2}
        assert {len(v.techniques) for v in brief} == {0, 2}


def test_the_order_of_arrival_changes_nothing(labeller):
    events = [flow(i, entity="ab"[i % 2], fwd_bytes=7**i) for i in range(40)] + [logon(i) for i in range(20)]
    expected = dict(zip(events, labeller.label(events, IN_CONTEXT), strict=True))
    shuffled = random.Random(3).sample(events, len(events))
    assert labeller.label(shuffled, IN_CONTEXT) == [expected[event] for event in shuffled]


def test_other_entities_change_nothing(labeller):
    own, others = [flow(i) for i in range(20)], [flow(i, entity="other", dest_port=22) for i in range(30)]
    assert labeller.label([*own, *others], IN_CONTEXT)[:20] == labeller.label(own, IN_CONTEXT)


def test_empty_and_unparsed_events_keep_their_status(labeller):
    events = [Event("", entity="pair"), flow(1), Event("\x00\x01", entity="pair")]
    assert [v.status for v in labeller.label(events, IN_CONTEXT)] == [v.status for v in labeller.label(events, ALONE)]


# --- configuration ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "change",
    [
        {"flows": {"techniques": ["T1046"]}},
        {"flows": {"techniques": [*TECHNIQUES[:-1], "T0000"]}},
        {"flows": {"depths": []}},
        {"flows": {"depths": [3.0, 2.0]}},
        {"flows": {"depths": [float("nan")]}},
        {"flows": {"scale": {"low": 1.0}}},
        {"company": {"windows": {"share": "much", "floor": 3.0, "most": 2, "bound": 12.0}}},
        {"company": {"windows": {"share": 2.0, "floor": float("inf"), "most": 2, "bound": 12.0}}},
        {"company": {"windows": {"share": 2.0, "most": 2, "bound": 12.0}}},
    ],
)
def test_a_malformed_configuration_is_refused(tiny, context_files, change, tmp_path):
    config = json.loads(context_files[model_folder.SEQUENCE_CONFIG])
    changed = {name: {**config[name], **part} for name, part in change.items()}
    files = context_files | {model_folder.SEQUENCE_CONFIG: json.dumps(config | changed).encode()}
    with pytest.raises(ModelRefused):
        Labeller.load(tiny.seal(tmp_path / "m", context=files))


@pytest.mark.parametrize("config", [b"{}", b"[]", b'{"flows": null, "company": {}}', None])
def test_flow_trees_without_a_configuration_are_refused(tiny, context_files, config, tmp_path):
    files = {model_folder.FLOW_TREES: context_files[model_folder.FLOW_TREES]}
    files |= {model_folder.SEQUENCE_CONFIG: config} if config else {}
    with pytest.raises(ModelRefused):
        Labeller.load(tiny.seal(tmp_path / "m", context=files))


# --- entity state ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("event", [flow, logon])
@pytest.mark.parametrize("ends", [(7,), (1, 2, 30), (20, 21)])
def test_events_from_the_state_count_as_if_they_were_sent_again(labeller, event, ends):
    events = [event(i, entity="ab"[i % 3 > 0]) for i in range(36)]
    state, start = EntityState(), 0
    for end in (*ends, len(events)):
        earlier = {entity: [e for e in events[:start] if e.entity == entity][-MAX_STATE_EVENTS:] for entity in "ab"}
        together = [*earlier["a"], *earlier["b"], *events[start:end]]
        verdicts = labeller.label(events[start:end], IN_CONTEXT, state)
        assert verdicts == labeller.label(together, IN_CONTEXT)[-len(verdicts) :]
        state, start = EntityState(incoming=state.outgoing), end


def test_late_events_are_ordered_before_those_of_the_state(labeller):
    events = [flow(i, fwd_bytes=7**i) for i in range(20)]
    expected = labeller.label(events, IN_CONTEXT)
    state = EntityState()
    labeller.label(events[8:], IN_CONTEXT, state)
    assert labeller.label(events[:8], IN_CONTEXT, EntityState(incoming=state.outgoing)) == expected[:8]


def test_the_outgoing_state_covers_the_entities_of_the_request_and_of_the_incoming_state(labeller):
    state = EntityState()
    labeller.label(
        [flow(1, entity="a"), logon(1, entity="b"), flow(2, entity=""), Event("", entity="c")], IN_CONTEXT, state
    )
    assert state.outgoing.keys() == {"a", "b"}
    later = EntityState(incoming=state.outgoing)
    labeller.label([flow(3, entity="a")], IN_CONTEXT, later)
    assert later.outgoing["b"] == state.outgoing["b"]
    assert len(later.outgoing["a"]) > len(state.outgoing["a"])


def test_a_malformed_state_is_refused(labeller):
    with pytest.raises(InvalidRequest):
        labeller.label([flow(1)], IN_CONTEXT, EntityState(incoming={"pair": "what?"}))
