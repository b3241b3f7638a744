"""The report of an evaluation as one self-contained page: tables and plots that need no network."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

import numpy as np

from loglm_bridge.contract.attack_table import TECHNIQUES
from loglm_bridge.lab.data.labels import known_malice
from loglm_bridge.lab.evaluate import curves, plots
from loglm_bridge.lab.evaluate.pitfalls import PITFALLS
from loglm_bridge.lab.evaluate.predictions import Prediction, by_recording, domain

#: Limit of the events in the map of embeddings.
MAX_MAPPED = 3000

#: Limit of the recordings in the table of neighbours.
MAX_LISTED = 40

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


def page(title: str, rows: Sequence[Sequence[str]], report: Mapping[str, Any], results: Sequence[Prediction]) -> str:
    """Return the page as HTML.

    `rows` are the figures beside the baselines, `report` is that of the scorer with the parts of `extras`. No raw event
    is shown.
    """
    recordings = by_recording(results)
    parts = [
        _section(
            "Figures beside the baselines",
            _table(("set", "figure", "Sigma", "TF-IDF, best", "LogLM", "LogLM --by"), rows),
        ),
        _section("Found together with Sigma", _union(report["union_with_sigma"]), _UNION),
        _section("Recall against alert budget", _budget(results)),
        _section("Precision and recall", plots.precision_recall(_detection(results))),
        _section("Reliability", _reliability(results), _RELIABILITY),
        _section("Techniques found", _technique_bars(recordings)),
        _section("Confusion", plots.confusion(*curves.confusion(recordings)) if recordings else _NOTHING, _CONFUSION),
        _section("Map of the embeddings", _map(results), _MAP),
        _section("Nearest recordings", _neighbours(recordings), _NEIGHBOURS),
        _section("Evasion", _evasion(report.get("evasion", {})), _EVASION),
        _section("Alerts and incidents", _alerts(report), _ALERTS),
        _section("Dos and don'ts", _table(("pitfall", "here"), list(PITFALLS.items())), _CHECKLIST),
    ]
    return _PAGE.format(title=escape(title), body="".join(parts))


def extras(results: Sequence[Prediction]) -> dict[str, Any]:
    """Return the parts that are added to the scorer's report: calibration, union with Sigma, share of unknown."""
    first = curves.confidence_reliability(results)
    return {
        "calibration": {name: round(diagram.error, 4) for name, diagram in first.items()},
        "union_with_sigma": curves.union_with_sigma(results),
        "unknown": {"ordinary": round(curves.unknown_share(results), 4)},
    }


_NOTHING = "<p>No such events.</p>"
_UNION = """Recordings found by the rules of level medium and above, by the score alone, and by rules of level high
and above together with the score. All three raise as many alerts on ordinary validation events as the rules."""
_RELIABILITY = """Events count that are known to belong to an attack: by their own label or, on Windows, because a rule
of level medium or above hits them. ECE: 15 equal bins."""
_CONFUSION = "Recordings of the 20 most frequent parent techniques; a recording that is right counts on the diagonal."
_MAP = "First two principal components of the vectors of validation events, coloured by source."
_NEIGHBOURS = (
    "By cosine of the mean vector of the five events with the highest scores. Ids and techniques alone are shown."
)
_EVASION = """Command lines of validation recordings above a threshold, rewritten without a change of their effect: how
many of those that could be rewritten stay above it."""
_ALERTS = """At the model's own verdicts, and at the score that a share of the recordings reaches: alerts for single
events, the incidents that they form (by host within a recording, flows by pair), the events that incidents show, and
the alerts for single events that show the same share of the attack events. False: on ordinary machines and flows."""
_CHECKLIST = """The ten pitfalls of Arp et al., "Dos and Don'ts of Machine Learning in Computer Security", USENIX
Security 2022."""


def _section(heading: str, body: str, note: str = "") -> str:
    paragraph = f'<p class="note">{escape(note)}</p>' if note else ""
    return f"<section><h2>{escape(heading)}</h2>{paragraph}{body}</section>"


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    top = "".join(f"<th>{escape(h)}</th>" for h in head)
    lines = "".join(f"<tr>{''.join(_cell(value) for value in row)}</tr>" for row in rows)
    return f"<table><thead><tr>{top}</tr></thead><tbody>{lines}</tbody></table>"


