"""The notable event: an event and its verdict in the form that Enterprise Security and plain Splunk read. Pure, no I/O.

Field names and forms: result2stash of the common action model, the notable event framework and risk-based alerting
(docs/dev/splunk-facts.md). Values of events are data: they become field values, never parts of a search.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Iterator, Mapping, Sequence

from loglm_bridge.contract.attack import TECHNIQUE_ID, full_name
from loglm_bridge.contract.event import Event
from loglm_bridge.contract.row import Row, copied_fields, drilldown, first_value, risk_objects
from loglm_bridge.contract.safe_text import escape_unsafe, truncate
from loglm_bridge.contract.verdict import Technique, Verdict

#: Values of a rule's severity; `auto` derives it from the verdict.
SEVERITIES = ("auto", "informational", "low", "medium", "high", "critical")

#: Values of security_domain in Enterprise Security.
DOMAINS = ("access", "endpoint", "network", "threat", "identity", "audit")

#: Maximum characters of the original event that a notable repeats.
MAX_RAW = 10_000

#: Subject of a finding about an event that was not read, or not to its end.
UNREAD = "event could not be read"

#: Score from which a malicious verdict is critical rather than high.
CRITICAL_SCORE = 0.95

#: Maximum characters of a host or risk object in a title or message.
_MAX_TITLE_PART = 200

Fields = dict[str, tuple[str, ...]]


@dataclass(frozen=True)
class NotableRule:
    """The rule by whose name a notable is written, and how it is filed."""

    name: str
    security_domain: str = "threat"
    severity: str = "auto"


@dataclass(frozen=True)
class Finding:
    """An event that becomes a notable, with its verdict.

    `verdict` is the effective one: a threshold of the user applied, only the techniques to be shown. `labels` are the
    `loglm_*` fields of the event, `row` the fields it was read with, `origin` further fields on where it comes from
    (orig_sid and others). `subject` replaces the technique in the title where the finding is no attack (UNREAD).
    """

    event: Event
    verdict: Verdict
    labels: Row = field(default_factory=dict, hash=False)
    row: Row = field(default_factory=dict, hash=False)
    origin: Mapping[str, str] = field(default_factory=dict, hash=False)
    subject: str = ""


@dataclass(frozen=True)
class Notable:
    """A notable or risk event: its time (epoch seconds of writing), its source, and its fields in order.

    Every value is a tuple of texts, more than one where the field is multivalue. Names are plain identifiers with
    dots; values contain no control characters but tab and newline.
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

    A field of the row with the name of one of ours, or of one that Enterprise Security owns, becomes `orig_<name>`. The
    original event is the last field: Splunk extracts only so much of an event (stash_format.fitted).
    """
    techniques = _attack_techniques(finding.verdict)
    fields: Fields = {
        **_identity(finding, rule, techniques),
        **_single_values(drilldown(finding.event, finding.row)),
        **_annotations(techniques),
        **_risk(finding.verdict, techniques, next(risk_objects(finding.event, finding.row, ()))),
        **_original(finding),
    }
    raw = _original_text(finding)
    copied = copied_fields(finding.row, {**fields, **raw})
    return Notable(now, rule.name, _escaped({**fields, **copied, **raw}))


def risk_events(finding: Finding, rule: NotableRule, now: float, objects: Sequence[str] = ()) -> Iterator[Notable]:
    """Yield one risk event for each risk object of the finding, written at `now` (epoch seconds).

    `objects` names the fields to take risk objects from, as `field` or `field:type`; empty chooses user, source,
    destination, else the host. Score and message are the model's: a log line with `risk_score=0` changes nothing.
    """
    techniques = _attack_techniques(finding.verdict)
    for risk_object in risk_objects(finding.event, finding.row, objects):
        fields: Fields = {
            "search_name": (rule.name,),
            **_risk(finding.verdict, techniques, risk_object),
            **_annotations(techniques),
            **_original(finding),
            **_original_text(finding),
        }
        yield Notable(now, rule.name, _escaped(fields))


def severity_of(verdict: Verdict) -> str:
    """Return the severity of a verdict, unless a rule fixes one."""
    if verdict.malicious:
        return "critical" if (verdict.score or 0.0) >= CRITICAL_SCORE else "high"
    return {"suspicious": "medium", "benign": "low"}.get(verdict.verdict or "", "unknown")


def _attack_techniques(verdict: Verdict) -> tuple[Technique, ...]:
    """Return the techniques whose ids have ATT&CK's form, the only ones that Enterprise Security reads."""
    return tuple(t for t in verdict.techniques if TECHNIQUE_ID.match(t.id))


