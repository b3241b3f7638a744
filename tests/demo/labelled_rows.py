"""Labelled rows for tests of the demo's output: one of each kind of sample."""

from loglm_bridge.demo.report import LabelledRow
from loglm_bridge.demo.samples import read_samples


def labelled(kind, verdict, score, status="ok"):
    """The first sample of a kind, with a row of this verdict; malicious ones have two techniques."""
    sample = next(s for s in read_samples() if s.kind == kind)
    techniques = {
        "loglm_technique_id": ["T1003.001", "T1059"],
        "loglm_technique": ["LSASS Memory", "Command and Scripting Interpreter"],
        "loglm_tactic": ["credential-access", "execution"],
        "loglm_confidence": ["0.91", "0.2"],
    }
    row = {"_raw": "x", "loglm_status": status, "loglm_verdict": verdict, "loglm_score": score, "loglm_novelty": "0.5"}
    return LabelledRow(sample, {**row, **(techniques if verdict == "malicious" else {})})


ROWS = [
    labelled("ordinary", "benign", "0.01"),
    labelled("hostile", "malicious", "0.97"),
    labelled("broken", "", "", "empty"),
]
