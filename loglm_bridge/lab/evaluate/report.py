"""One self-contained page of an evaluation: tables and pictures that need no network."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

import numpy as np

from loglm_bridge.contract.attack_table import TECHNIQUES
from loglm_bridge.lab.evaluate import curves, plots
from loglm_bridge.lab.evaluate.curves import Answer
from loglm_bridge.lab.evaluate.pitfalls import PITFALLS
from loglm_bridge.lab.train.calibrate import known_malice

#: Events of the embedding map, at most.
MAPPED = 3000

#: Recordings of the table of neighbours, at most.
LISTED = 40

_PAGE = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>{title}</title>
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:">
<style>
body {{ font: 15px/1.5 system-ui, sans-serif; color: #222; max-width: 1080px; margin: 2em auto; padding: 0 1em }}
h1 {{ font-size: 1.6em }} h2 {{ font-size: 1.2em; margin-top: 2em; border-bottom: 1px solid #ddd }}
table {{ border-collapse: collapse; font-size: 13px }} th, td {{ padding: 3px 10px; border-bottom: 1px solid #eee }}
th {{ text-align: left }} td.n {{ text-align: right; font-variant-numeric: tabular-nums }}
.row {{ display: flex; flex-wrap: wrap; gap: 1em }} svg {{ max-width: 100%; height: auto }}
p.note {{ color: #555; font-size: 13px; max-width: 76ch }}
</style></head><body><h1>{title}</h1>{body}</body></html>
"""


def page(title: str, rows: Sequence[Sequence[str]], report: Mapping[str, Any], answers: Sequence[Answer]) -> str:
    """Return the page as HTML.

    `rows` are the figures beside the baselines, `report` is the scorer's with the parts `extras` adds; no raw event is
    shown.
    """
    held = curves.recordings(answers)
    names = {technique: name for technique, (name, _) in TECHNIQUES.items()}
    found = curves.found_by_technique(held)
    parts = [
        _section(
            "Figures beside the baselines",
            _table(("set", "figure", "Sigma", "TF-IDF, best", "LogLM", "LogLM --by"), rows),
        ),
        _section("Found together with Sigma", _union(report["union_with_sigma"]), _UNION),
        _section("Recall against alert budget", _budget(answers)),
        _section("Precision and recall", plots.precision_recall(_detection(answers))),
        _section("Reliability", _reliability(answers), _RELIABILITY),
        _section("Techniques found", plots.technique_bars(found, names) if held else _NOTHING),
        _section("Confusion", plots.confusion(*curves.confusion(held)) if held else _NOTHING, _CONFUSION),
        _section("Map of the embeddings", _map(answers), _MAP),
        _section("Nearest recordings", _neighbours(held), _NEIGHBOURS),
        _section("Evasion", _evasion(report.get("evasion", {})), _EVASION),
        _section("Alerts and incidents", _alerts(report), _ALERTS),
        _section("Dos and don'ts", _table(("pitfall", "here"), list(PITFALLS.items())), _CHECKLIST),
    ]
    return _PAGE.format(title=escape(title), body="".join(parts))


def extras(answers: Sequence[Answer]) -> dict[str, Any]:
    """Return what the report adds to the scorer's figures: calibration, union with Sigma, share called unknown."""
    score, first = curves.score_reliability(answers), curves.confidence_reliability(answers)
    return {
        "calibration": {
            "score": {name: round(diagram.error, 4) for name, diagram in score.items()},
            "first_technique": {name: round(diagram.error, 4) for name, diagram in first.items()},
        },
        "union_with_sigma": curves.union_with_sigma(answers),
        "unknown": {"ordinary": round(curves.unknown_share(answers), 4)},
    }


_NOTHING = "<p>Nothing to draw: no such events.</p>"
_UNION = """At Sigma's own number of alerts on ordinary validation events (levels medium and up): recordings found by
the rules, the score alone, and by rules of level high and above together with the score."""
_RELIABILITY = """An event counts as an attack where its own label says so or, on Windows, where a medium rule hits
it; unhit events of attack recordings count as ordinary, so the truth lies above the line of the Windows score. ECE: 15
equal bins."""
_CONFUSION = "Recordings of the 20 most frequent parent techniques; a recording that is right counts on the diagonal."
_MAP = "First two principal components of the vectors of validation events, coloured by source."
_NEIGHBOURS = "By cosine of the mean vector of a recording's five loudest events; ids and techniques alone."
_EVASION = """Command lines of validation recordings above a threshold, rewritten as an attacker would without changing
what they do: how many of those that could be rewritten stay above it."""
_ALERTS = """At the model's own verdicts, and at the score that a share of the recordings reach: alerts event by event,
the incidents that they form (by host within a recording, flows by pair), the events that incidents show, and what
alerts event by event come to where they show as large a share of the attack events. False: on ordinary machines and
flows."""
_CHECKLIST = """The ten pitfalls of Arp et al., "Dos and Don'ts of Machine Learning in Computer Security", USENIX
Security 2022."""


