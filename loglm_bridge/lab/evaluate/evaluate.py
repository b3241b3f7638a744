"""Stage `evaluate`: a model's predictions on the validation split, scored by the scorer, beside the baselines."""

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

from loglm_bridge.contract.errors import LogLMError
from loglm_bridge.contract.event import Event
from loglm_bridge.contract.wire import Options
from loglm_bridge.lab.data.labels import RECORDING_SOURCES
from loglm_bridge.lab.data.sources import LabelledEvent, read_events, validation_groups
from loglm_bridge.lab.evaluate import alert_counts, context_ablation, evasion, ordinary
from loglm_bridge.lab.evaluate.evasion import EvasionCount
from loglm_bridge.lab.evaluate.exam import measure as measure_exam
from loglm_bridge.lab.evaluate.predictions import Prediction
from loglm_bridge.lab.evaluate.report import extras, page
from loglm_bridge.model.labeller import Labeller

#: The sets that the scorer scores: its option -> the names of the data files.
SETS: Mapping[str, tuple[str, ...]] = {
    "--benign": ("evtx_baseline",),
    "--recordings": ("evtx_attack_samples", "open_xp_rules", "atomic_evtx"),
    "--events": ("panther_rule_tests",),
    "--flows": ("netflow_cic2017",),
}

#: Number of techniques in a prediction, as the scorer expects.
TOP = 8

#: Published baselines on the same split (2026-11-22): (file, figure) -> (Sigma, best TF-IDF).
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

#: Parts of the report that do not come from the scorer.
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
        "exam",
        "scale",
    }
)

#: Ablations of the flows: name, change of the events, entity. They show the value of pairs, order, gaps and addresses.
ABLATIONS = (
    ("by_source", list, context_ablation.source),
    ("shuffled", context_ablation.shuffled, context_ablation.entity),
    ("without_gaps", context_ablation.without_gaps, context_ablation.entity),
    ("redrawn", context_ablation.with_random_addresses, context_ablation.entity),
)

#: The source of the flows among the sets.
FLOWS = "deeptempo_cic2017_sample"

#: Figures of the scorer's report that are plain numbers.
_PLAIN_FIGURES = ("auroc", "flow_f1", "flow_fpr", "verdict_f1", "verdict_fpr")

#: Events that one thread labels at a time.
_CHUNK = 512


def evaluate(
    labeller: Labeller,
    data: Path,
    split: Path,
    scorer: Path,
    out: Path,
    ordinary_sources: Sequence[str] = (),
    exam: tuple[Path, Path] | None = None,
    threads: int = 2,
) -> dict[str, Any]:
    """Label the validation events into `out`/predictions.jsonl, run the scorer and return its report.

    The report, with calibration errors, the alerts on ordinary events (those of `ordinary_sources` too), the recall in
    union with Sigma and the figures of an `exam` (its file and the
    script that scores it), is also written to `out`/report.json, and as a page with plots to `out`/report.html.

    Raises:
        LogLMError: the scorer failed; its last line is repeated.
    """
    out.mkdir(parents=True, exist_ok=True)
    predictions = out / "predictions.jsonl"
    groups = validation_groups(split)
    names = [name for files in SETS.values() for name in files]
    results: list[Prediction] = []
    with predictions.open("w", encoding="utf-8") as file, ThreadPoolExecutor(threads) as pool:
        for name in names:
            held_out = (e for e in read_events(_file(data, name)) if e.group in groups.get(e.source, frozenset()))
            for chunk in pool.map(lambda chunk: _predict(labeller, chunk), _chunks(held_out)):
                file.writelines(json.dumps(prediction.to_row()) + "\n" for prediction in chunk)
                results += chunk
    report = _score(scorer, split, data, predictions)
    report |= extras(results) | {"evasion": _evasion(labeller, results, report), "alerts": _alerts(results)}
    report["context"] = _in_context(labeller, [p.event for p in results], partial(_score, scorer, split, data), out)
    report["scale"] = ordinary.measure(labeller, data, groups, ordinary_sources)
    if exam is not None:
        report["exam"] = measure_exam(labeller, *exam, out)
    (out / "report.json").write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
    title = f"{labeller.id.name} {labeller.id.version} on the validation split"
    (out / "report.html").write_text(page(title, rows(report), report, results), encoding="utf-8")
    return report


def _in_context(
    labeller: Labeller, events: Sequence[LabelledEvent], score: Callable[[Path], dict[str, Any]], out: Path
) -> dict[str, Any]:
    """Return the scorer's report on the events in context, the ablations of the flows, and the counts of alerts."""
    results = _predict_in_context(labeller, events, out / "predictions.context.jsonl")
    report = score(out / "predictions.context.jsonl")
    flows = [e for e in events if e.source == FLOWS]
    for name, change, by in ABLATIONS if flows else ():
        path = out / f"predictions.{name}.jsonl"
        _predict_in_context(labeller, change(flows), path, by)
        report[name] = score(path)[SETS["--flows"][0]]
    return {**report, "alerts": _alerts(results)}


