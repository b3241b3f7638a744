"""The notable event: an event and its verdict as Enterprise Security and plain Splunk read them. Pure, no I/O.

Field names and forms: reference/SPLUNK.md 3.2-3.4 (result2stash of the common action model, the notable event
framework, risk-based alerting). Values of events are data: they become field values, never parts of a search.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Iterator, Mapping, Sequence

from loglm_bridge.contract.attack import TECHNIQUE_ID, full_name
from loglm_bridge.contract.event import Event
from loglm_bridge.contract.row import Row, carried, drilldown, risk_objects, text_of
from loglm_bridge.contract.safe_text import cut, visible
from loglm_bridge.contract.verdict import Technique, Verdict

#: Values that a rule's severity may have; `auto` derives it from the verdict.
SEVERITIES = ("auto", "informational", "low", "medium", "high", "critical")

#: Values of security_domain that Enterprise Security knows.
DOMAINS = ("access", "endpoint", "network", "threat", "identity", "audit")

#: Characters of the original event that a notable repeats.
MAX_RAW = 10_000

#: Score from which a malicious verdict is critical rather than high.
CRITICAL_SCORE = 0.95

Fields = dict[str, tuple[str, ...]]


@dataclass(frozen=True)
class NotableRule:
    """Who writes a notable and how it is to be filed."""

    name: str
    security_domain: str = "threat"
    severity: str = "auto"


@dataclass(frozen=True)
class Finding:
    """An event and what is said of it.

    `verdict` is the one that counts: a threshold of the user applied, the techniques that are to be shown. `labels`
    are the `loglm_*` fields of the event, `row` the fields it was read with, `origin` further fields that say where it
    comes from (orig_sid and the like).
    """

    event: Event
    verdict: Verdict
    labels: Row = field(default_factory=dict, hash=False)
    row: Row = field(default_factory=dict, hash=False)
    origin: Mapping[str, str] = field(default_factory=dict, hash=False)


@dataclass(frozen=True)
class Notable:
    """A notable or risk event: when it is written (epoch seconds), its source, and its fields in order.

    Every value is a tuple of texts, more than one where the field is multivalue. Names are plain identifiers with
    dots; values hold no control characters but tab and newline.
    """

    time: float
    source: str
    fields: Mapping[str, tuple[str, ...]] = field(hash=False)

    @property
    def key(self) -> str:
        """The key by which a repeat is recognised (Event.key of the original event)."""
        return self.fields["loglm_event_key"][0]


def notable_event(finding: Finding, rule: NotableRule, now: float) -> Notable:
    """Return the notable event of a finding, written at `now` (epoch seconds).

    A field of the row that is named like one of ours, or like one that Enterprise Security owns, is kept as
    `orig_<name>`.
    """
    named = _named(finding.verdict)
    fields: Fields = {
        **_identity(finding, rule, named),
        **_single(drilldown(finding.event, finding.row)),
        **_annotations(named),
        **_risk(finding.verdict, named, next(risk_objects(finding.event, finding.row, ()))),
        **_original(finding),
    }
    return Notable(now, rule.name, _clean({**fields, **carried(finding.row, fields)}))


def risk_events(finding: Finding, rule: NotableRule, now: float, objects: Sequence[str] = ()) -> Iterator[Notable]:
    """Yield one risk event for each risk object of the finding (SPLUNK.md 3.4).

    `objects` names the fields to take risk objects from, as `field` or `field:type`; empty chooses user, source,
    destination, else the host. Score and message are the model's: a log line that says `risk_score=0` changes nothing.
    """
    named = _named(finding.verdict)
    for found in risk_objects(finding.event, finding.row, objects):
        fields: Fields = {
            "search_name": (rule.name,),
            **_risk(finding.verdict, named, found),
            **_annotations(named),
            **_original(finding),
        }
        yield Notable(now, rule.name, _clean(fields))


def severity_of(verdict: Verdict) -> str:
    """Return the severity that a verdict has unless a rule fixes one."""
    if verdict.malicious:
        return "critical" if (verdict.score or 0.0) >= CRITICAL_SCORE else "high"
    return {"suspicious": "medium", "benign": "low"}.get(verdict.verdict or "", "unknown")


def _named(verdict: Verdict) -> tuple[Technique, ...]:
    """Return the techniques whose ids are of ATT&CK's form, the only ones that peers read."""
    return tuple(t for t in verdict.techniques if TECHNIQUE_ID.match(t.id))


def _identity(finding: Finding, rule: NotableRule, named: Sequence[Technique]) -> Fields:
    verdict, row = finding.verdict, finding.row
    where = text_of(row, "dest") or finding.event.host or text_of(row, "src")
    what = f"{_title(named[0])} ({named[0].id})" if named else "suspicious event"
    return _single(
        {
            "search_name": rule.name,
            "rule_name": rule.name,
            "rule_title": f"LogLM: {what}" + (f" on {cut(where, 200)}" if where else ""),
            "rule_description": _sentence(verdict, named),
            "security_domain": rule.security_domain,
            "severity": severity_of(verdict) if rule.severity == "auto" else rule.severity,
            "nes_fields": ",".join(n for n in ("user", "src", "dest") if text_of(row, n)),
        }
    )


def _sentence(verdict: Verdict, named: Sequence[Technique]) -> str:
    if verdict.score is None:
        return f"LogLM gave this event no label (status {verdict.status}); the absence of a label never means benign."
    said = f"LogLM scored this event {verdict.score:.2f} ({verdict.verdict})."
    likely = ", ".join(f"{t.id} {_title(t)} ({t.confidence:.2f})" for t in named)
    return f"{said} Most likely techniques: {likely}." if likely else said


def _title(found: Technique) -> str:
    try:
        return full_name(found.id)
    except KeyError:  # a newer model may know techniques that this app's table does not
        return found.name


def _annotations(named: Sequence[Technique]) -> Fields:
    ids = tuple(t.id for t in named)
    if not ids:
        return {}
    return {
        "annotations": (json.dumps({"mitre_attack": list(ids)}, separators=(",", ":")),),
        "annotations.mitre_attack": ids,
        "annotations.mitre_attack.mitre_technique_id": ids,
        "annotations.mitre_attack.mitre_technique": tuple(_title(t) for t in named),
        "annotations.mitre_attack.mitre_tactic": tuple(dict.fromkeys(tactic for t in named for tactic in t.tactics)),
    }


def _risk(verdict: Verdict, named: Sequence[Technique], found: tuple[str, str]) -> Fields:
    what = _title(named[0]) if named else "suspicious event"
    return _single(
        {
            "risk_object": found[0],
            "risk_object_type": found[1],
            "risk_score": str(round(100 * (verdict.score or 0.0))),
            "risk_message": f"LogLM: {what} ({cut(found[0], 200)})",
        }
    )


def _original(finding: Finding) -> Fields:
    """Return the labels, the key and the original event itself."""
    event = finding.event
    original = {
        "loglm_event_key": event.key,
        **finding.origin,
        "orig_time": "" if event.time is None else f"{event.time:.3f}",
        "orig_source": event.source,
        "orig_sourcetype": event.sourcetype,
        "orig_host": event.host,
        "orig_raw": cut(event.raw, MAX_RAW),
    }
    labels = {name: tuple(value for value in values if value) for name, values in finding.labels.items()}
    return {**{name: values for name, values in labels.items() if values}, **_single(original)}


def _single(fields: Mapping[str, str]) -> Fields:
    return {name: (value,) for name, value in fields.items() if value}


def _clean(fields: Fields) -> Fields:
    return {name: tuple(visible(value) for value in values) for name, values in fields.items()}