def _section(heading: str, body: str, note: str = "") -> str:
    told = f'<p class="note">{escape(note)}</p>' if note else ""
    return f"<section><h2>{escape(heading)}</h2>{told}{body}</section>"


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    top = "".join(f"<th>{escape(h)}</th>" for h in head)
    lines = "".join(f"<tr>{''.join(_cell(value) for value in row)}</tr>" for row in rows)
    return f"<table><thead><tr>{top}</tr></thead><tbody>{lines}</tbody></table>"


def _cell(value: str) -> str:
    kind = ' class="n"' if value[:1].isdigit() or value == "-" else ""
    return f"<td{kind}>{escape(value)}</td>"


def _union(found: Mapping[str, Mapping[str, float]]) -> str:
    rows = [(s, *(f"{f[k]:.3f}" for k in ("sigma", "score", "either"))) for s, f in found.items()]
    return _table(("recordings of", "Sigma", "LogLM", "both"), rows)


def _evasion(found: Mapping[str, Any]) -> str:
    if not found:
        return _NOTHING
    kinds = next(iter(found.values()))["kinds"]
    rows = [(kind, *(_of(part["kinds"][kind]) for part in found.values())) for kind in kinds]
    rows.append(("all", *(f"{part['kept']:.3f}" for part in found.values())))
    return _table(("rewrite", *found), rows)


def _alerts(report: Mapping[str, Any]) -> str:
    parts = [("event by event", report.get("alerts")), ("in context", report.get("context", {}).get("alerts"))]
    rows = []
    for name, part in parts:
        if part:
            told = {"recordings": part["recordings"], "flows": part["flows"]}
            if "rules" in part:
                told["the recall of Sigma's rules"] = part["rules"]["at their recall"]
            told |= {f"recall {row['recall']}": row for row in part["at equal recall"]}
            rows += [(name, at, *_load(row)) for at, row in told.items()]
    head = ("verdicts", "at", "found", "events", "incidents", "shown", "as events", "false events", "false incidents")
    return _table((*head, "false, as events"), rows) if rows else _NOTHING


def _load(row: Mapping[str, Any]) -> tuple[str, ...]:
    alone = row["as_events"]
    numbers = (row["events"], row["incidents"], row["shown"], alone["events"])
    false = (row["false_events"], row["false_incidents"], alone["false_events"])
    return (_of((row["recordings"], row["found"])), *map(str, (*numbers, *false)))


def _of(pair: Sequence[int]) -> str:
    return f"{pair[1]} of {pair[0]}"


def _budget(answers: Sequence[Answer]) -> str:
    ordinary = [a for a in answers if a.ordinary]
    sigma = sum(a.ruled for a in ordinary) / max(1, len(ordinary)) * 1e4
    return plots.recall_by_budget(curves.recall_by_budget(answers), sigma)


def _detection(answers: Sequence[Answer]) -> dict[str, tuple[list[float], list[bool]]]:
    out: dict[str, tuple[list[float], list[bool]]] = {}
    for answer in answers:
        malice = known_malice(answer.event)
        if malice is not None:
            scores, truth = out.setdefault(curves.domain(answer.event.source), ([], []))
            scores.append(answer.score)
            truth.append(malice)
    return {name: both for name, both in out.items() if any(both[1])}


def _reliability(answers: Sequence[Answer]) -> str:
    score = plots.reliability(curves.score_reliability(answers), "score", "share of attacks")
    first = plots.reliability(
        curves.confidence_reliability(answers), "confidence of the first technique", "share right"
    )
    return f'<div class="row">{score}{first}</div>'


def _map(answers: Sequence[Answer]) -> str:
    if len(answers) < 3:
        return _NOTHING
    chosen = [answers[i] for i in np.linspace(0, len(answers) - 1, min(MAPPED, len(answers))).astype(int)]
    return plots.embedding_map(np.stack([a.vector for a in chosen]), [a.event.source for a in chosen])


def _neighbours(held: Mapping[tuple[str, str], Sequence[Answer]]) -> str:
    def told(name: tuple[str, str]) -> str:
        return f"{name[1]} ({', '.join(held[name][0].event.techniques[:4])})"

    near = list(curves.nearest(held).items())
    step = max(1, len(near) // LISTED)
    rows = [(told(name), "; ".join(f"{told(n)} {cosine:.2f}" for n, cosine in others)) for name, others in near[::step]]
    return _table(("recording", "nearest others, cosine"), rows[:LISTED])
