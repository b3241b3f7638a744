"""Evasion: only what could be rewritten counts, and what stays above the threshold is counted."""

import json

from loglm_bridge.contract.event import Event
from loglm_bridge.lab.data.sources import LabelledEvent
from loglm_bridge.lab.evaluate import evasion
from loglm_bridge.lab.evaluate.command_rewrites import REWRITES
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
    kept = evasion.measure(labeller, events, threshold=0.0)
    assert set(kept) == {*REWRITES, "three at once"}
    assert kept["mixed_case"] == evasion.Kept(2, 2)
    assert kept["carets"] == evasion.Kept(1, 1)
    assert kept["backticks"].events == 0
    assert kept["backticks"].share == 1.0
    assert evasion.measure(labeller, events, threshold=2.0)["mixed_case"] == evasion.Kept(2, 0)
    assert evasion.total(kept).share == 1.0
    called = evasion.measure(labeller, events, threshold=None)["mixed_case"]
    malicious = [v.malicious for v in labeller.label([e.event for e in events[:2]], evasion.Options(top=1))]
    assert called == evasion.Kept(2, sum(malicious))


def test_the_canonical_form_sees_through_case_and_blanks(tiny, tmp_path):
    labeller = Labeller.load(tiny.seal(tmp_path / "m"))
    event = labelled(json.dumps({"EventID": 1, "CommandLine": "net localgroup administrators someone"}))
    (verdict,) = labeller.label([event.event], evasion.Options(top=1))
    kept = evasion.measure(labeller, [event], verdict.score)
    assert kept["mixed_case"] == kept["blanks"] == evasion.Kept(1, 1)


def test_rules_alone_see_what_the_log_wrote_and_nothing_undone():
    atom = Atom(field_hash("process"), pattern(("whoami /groups",)))
    prefilters = (action_prefilter("process_create"),)
    rules = RuleMatcher([atom], [CompiledRule(prefilters, 0, "medium", ()), CompiledRule(prefilters, 0, "low", ())])
    commands = ("cmd.exe /c whoami /groups", "cmd.exe /c ipconfig")
    events = [
        labelled(json.dumps({"EventID": 1, "Channel": "Microsoft-Windows-Sysmon/Operational", "CommandLine": c}))
        for c in commands
    ]
    kept = evasion.rules_alone(rules, events)
    assert kept["mixed_case"] == evasion.Kept(1, 1)
    assert kept["carets"] == evasion.Kept(1, 0)
    quiet = RuleMatcher([atom], [CompiledRule(prefilters, 0, "low", ())])
    assert evasion.rules_alone(quiet, events)["mixed_case"] == evasion.Kept(0, 0)
