"""Context: what a lone event keeps, what company changes, and that nothing but the asked-for windows is looked at."""

import json
import random
from dataclasses import replace

import numpy as np
import pytest

from loglm_bridge.contract.errors import ModelRefused
from loglm_bridge.contract.event import Event
from loglm_bridge.contract.wire import Options
from loglm_bridge.lab import flow_training
from loglm_bridge.lab.flow_training import FlowSettings, Reading
from loglm_bridge.lab.rendered.hostile import HOSTILE
from loglm_bridge.model import artefact
from loglm_bridge.model.company import Company
from loglm_bridge.model.head_config import Curve
from loglm_bridge.model.labeller import CONTEXT, Labeller
from loglm_bridge.model.sequence import SequenceConfig

TOGETHER = Options(top=2, sequence=True)
ALONE = Options(top=2)
CURVES = {"flow": Curve(1.0, 0.0, 1.0, 0.5, 0.4)}
COMPANY = {"windows": Company(2.0, -9.0, 2, 12.0), "": Company(2.0, 99.0, 2, 12.0)}
CONFIG = SequenceConfig(("flow",), tuple(sorted(set(HOSTILE.values()))), CURVES, COMPANY)


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
def folder(tiny, tmp_path_factory):
    nothing = Reading([], *(np.array([], dtype=int) for _ in range(4)), CONFIG.techniques)
    trees = flow_training.fit(nothing, {"pair": []}, FlowSettings(rendered=200, rounds=30, technique_rounds=5))
    context = {
        artefact.FLOW_TREES: trees,
        artefact.SEQUENCE_CONFIG: json.dumps(CONFIG.to_dict()).encode(),
    }
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
    assert {t.id for t in verdict.techniques} <= set(CONFIG.techniques)
    assert len(verdict.techniques) == min(10, len(CONFIG.techniques))


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
        {"families": ["flow", "zeek"]},
        {"techniques": ["T1046"]},
        {"techniques": ["T1046", "T0000"]},
        {"company": {"windows": {"share": "much", "floor": 3.0, "most": 2, "bound": 12.0}}},
        {"company": {"windows": {"share": 2.0, "floor": float("inf"), "most": 2, "bound": 12.0}}},
        {"company": {"windows": {"share": 2.0, "most": 2, "bound": 12.0}}},
        {"curves": {}},
    ],
)
def test_a_configuration_that_does_not_fit_is_refused(tiny, labeller, change, tmp_path):
    context = {
        artefact.FLOW_TREES: labeller._folder.files[artefact.FLOW_TREES],
        artefact.SEQUENCE_CONFIG: json.dumps(CONFIG.to_dict() | change).encode(),
    }
    with pytest.raises(ModelRefused):
        Labeller.load(tiny.seal(tmp_path / "m", context=context))


def test_events_that_come_again_as_context_are_read_as_before(folder):
    events = [flow(i) for i in range(30)] + [logon(i) for i in range(6)]
    fresh, used = Labeller.load(folder), Labeller.load(folder)
    used.label(events, TOGETHER)
    again = [replace(event, context=i % 3 > 0) for i, event in enumerate(events)]
    assert used.label(again, TOGETHER) == fresh.label(again, TOGETHER)
    assert used.caches()["recent_event_bytes"] > 0
    assert fresh.label(events, ALONE) == used.label(events, ALONE)


def test_context_changes_what_is_asked_and_gets_no_verdict(labeller):
    events = [flow(i) for i in range(6)]
    wanted = labeller.label(events, TOGETHER)
    found = labeller.label([replace(event, context=i < 4) for i, event in enumerate(events)], TOGETHER)
    assert found[:4] == [CONTEXT] * 4
    assert found[4:] == wanted[4:]
