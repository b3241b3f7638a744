"""Stage `evaluate`: a model's answers on the validation split, scored by the one scorer, beside the baselines."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from loglm_bridge.contract.errors import LogLMError
from loglm_bridge.contract.event import Event
from loglm_bridge.contract.verdict import Verdict
from loglm_bridge.contract.wire import Options
from loglm_bridge.lab.data.sources import LabelledEvent, read_events, validation_groups
from loglm_bridge.lab.evaluate import alert_counts, context_ablation, evasion
from loglm_bridge.lab.evaluate.curves import Answer
from loglm_bridge.lab.evaluate.report import extras, page
from loglm_bridge.lab.weak_labels.training_examples import RECORDED
from loglm_bridge.model.labeller import Labeller

#: What the scorer is asked: its option -> the data files, by name.
QUESTIONS: Mapping[str, tuple[str, ...]] = {
    "--benign": ("evtx_baseline",),
    "--recordings": ("evtx_attack_samples", "open_xp_rules", "atomic_evtx"),
    "--events": ("panther_rule_tests",),
    "--flows": ("netflow_cic2017",),
}

#: Techniques of a prediction, as the scorer's README asks.
TOP = 8

#: Published baselines on the same split (evaluation README, 2026-11-22): file -> figure -> (Sigma, best TF-IDF).
BASELINES: Mapping[tuple[str, str], tuple[float | None, float | None]] = {
    ("evtx_attack_samples", "parent top1"): (0.350, 0.398),
    ("evtx_attack_samples", "parent top3"): (0.464, 0.569),
    ("evtx_attack_samples", "exact top1"): (0.296, 0.168),
    ("evtx_attack_samples", "exact top3"): (0.394, 0.387),
    ("evtx_attack_samples", "recall 0.01"): (0.765, 0.495),
    ("evtx_attack_samples", "recall 0.001"): (0.549, 0.134),
    ("open_xp_rules", "parent top1"): (0.292, 0.389),
    ("open_xp_rules", "parent top3"): (0.372, 0.496),
    ("open_xp_rules", "recall 0.01"): (0.547, 0.205),
    ("open_xp_rules", "recall 0.001"): (0.376, 0.051),
    ("atomic_evtx", "parent top1"): (0.075, 0.374),
    ("atomic_evtx", "parent top3"): (0.178, 0.467),
    ("panther_rule_tests", "parent top1"): (None, 0.351),
    ("panther_rule_tests", "parent top3"): (None, 0.504),
    ("panther_rule_tests", "auroc"): (None, 0.719),
}

#: Parts of the report that are not the scorer's.
ADDED = frozenset(
    {
        "calibration",
        "union_with_sigma",
        "evasion",
        "unknown",
        "context",
        "by_source",
        "shuffled",
        "without_gaps",
        "redrawn",
        "alerts",
    }
)

#: What is done to the flows, and by what they are read, to see what company, order, gaps and addresses are worth.
READINGS = (
    ("by_source", list, context_ablation.source),
    ("shuffled", context_ablation.shuffled, context_ablation.entity),
    ("without_gaps", context_ablation.without_gaps, context_ablation.entity),
    ("redrawn", context_ablation.redrawn, context_ablation.entity),
)

#: Source of the flows among the questions.
FLOWS = "deeptempo_cic2017_sample"

_CHUNK = 512


def evaluate(labeller: Labeller, data: Path, split: Path, scorer: Path, out: Path, threads: int = 2) -> dict[str, Any]:
    """Label the validation events into `out`/predictions.jsonl, run the scorer and return its report.

    The report, with calibration errors and the recall in union with Sigma, is also written to `out`/report.json, and as
    a page with pictures to `out`/report.html.

    Raises:
        LogLMError: the scorer failed; its last line is repeated.
    """
    out.mkdir(parents=True, exist_ok=True)
    predictions = out / "predictions.jsonl"
    groups = validation_groups(split)
    names = [name for files in QUESTIONS.values() for name in files]
    answers: list[Answer] = []
    with predictions.open("w", encoding="utf-8") as file, ThreadPoolExecutor(threads) as pool:
        for name in names:
            kept = (e for e in read_events(_file(data, name)) if e.group in groups.get(e.source, frozenset()))
            for chunk in pool.map(lambda chunk: _answers(labeller, chunk), _chunks(kept)):
                file.writelines(json.dumps(_row(answer)) + "\n" for answer in chunk)
                answers += chunk
    report = _score(scorer, split, data, predictions)
    report |= extras(answers) | {"evasion": _evasion(labeller, answers, report), "alerts": _alerts(answers)}
    report["context"] = _in_context(labeller, [a.event for a in answers], partial(_score, scorer, split, data), out)
    (out / "report.json").write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
    title = f"{labeller.id.name} {labeller.id.version} on the validation split"
    (out / "report.html").write_text(page(title, rows(report), report, answers), encoding="utf-8")
    return report


def _in_context(
    labeller: Labeller, events: Sequence[LabelledEvent], score: Callable[[Path], dict[str, Any]], out: Path
) -> dict[str, Any]:
    """Return the scorer's report on the events read together, what order and gaps are worth, and how alerts add up."""
    answers = _together(labeller, events, out / "predictions.context.jsonl")
    report = score(out / "predictions.context.jsonl")
    flows = [e for e in events if e.source == FLOWS]
    for name, change, by in READINGS if flows else ():
        path = out / f"predictions.{name}.jsonl"
        _together(labeller, change(flows), path, by)
        report[name] = score(path)[QUESTIONS["--flows"][0]]
    return {**report, "alerts": _alerts(answers)}


