"""Tables of the shipped model's figures, from its manifest: none of them is typed by hand."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from docs.generate.figures import CLOUD_SET, FLOW_SET, WINDOWS_SETS, at, folder, manifest, metrics, share, three
from docs.generate.markdown import table
from loglm_bridge.lab.evaluate.evaluate import BASELINES
from loglm_bridge.model.classifier.score_scale import SHARES

#: Figure of the baselines -> how to find it in a set's part of the report.
_FIGURES: Mapping[str, tuple[str, ...]] = {
    "parent top1": ("parent", "top1"),
    "parent top3": ("parent", "top3"),
    "exact top1": ("exact", "top1"),
    "exact top3": ("exact", "top3"),
    "recall 0.01": ("recall", "0.01"),
    "recall 0.001": ("recall", "0.001"),
    "auroc": ("auroc",),
}

#: Score -> the share of ordinary events that is meant to reach it.
ANCHORS = {"0.5": SHARES["suspicious"], "0.9": SHARES["malicious"], "0.99": SHARES["certain"]}

_EXAM_COLUMNS = ["cases", "family", "attacks", "ordinary", "flagged", "false", "useful", "top1", "top3", "AUROC"]


def model() -> str:
    """Return which model the figures are of."""
    size = sum(path.stat().st_size for path in folder().iterdir()) / 2**20
    count = len(manifest()["files"]) + 1
    return (
        f"Model `{manifest()['name']}` {manifest()['version']}: {size:.0f} MiB in {count} files. "
        "The figures of this page come from its `manifest.json`."
    )


def headline() -> str:
    """Return the figures of every set beside the baselines."""
    columns = ["set", "figure", "Sigma rules", "TF-IDF, best", "LogLM", "95 % interval", "LogLM with `by`"]
    return table(columns, _headline())


def thresholds() -> str:
    """Return what the shipped thresholds flag."""
    reports = (metrics(), metrics()["context"])
    rows = [
        [f"{name}: recordings flagged", *(share(part[name]["flagged"]) for part in reports)] for name in WINDOWS_SETS
    ]
    ordinary = metrics()["benign"]["events"]
    alerts = [f"{part['benign']['alerts_per_10k']:.1f}" for part in reports]
    rows.append([f"alerts per 10,000 of {ordinary:,} ordinary events", *alerts])
    return table(["at the shipped threshold", "each event alone", "with `by`"], rows)


def flows() -> str:
    """Return the figures of flows, by what they are read by."""
    report, context = metrics(), metrics()["context"]
    readings = {
        "by pair of addresses": context[FLOW_SET],
        "by pair, addresses drawn anew": context["redrawn"],
        "by pair, times shuffled within a pair": context["shuffled"],
        "by pair, all flows of a pair at one moment": context["without_gaps"],
        "by source address": context["by_source"],
        "each flow alone": report[FLOW_SET],
    }
    columns = ["flows read", "flow F1", "false flows", "verdict F1", "false pairs", "first technique right"]
    return table(columns, ([name, *_flow_row(part)] for name, part in readings.items()))


def incidents() -> str:
    """Return how events, incidents and rules count as alerts."""
    alerts = metrics()["context"]["alerts"]
    rules, recordings = alerts["rules"], alerts["recordings"]
    rows = [
        ["recordings, at the shipped threshold", *_incident_row(recordings)],
        ["recordings, at the recall of Sigma rules", *_incident_row(rules["at their recall"])],
        ["flows by pair, at the shipped threshold", *_incident_row(alerts["flows"])],
    ]
    columns = ["read by host or pair", "found", "events flagged", "incidents", "false events", "false incidents"]
    return (
        f"{table(columns, rows)}\n\nSigma rules of level medium and above find {rules['found']} of "
        f"{recordings['recordings']} recordings with {rules['alerts']:,} alerts, {rules['false_alerts']} of them false."
    )


def calibration() -> str:
    """Return the expected calibration errors of the first technique's confidence."""
    names = {"Windows": "Windows", "deeptempo_cic2017_sample": "flows", CLOUD_SET: "cloud and SaaS rule tests"}
    rows = ([names.get(name, name), three(error)] for name, error in sorted(metrics()["calibration"].items()))
    return table(["events of", "error of the first technique's confidence"], rows)


def exam() -> str:
    """Return the figures of the analyst's exam by family, single events and windows."""
    return table(_EXAM_COLUMNS, _exam_rows())


def scale() -> str:
    """Return how many unseen ordinary events of each log family reach the anchors of the score."""
    rows = [
        [family, f"{part['events']:,}", *(_per_10k(part, anchor) for anchor in ANCHORS), ", ".join(part["sources"])]
        for family, part in sorted(metrics()["scale"].items(), key=lambda pair: -pair[1]["events"])
    ]
    head = [f"at {anchor} (meant: {share * 1e4:g})" for anchor, share in ANCHORS.items()]
    return table(["log family", "ordinary events", *head, "sources"], rows)


def evasion() -> str:
    """Return how many flagged command lines stay flagged after cosmetic rewrites."""
    flagged, rules = metrics()["evasion"]["flagged"], metrics()["evasion"]["rules alone"]
    rows = [
        [kind.replace("_", " "), str(count), share(kept / count), _kept(rules["kinds"][kind])]
        for kind, (count, kept) in flagged["kinds"].items()
    ]
    total = sum(count for count, _ in flagged["kinds"].values())
    rows.append(["all", f"{total:,}", share(flagged["kept"]), share(rules["kept"])])
    return table(["rewrite", "command lines", "still flagged", "rules alone: still matching"], rows)


def _headline() -> Iterator[list[str]]:
    report, context = metrics(), metrics()["context"]
    for name in (*WINDOWS_SETS, "atomic_evtx", CLOUD_SET, FLOW_SET):
        for figure, path in _FIGURES.items():
            value = at(report[name], path)
            if value is None:
                continue
            sigma, linear = BASELINES.get((name, figure), (None, None))
            # the model that reads atomic_evtx in context was taught its commands
            by = None if name == "atomic_evtx" else at(context[name], path)
            yield [name, figure, three(sigma), three(linear), three(value), _interval(report[name], path), three(by)]


def _exam_rows() -> Iterator[list[str]]:
    kinds = {"event": "single events", "window": "windows"}
    for name, part in metrics()["exam"].items():
        kind, _, family = name.partition("/")
        shares = (three(part[key]) for key in ("flagged", "false", "useful", "top1", "top3", "auroc"))
        yield [kinds[kind], family, str(part["bad"]), str(part["ordinary"]), *shares]


def _per_10k(part: Mapping[str, Any], anchor: str) -> str:
    return f"{part[anchor] / part['events'] * 1e4:.1f}"


def _interval(part: Any, path: Sequence[str]) -> str:
    found = at(part, (path[0], f"{path[-1]}_ci")) if path[0] in ("parent", "exact") else None
    return f"{found[0]:.3f} to {found[1]:.3f}" if found else "-"


def _flow_row(part: Mapping[str, Any]) -> list[str]:
    return [
        f"{part['flow_f1']:.4f}",
        f"{part['flow_fpr']:.5f}",
        three(part["verdict_f1"]),
        f"{part['verdict_fpr']:.5f}",
        three(part["parent"]["top1"]),
    ]


def _incident_row(part: Mapping[str, Any]) -> list[str]:
    counts = [f"{part[name]:,}" for name in ("events", "incidents", "false_events", "false_incidents")]
    return [f"{part['found']} of {part['recordings']}", *counts]


def _kept(counts: Sequence[int]) -> str:
    return share(counts[1] / counts[0])
