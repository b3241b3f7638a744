"""From the rows of `| loglm` to what a notable event is made of, as the alert action reads rows that carry labels."""

from __future__ import annotations

from loglm_bridge.contract.notable import Finding
from loglm_bridge.contract.verdict import Technique, Verdict
from loglm_bridge.demo.report import Labelled


def finding_of(labelled: Labelled) -> Finding | None:
    """Return the finding that a labelled row is, None unless its verdict is malicious."""
    if labelled.text("loglm_verdict") != "malicious":
        return None
    columns = [labelled.values(f"loglm_{name}") for name in ("technique_id", "technique", "tactic", "confidence")]
    verdict = Verdict(
        status=labelled.text("loglm_status"),
        score=float(labelled.text("loglm_score")),
        verdict="malicious",
        techniques=tuple(
            Technique(found, name, tuple(tactics.split(",")), float(confidence))
            for found, name, tactics, confidence in zip(*columns, strict=True)
        ),
        novelty=float(labelled.text("loglm_novelty")),
    )
    names = [name for name in labelled.row if name.startswith("loglm_")]
    row = {name: labelled.values(name) for name in labelled.row if not name.startswith("loglm_")}
    return Finding(labelled.sample.event, verdict, {name: labelled.values(name) for name in names}, row)