def _alerts(results: Sequence[Prediction]) -> dict[str, Any]:
    return alert_counts.measure(results, lambda prediction: context_ablation.entity(prediction.event.event))


def _predict_in_context(
    labeller: Labeller,
    events: Sequence[LabelledEvent],
    path: Path,
    by: Callable[[Event], str] = context_ablation.entity,
) -> list[Prediction]:
    """Label the events in context, write their predictions and return them."""
    verdicts = context_ablation.verdicts(labeller, events, TOP, by)
    results = [Prediction.of(e, v, labeller.width) for e, v in zip(events, verdicts, strict=True)]
    path.write_text("".join(json.dumps(prediction.to_row()) + "\n" for prediction in results), encoding="utf-8")
    return results


def _evasion(labeller: Labeller, results: Sequence[Prediction], report: Mapping[str, Any]) -> dict[str, Any]:
    """Return how many validation events stay flagged after cosmetic rewrites, at several thresholds."""
    thresholds: dict[str, float | None] = {"flagged": None}
    thresholds |= {f"at {rate}": score for rate, score in report["benign"].get("thresholds", {}).items()}
    recorded = [p for p in results if p.event.source in RECORDING_SOURCES]
    parts = {}
    for name, threshold in thresholds.items():
        events = [p.event for p in recorded if (p.flagged if threshold is None else p.score >= threshold)]
        parts[name] = _evasion_part(evasion.measure(labeller, events, threshold))
    if labeller.rule_matcher.rules:
        alone = evasion.rules_alone(labeller.rule_matcher, [p.event for p in recorded])
        parts["rules alone"] = _evasion_part(alone)
    return parts


def _evasion_part(counts: Mapping[str, EvasionCount]) -> dict[str, Any]:
    kinds = {kind: [count.events, count.flagged] for kind, count in counts.items()}
    return {"kept": round(evasion.total(counts).share, 4), "kinds": kinds}


def figures(report: Mapping[str, Any]) -> dict[tuple[str, str], float]:
    """Return the figures of a report, under the names of the baselines."""
    result: dict[tuple[str, str], float] = {}
    for name, part in report.items():
        if name in ADDED:
            continue
        for level in ("parent", "exact"):
            result |= {(name, f"{level} {k}"): part[level][k] for k in ("top1", "top3") if level in part}
        result |= {(name, f"recall {float(rate)}"): value for rate, value in (part.get("recall") or {}).items()}
        result |= {(name, k): part[k] for k in _PLAIN_FIGURES if k in part}
    result["evtx_baseline", "alerts per 10,000"] = report["benign"]["alerts_per_10k"]
    return result


def table(report: Mapping[str, Any]) -> str:
    """Return the figures as a Markdown table beside the baselines."""
    lines = ["| set | figure | Sigma | TF-IDF, best | LogLM | LogLM --by |", "|---|---|---|---|---|---|"]
    return "\n".join([*lines, *(f"| {' | '.join(row)} |" for row in rows(report))])


def rows(report: Mapping[str, Any]) -> list[tuple[str, ...]]:
    """Return the figures as rows of (set, figure, Sigma, best TF-IDF, LogLM, LogLM in context)."""
    lines = []
    context = figures(report["context"]) if "context" in report else {}
    for (name, figure), value in figures(report).items():
        sigma, linear = BASELINES.get((name, figure), (None, None))
        numbers = (sigma, linear, value, context.get((name, figure)))
        lines.append((name, figure, *map(_number, numbers)))
    return lines


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"


def _file(data: Path, name: str) -> Path:
    return data / f"{name}.jsonl.gz"


def _chunks(events: Iterable[LabelledEvent]) -> Iterator[list[LabelledEvent]]:
    iterator = iter(events)
    while chunk := list(islice(iterator, _CHUNK)):
        yield chunk


def _predict(labeller: Labeller, events: Sequence[LabelledEvent]) -> list[Prediction]:
    verdicts = labeller.label([e.event for e in events], Options(top=TOP, embedding=True))
    return [Prediction.of(e, v, labeller.width) for e, v in zip(events, verdicts, strict=True)]


def _score(scorer: Path, split: Path, data: Path, predictions: Path) -> dict[str, Any]:
    command = [sys.executable, str(scorer), "--validation", str(split), "--predictions", str(predictions)]
    for option, names in SETS.items():
        command += [option, *(str(_file(data, name)) for name in names)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - the path comes from the caller
    if done.returncode:
        raise LogLMError(f"the scorer failed: {done.stderr.strip().splitlines()[-1:]}", where=str(scorer))
    report: dict[str, Any] = json.loads(done.stdout)
    return report