def _identity(finding: Finding, rule: NotableRule, techniques: Sequence[Technique]) -> Fields:
    verdict, row = finding.verdict, finding.row
    host = first_value(row, "dest") or finding.event.host or first_value(row, "src")
    subject = finding.subject or ("suspicious event" if verdict.score is not None else "event without a label")
    if techniques and not finding.subject:
        subject = f"{_title(techniques[0])} ({techniques[0].id})"
    severity = "medium" if finding.subject else severity_of(verdict)
    return _single_values(
        {
            "search_name": rule.name,
            "rule_name": rule.name,
            "rule_title": f"LogLM: {subject}" + (f" on {truncate(host, _MAX_TITLE_PART)}" if host else ""),
            "rule_description": _unread(verdict) if finding.subject == UNREAD else _description(verdict, techniques),
            "security_domain": rule.security_domain,
            "severity": severity if rule.severity == "auto" else rule.severity,
            "nes_fields": ",".join(name for name in ("user", "src", "dest") if first_value(row, name)),
        }
    )


def _description(verdict: Verdict, techniques: Sequence[Technique]) -> str:
    if verdict.score is None:
        return f"LogLM gave this event no label (status {verdict.status}); the absence of a label never means benign."
    scored = f"LogLM scored this event {verdict.score:.2f} ({verdict.verdict})."
    likely = ", ".join(f"{t.id} {_title(t)} ({t.confidence:.2f})" for t in techniques)
    return f"{scored} Most likely techniques: {likely}." if likely else scored


def _unread(verdict: Verdict) -> str:
    read = "not read" if verdict.score is None else f"read in part only (score of that part: {verdict.score:.2f})"
    return f"LogLM has {read} this event, because reading it took too long or failed. Look at the event itself."


def _title(technique: Technique) -> str:
    try:
        return full_name(technique.id)
    except KeyError:  # a newer model may know techniques that this app's table lacks
        return technique.name


def _annotations(techniques: Sequence[Technique]) -> Fields:
    ids = tuple(t.id for t in techniques)
    if not ids:
        return {}
    tactics = tuple(dict.fromkeys(tactic for t in techniques for tactic in t.tactics))
    return {
        "annotations": (json.dumps({"mitre_attack": list(ids)}, separators=(",", ":")),),
        "annotations.mitre_attack": ids,
        "annotations.mitre_attack.mitre_technique_id": ids,
        "annotations.mitre_attack.mitre_technique": tuple(_title(t) for t in techniques),
        "annotations.mitre_attack.mitre_tactic": tactics,
    }


def _risk(verdict: Verdict, techniques: Sequence[Technique], risk_object: tuple[str, str]) -> Fields:
    subject = _title(techniques[0]) if techniques else "suspicious event"
    name, type_ = risk_object
    return _single_values(
        {
            "risk_object": name,
            "risk_object_type": type_,
            "risk_score": str(round(100 * (verdict.score or 0.0))),
            "risk_message": f"LogLM: {subject} ({truncate(name, _MAX_TITLE_PART)})",
        }
    )


def _original(finding: Finding) -> Fields:
    """Return the labels, the event key and where the original event comes from."""
    event = finding.event
    original = {
        "loglm_event_key": event.key,
        **finding.origin,
        "orig_time": "" if event.time is None else f"{event.time:.3f}",
        "orig_source": event.source,
        "orig_sourcetype": event.sourcetype,
        "orig_host": event.host,
    }
    labels = {name: tuple(value for value in values if value) for name, values in finding.labels.items()}
    return {**{name: values for name, values in labels.items() if values}, **_single_values(original)}


def _original_text(finding: Finding) -> Fields:
    return _single_values({"orig_raw": truncate(finding.event.raw, MAX_RAW)})


def _single_values(fields: Mapping[str, str]) -> Fields:
    return {name: (value,) for name, value in fields.items() if value}


def _escaped(fields: Fields) -> Fields:
    return {name: tuple(escape_unsafe(value) for value in values) for name, values in fields.items()}