def _cell(value: str) -> str:
    kind = ' class="n"' if value[:1].isdigit() or value == "-" else ""
    return f"<td{kind}>{escape(value)}</td>"


def _union(shares: Mapping[str, Mapping[str, float]]) -> str:
    rows = [(source, *(f"{one[k]:.3f}" for k in ("sigma", "score", "either"))) for source, one in shares.items()]
    return _table(("recordings of", "Sigma", "LogLM", "both"), rows)


def _evasion(parts: Mapping[str, Any]) -> str:
    if not parts:
        return _NOTHING
    kinds = next(iter(parts.values()))["kinds"]
    rows = [(kind, *(_of(part["kinds"][kind]) for part in parts.values())) for kind in kinds]
    rows.append(("all", *(f"{part['kept']:.3f}" for part in parts.values())))
    return _table(("rewrite", *parts), rows)


def _alerts(report: Mapping[str, Any]) -> str:
    parts = [("event by event", report.get("alerts")), ("in context", report.get("context", {}).get("alerts"))]
    rows = []
    for name, part in parts:
        if part:
            counts = {"recordings": part["recordings"], "flows": part["flows"]}
            if "rules" in part:
                counts["the recall of Sigma's rules"] = part["rules"]["at their recall"]
            counts |= {f"recall {row['recall']}": row for row in part["at equal recall"]}
            rows += [(name, at, *_alert_cells(row)) for at, row in counts.items()]
    head = ("verdicts", "at", "found", "events", "incidents", "shown", "as events", "false events", "false incidents")
    return _table((*head, "false, as events"), rows) if rows else _NOTHING


def _alert_cells(row: Mapping[str, Any]) -> tuple[str, ...]:
    as_events = row["as_events"]
    numbers = (row["events"], row["incidents"], row["shown"], as_events["events"])
    false = (row["false_events"], row["false_incidents"], as_events["false_events"])
    return (_of((row["recordings"], row["found"])), *map(str, (*numbers, *false)))


def _of(pair: Sequence[int]) -> str:
    return f"{pair[1]} of {pair[0]}"


def _budget(results: Sequence[Prediction]) -> str:
    ordinary = [p for p in results if p.is_ordinary]
    sigma = sum(p.has_rule_hit for p in ordinary) / max(1, len(ordinary)) * 1e4
    return plots.recall_by_budget(curves.recall_by_budget(results), sigma)


def _detection(results: Sequence[Prediction]) -> dict[str, tuple[list[float], list[bool]]]:
    """Return (scores, malice) of the events of known malice by domain."""
    sets: dict[str, tuple[list[float], list[bool]]] = {}
    for one in results:
        malice = known_malice(one.event)
        if malice is not None:
            scores, truth = sets.setdefault(domain(one.event.source), ([], []))
            scores.append(one.score)
            truth.append(malice)
    return {name: both for name, both in sets.items() if any(both[1])}


def _reliability(results: Sequence[Prediction]) -> str:
    first = plots.reliability(
        curves.confidence_reliability(results), "confidence of the first technique", "share right"
    )
    return f'<div class="row">{first}</div>'


def _technique_bars(recordings: curves.Recordings) -> str:
    names = {technique: name for technique, (name, _) in TECHNIQUES.items()}
    return plots.technique_bars(curves.found_by_technique(recordings), names) if recordings else _NOTHING


def _map(results: Sequence[Prediction]) -> str:
    if len(results) < 3:
        return _NOTHING
    chosen = [results[i] for i in np.linspace(0, len(results) - 1, min(MAX_MAPPED, len(results))).astype(int)]
    return plots.embedding_map(np.stack([p.vector for p in chosen]), [p.event.source for p in chosen])


def _neighbours(recordings: curves.Recordings) -> str:
    def title(name: tuple[str, str]) -> str:
        return f"{name[1]} ({', '.join(recordings[name][0].event.techniques[:4])})"

    near = list(curves.nearest(recordings).items())
    step = max(1, len(near) // MAX_LISTED)
    rows = [
        (title(name), "; ".join(f"{title(n)} {cosine:.2f}" for n, cosine in others)) for name, others in near[::step]
    ]
    return _table(("recording", "nearest others, cosine"), rows[:MAX_LISTED])
