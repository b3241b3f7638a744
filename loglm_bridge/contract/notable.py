"""The notable event: an event and its verdict as Enterprise Security and plain Splunk read them. Pure, no I/O.

Field names and forms: reference/SPLUNK.md 3.2-3.4 (result2stash of the common action model, the notable event
framework, risk-based alerting). Values of events are data: they become field values, never parts of a search.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Iterator, Mapping, Optional, Sequence

from loglm_bridge.contract.attack import TECHNIQUE_ID, full_name
from loglm_bridge.contract.event import Event
from loglm_bridge.contract.row import carried, drilldown, risk_objects, text_of
from loglm_bridge.contract.text import cut, visible
from loglm_bridge.contract.verdict import Technique, Verdict

#: Values that a notable's severity may have; `auto` derives it from the verdict.
SEVERITIES = ("auto", "informational", "low", "medium", "high", "critical")

#: Values of security_domain that Enterprise Security knows.
DOMAINS = ("access", "endpoint", "network", "threat", "identity", "audit")

#: Characters of the original event that a notable repeats.
MAX_RAW = 10_000

#: Score from which a malicious verdict is critical rather than high.
CRITICAL_SCORE = 0.95

Fields = dict[str, tuple[str, ...]]


@dataclass(frozen=True)
class Rule:
    """Who writes a notable and how it is to be filed.

    `min_confidence` is the confidence (0..1) from which a technique is annotated; the most likely one always is.
    """

    name: str
    security_domain: str = "threat"
    severity: str = "auto"
    min_confidence: float = 0.5


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


@dataclass(frozen=True)
class Finding:
    """An event, what the model says of it, and the row it was read from (all of its fields, as texts)."""

    event: Event
    verdict: Verdict
    model: str = ""
    row: Mapping[str, Sequence[str]] = field(default_factory=dict, hash=False)


def notable(finding: Finding, rule: Rule, now: float) -> Notable:
    """Return the notable event of a finding, written at `now` (epoch seconds).

    Our own fields come first and win: a field of the row that is named like one of ours, or like one that Enterprise
    Security owns, is kept as `orig_<name>`.
    """
    named = _named(finding.verdict, rule.min_confidence)
    fields: Fields = {
        **_identity(finding, rule, named),
        **_single(drilldown(finding.event, finding.row)),
        **_annotations(named),
        **_risk(finding.verdict, named, next(iter(risk_objects(finding.event, finding.row, ())))),
        **label_fields(finding.verdict, finding.model),
        **_original(finding),
    }
    return Notable(now, rule.name, _clean({**fields, **carried(finding.row, fields)}))


def risk_events(finding: Finding, rule: Rule, now: float, objects: Sequence[str] = ()) -> Iterator[Notable]:
    """Yield one risk event for each risk object of the finding (SPLUNK.md 3.4).

    `objects` names the fields to take risk objects from, as `field` or `field:type`; empty chooses user, source,
    destination, else the host. Score and message are the model's: a log line that says `risk_score=0` changes nothing.
    """
    named = _named(finding.verdict, rule.min_confidence)
    for found in risk_objects(finding.event, finding.row, objects):
        fields: Fields = {
            **_single({"search_name": rule.name}),
            **_risk(finding.verdict, named, found),
            **_annotations(named),
            **label_fields(finding.verdict, finding.model),
            **_original(finding),
        }
        yield Notable(now, rule.name, _clean(fields))


def label_fields(verdict: Verdict, model: str) -> Fields:
    """Return the verdict as `loglm_*` fields (DESIGN.md 2.2); absent numbers are left out."""
    ranked = verdict.techniques
    fields = _single(
        {
            "loglm_status": verdict.status,
            "loglm_score": _number(verdict.score),
            "loglm_verdict": verdict.verdict or "",
            "loglm_novelty": _number(verdict.novelty),
            "loglm_model": model,
            "loglm_detail": verdict.detail or "",
        }
    )
    if ranked:
        fields["loglm_technique_id"] = tuple(t.id for t in ranked)
        fields["loglm_technique"] = tuple(t.name for t in ranked)
        fields["loglm_tactic"] = _tactics(ranked)
        fields["loglm_confidence"] = tuple(_number(t.confidence) for t in ranked)
    return fields


def severity_of(verdict: Verdict) -> str:
    """Return the severity that a verdict has unless a rule fixes one."""
    if verdict.malicious:
        return "critical" if (verdict.score or 0.0) >= CRITICAL_SCORE else "high"
    return {"suspicious": "medium", "benign": "low"}.get(verdict.verdict or "", "unknown")


def _named(verdict: Verdict, least: float) -> tuple[Technique, ...]:
    """Return the techniques to annotate: those of ATT&CK's form and of enough confidence, at least the first."""
    ranked = tuple(t for t in verdict.techniques if TECHNIQUE_ID.match(t.id))
    return tuple(t for i, t in enumerate(ranked) if i == 0 or t.confidence >= least)


def _identity(finding: Finding, rule: Rule, named: Sequence[Technique]) -> Fields:
    verdict, row = finding.verdict, finding.row
    where = text_of(row, "dest") or text_of(row, "host") or finding.event.host or text_of(row, "src")
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
        "annotations.mitre_attack.mitre_tactic": _tactics(named),
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
    event = finding.event
    return _single(
        {
            "orig_time": "" if event.time is None else f"{event.time:.3f}",
            "orig_source": event.source,
            "orig_sourcetype": event.sourcetype,
            "orig_host": event.host,
            "loglm_event_key": event.key,
            "orig_raw": cut(event.raw, MAX_RAW),
        }
    )


def _tactics(ranked: Sequence[Technique]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(tactic for t in ranked for tactic in t.tactics))


def _number(value: Optional[float]) -> str:
    return "" if value is None else f"{value:.4f}"


def _single(fields: Mapping[str, str]) -> Fields:
    return {name: (value,) for name, value in fields.items() if value}


def _clean(fields: Fields) -> Fields:
    return {name: tuple(visible(value) for value in values) for name, values in fields.items()}