def _alerts(answers: Sequence[Answer]) -> dict[str, Any]:
    return alert_counts.measure(answers, lambda answer: context_ablation.entity(answer.event.event))


def _together(
    labeller: Labeller,
    events: Sequence[LabelledEvent],
    path: Path,
    by: Callable[[Event], str] = context_ablation.entity,
) -> list[Answer]:
    """Label the events together, write their predictions and return the answers."""
    found = context_ablation.verdicts(labeller, events, TOP, by)
    answers = [_answer(e, v, labeller.width) for e, v in zip(events, found, strict=True)]
    path.write_text("".join(json.dumps(_row(answer)) + "\n" for answer in answers), encoding="utf-8")
    return answers


def _evasion(labeller: Labeller, answers: Sequence[Answer], report: Mapping[str, Any]) -> dict[str, Any]:
    """Return how many validation events stay flagged after cosmetic rewrites, at two thresholds."""
    thresholds: dict[str, float | None] = {"flagged": None}
    thresholds |= {f"at {rate}": score for rate, score in report["benign"].get("thresholds", {}).items()}
    out = {}
    for name, threshold in thresholds.items():
        asked = [a for a in answers if a.event.source in RECORDED]
        events = [a.event for a in asked if (a.flagged if threshold is None else a.score >= threshold)]
        kept = evasion.measure(labeller, events, threshold)
        rows = {kind: [k.events, k.flagged] for kind, k in kept.items()}
        out[name] = {"kept": round(evasion.total(kept).share, 4), "kinds": rows}
    if labeller.rule_matcher.rules:
        asked_of_rules = [a.event for a in answers if a.event.source in RECORDED]
        alone = evasion.rules_alone(labeller.rule_matcher, asked_of_rules)
        rows = {kind: [k.events, k.flagged] for kind, k in alone.items()}
        out["rules alone"] = {"kept": round(evasion.total(alone).share, 4), "kinds": rows}
    return out


def figures(report: Mapping[str, Any]) -> dict[tuple[str, str], float]:
    """Return the report's figures under the names the baselines have."""
    out: dict[tuple[str, str], float] = {}
    for name, part in report.items():
        if name in ADDED:
            continue
        for level in ("parent", "exact"):
            out |= {(name, f"{level} {k}"): part[level][k] for k in ("top1", "top3") if level in part}
        out |= {(name, f"recall {float(rate)}"): value for rate, value in (part.get("recall") or {}).items()}
        out |= {(name, k): part[k] for k in ("auroc", "flow_f1", "flow_fpr", "verdict_f1", "verdict_fpr") if k in part}
    out["evtx_baseline", "alerts per 10,000"] = report["benign"]["alerts_per_10k"]
    return out


def table(report: Mapping[str, Any]) -> str:
    """Return the figures as a Markdown table beside the baselines."""
    lines = ["| set | figure | Sigma | TF-IDF, best | LogLM | LogLM --by |", "|---|---|---|---|---|---|"]
    return "\n".join([*lines, *(f"| {' | '.join(row)} |" for row in rows(report))])


def rows(report: Mapping[str, Any]) -> list[tuple[str, ...]]:
    """Return the figures as rows of (set, figure, Sigma, best TF-IDF, LogLM, LogLM in context)."""
    out = []
    context = figures(report["context"]) if "context" in report else {}
    for (name, figure), value in figures(report).items():
        sigma, linear = BASELINES.get((name, figure), (None, None))
        numbers = (sigma, linear, value, context.get((name, figure)))
        out.append((name, figure, *map(_number, numbers)))
    return out


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"


def _file(data: Path, name: str) -> Path:
    return data / f"{name}.jsonl.gz"


def _chunks(events: Iterable[LabelledEvent]) -> Iterator[list[LabelledEvent]]:
    iterator = iter(events)
    while chunk := list(islice(iterator, _CHUNK)):
        yield chunk


def _answers(labeller: Labeller, chunk: Sequence[LabelledEvent]) -> list[Answer]:
    verdicts = labeller.label([e.event for e in chunk], Options(top=TOP, embedding=True))
    return [_answer(e, v, labeller.width) for e, v in zip(chunk, verdicts, strict=True)]


def _answer(event: LabelledEvent, verdict: Verdict, width: int) -> Answer:
    vector = np.asarray(verdict.embedding or np.zeros(width), dtype=np.float32)
    techniques = tuple((t.id, t.confidence) for t in verdict.techniques)
    return Answer(event, verdict.score or 0.0, verdict.malicious, verdict.verdict or "", techniques, vector)


def _row(answer: Answer) -> dict[str, Any]:
    return {
        "id": answer.event.id,
        "score": answer.score,
        "malicious": answer.flagged,
        "techniques": [list(pair) for pair in answer.techniques],
    }


def _score(scorer: Path, split: Path, data: Path, predictions: Path) -> dict[str, Any]:
    command = [sys.executable, str(scorer), "--validation", str(split), "--predictions", str(predictions)]
    for option, names in QUESTIONS.items():
        command += [option, *(str(_file(data, name)) for name in names)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - a path the caller chose
    if done.returncode:
        raise LogLMError(f"the scorer failed: {done.stderr.strip().splitlines()[-1:]}", where=str(scorer))
    report: dict[str, Any] = json.loads(done.stdout)
    return report
