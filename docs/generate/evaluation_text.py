"""What the figures of the shipped model say, as sentences; every number comes from the manifest."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from docs.generate.figures import CLOUD_SET, FLOW_SET, WINDOWS_SETS, metrics, share, three
from loglm_bridge.lab.evaluate.evaluate import BASELINES

_FINDINGS = """
- **An analyst's cases.** Of {exam_bad} attack events of {families} log families, {flagged} are flagged; for {useful}
  one of the first three techniques is right as well. Of {exam_ordinary} ordinary events, most of them twins of the
  attacks, {false} are flagged. Weakest families: {weakest}.
- **Windows recordings.** At one false alarm per 1,000 ordinary events it finds {recall[0]} and {recall[1]} of the
  recordings of the two sets; Sigma rules, ranked by level, find {sigma[0]} and {sigma[1]}. At the shipped threshold it
  raises {alerts} alerts per 10,000 ordinary Windows events: rules of the project's own match on ordinary machines too.
- **The first technique** is a true one in {top1[0]} and {top1[1]} of those recordings, and among the first three in
  {top3[0]} and {top3[1]}.
- **Atomic Red Team's own recordings**: first technique right {atomic}, a bag of words {atomic_words}. This is the
  model that was not taught those commands.
- **Cloud and SaaS rule tests**: AUROC {cloud}, a bag of words {cloud_words}. The ordinary half are near misses.
- **Flows are told apart in the network that it learned from**, and by their window. Read by pair, flow F1 is {flow_f1}
  and verdict F1 {verdict_f1}, over {units} pairs of which {malicious} are malicious. A flow that is alone is not
  flagged.
- **Context on Windows.** With `by=host`, recall at one in 1,000 is {context[0]} and {context[1]}, with {alerts_by}
  instead of {alerts} alerts per 10,000 ordinary events.
"""

_LIMITS = """
- It does not replace rules. At one false alarm per 1,000 ordinary events it finds {recall[0]} and {recall[1]} of other
  authors' Windows recordings.
- The first technique is right for {top1[0]} and {top1[1]} of them: a hint for triage.
- It raises {alerts} alerts per 10,000 ordinary Windows events; the threshold for flows does not carry over to other
  networks.
- The search command runs on the search head only. For many millions of events use the input.
- It was tested against recorded splunkd traffic and stand-ins, not on a real Splunk.
"""


def findings() -> str:
    """Return what the figures say."""
    return _FINDINGS.strip().format(**_values())


def limits() -> str:
    """Return the limits of the model and the app in five lines."""
    return _LIMITS.strip().format(**_values())


def _values() -> dict[str, object]:
    report, context = metrics(), metrics()["context"]
    sets, pairs, cases = [report[name] for name in WINDOWS_SETS], context[FLOW_SET], report["exam"]["event/all"]
    return {
        "exam_bad": cases["bad"],
        "exam_ordinary": cases["ordinary"],
        "families": sum(name.startswith("event/") for name in report["exam"]) - 1,
        "flagged": share(cases["flagged"]),
        "useful": share(cases["useful"]),
        "false": f"{cases['false'] * 100:.1f} %",
        "weakest": _weakest(report["exam"]),
        "recall": [share(part["recall"]["0.001"]) for part in sets],
        "sigma": [share(BASELINES[name, "recall 0.001"][0]) for name in WINDOWS_SETS],
        "top1": [share(part["parent"]["top1"]) for part in sets],
        "top3": [share(part["parent"]["top3"]) for part in sets],
        "context": [share(context[name]["recall"]["0.001"]) for name in WINDOWS_SETS],
        "atomic": three(report["atomic_evtx"]["parent"]["top1"]),
        "atomic_words": three(BASELINES["atomic_evtx", "parent top1"][1]),
        "cloud": three(report[CLOUD_SET]["auroc"]),
        "cloud_words": three(BASELINES[CLOUD_SET, "auroc"][1]),
        "flow_f1": f"{pairs['flow_f1']:.4f}",
        "verdict_f1": three(pairs["verdict_f1"]),
        "units": f"{pairs['units']:,}",
        "malicious": pairs["malicious_units"],
        "alerts": f"{report['benign']['alerts_per_10k']:.1f}",
        "alerts_by": f"{context['benign']['alerts_per_10k']:.1f}",
    }


def _weakest(exam: Mapping[str, Any]) -> str:
    """Return the three families of which the fewest attack events are useful."""
    families = [(part["useful"], name.partition("/")[2]) for name, part in exam.items() if name.startswith("event/")]
    return ", ".join(f"{name} ({share(useful)})" for useful, name in sorted(families)[:3])
