"""Findings for several tests. All events are made up."""

from loglm_bridge.contract.event import Event
from loglm_bridge.contract.notable import Finding, NotableRule
from loglm_bridge.contract.verdict import Technique, Verdict

LSASS = Technique("T1003.001", "LSASS Memory", ("credential-access",), 0.91)
POWERSHELL = Technique("T1059.001", "PowerShell", ("execution",), 0.62)

RULE = NotableRule("LogLM - Windows")


LABELS = {"loglm_status": ["ok"], "loglm_score": ["0.973"], "loglm_technique_id": ["T1003.001", "T1059.001"]}


def verdict(score=0.973, name="malicious", techniques=(LSASS, POWERSHELL)):
    return Verdict("ok", score, name, techniques, novelty=0.12)


def finding(raw="rundll32.exe comsvcs.dll MiniDump 624", row=None, **changes):
    event = Event(raw, sourcetype="win", source="WinEventLog", host="ws-17", time=1_700_000_000.25)
    fields = {"user": ["ada"], "dest": ["ws-17"], "src": ["10.1.2.3"], "index": ["main"], "_indextime": ["1700000004"]}
    return Finding(event, verdict(**changes), LABELS, fields if row is None else row)
