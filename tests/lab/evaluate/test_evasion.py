"""Evasion: only rewritten events count, and those that stay flagged are counted."""

import json

from loglm_bridge.contract.event import Event
from loglm_bridge.lab.data.sources import LabelledEvent
from loglm_bridge.lab.evaluate import evasion
from loglm_bridge.lab.evaluate.command_rewrites import REWRITES
from loglm_bridge.lab.evaluate.evasion import EvasionCount
from loglm_bridge.model.features.compiled_rules import Atom, CompiledRule, action_prefilter, field_hash
from loglm_bridge.model.features.hashed_patterns import pattern
from loglm_bridge.model.features.rule_matcher import RuleMatcher
from loglm_bridge.model.labeller import Labeller


def labelled(raw):
    return LabelledEvent("i", "s", "g", Event(raw), "malicious", (), ())


def test_each_rewrite_is_counted_over_the_events_it_changes(tiny, tmp_path):
    labeller = Labeller.load(tiny.seal(tmp_path / "m"))
    events = [labelled(json.dumps({"EventID": 1, "CommandLine": c})) for c in ("whoami /groups", "cmd.exe /c ipconfig")]
    events.append(labelled("no command at all"))
    counts = evasion.measure(labeller, events, threshold=0.0)
    assert set(counts) == {*REWRITES, "three at once"}
    assert counts["mixed_case"] == EvasionCount(2, 2)
    assert counts["carets"] == EvasionCount(1, 1)
    assert counts["backticks"].events == 0
    assert counts["backticks"].share == 1.0
    assert evasion.measure(labeller, events, threshold=2.0)["mixed_case"] == EvasionCount(2, 0)
    assert evasion.total(counts).share == 1.0
    by_verdict = evasion.measure(labeller, events, threshold=None)["mixed_case"]
    malicious = [v.malicious for v in labeller.label([e.event for e in events[:2]], evasion.Options(top=1))]
    assert by_verdict == EvasionCount(2, sum(malicious))


def test_case_and_blanks_do_not_change_the_canonical_event(tiny, tmp_path):
    labeller = Labeller.load(tiny.seal(tmp_path / "m"))
    event = labelled(json.dumps({"EventID": 1, "CommandLine": "net localgroup administrators someone"}))
    (verdict,) = labeller.label([event.event], evasion.Options(top=1))
    counts = evasion.measure(labeller, [event], verdict.score)
    assert counts["mixed_case"] == counts["blanks"] == EvasionCount(1, 1)


def test_rules_alone_match_the_values_as_logged():
    atom = Atom(field_hash("process"), pattern(("whoami /groups",)))
    prefilters = (action_prefilter("process_create"),)
    rules = RuleMatcher([atom], [CompiledRule(prefilters, 0, "medium", ()), CompiledRule(prefilters, 0, "low", ())])
    commands = ("cmd.exe /c whoami /groups", "cmd.exe /c ipconfig")
    events = [
        labelled(json.dumps({"EventID": 1, "Channel": "Microsoft-Windows-Sysmon/Operational", "CommandLine": c}))
        for c in commands
    ]
    counts = evasion.rules_alone(rules, events)
    assert counts["mixed_case"] == EvasionCount(1, 1)
    assert counts["carets"] == EvasionCount(1, 0)
    low = RuleMatcher([atom], [CompiledRule(prefilters, 0, "low", ())])
    assert evasion.rules_alone(low, events)["mixed_case"] == EvasionCount(0, 0)
