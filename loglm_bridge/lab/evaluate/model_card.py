"""The model card: what a model is, its training data, its intended use and its limits."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from loglm_bridge.lab.evaluate import evaluate
from loglm_bridge.lab.recipe import Recipe

#: Source -> (description, licence), as their owners state it.
SOURCES: Mapping[str, tuple[str, str]] = {
    "atomic_evtx": ("Atomic Red Team tests recorded on one Windows host", "none given"),
    "otrf_security_datasets": ("OTRF Security-Datasets", "MIT"),
    "evtx_attack_samples": ("EVTX-ATTACK-SAMPLES", "GPL-3.0"),
    "open_xp_rules, open_xp_parser_samples": ("events of open XP detection rules and parsers", "Apache-2.0"),
    "evtx_baseline": ("ordinary Windows event logs of parser test suites", "mixed, some GPL/AGPL"),
    "panther_rule_tests": ("unit tests of Panther's detection rules", "Apache-2.0"),
    "netflow_cic2017": ("CIC-IDS-2017 flows as published with flowprep", "Apache-2.0"),
    "stratosphere_testing": ("Stratosphere IPS test captures as Zeek logs", "GPL-2.0"),
    "crowdsec_hub_tests": ("CrowdSec hub tests", "MIT"),
    "aux_commands": ("commands of Atomic Red Team, LOLBAS, GTFOBins; web attack paths", "mixed"),
    "eqllib_sysmon": ("EQL library's Sysmon runs", "MIT"),
    "sans504_s3_ransomware": ("CloudTrail of a ransomware lab", "none given"),
    "invictus_o365": ("Office 365 audit of a mail-fraud lab", "none given"),
    "zed_zeek_sample": ("Zeek logs of a defence contest", "CC-BY-SA-4.0"),
    "zeek_test_baselines": ("Zeek's test baselines", "BSD-3-Clause"),
    "sekoia_intake_formats": ("vendor samples of Sekoia's intake formats", "none given"),
    "sc4s_vendor_samples, chronicle_parser_samples": ("vendor syslog samples", "Apache-2.0"),
    "mixed_parser_samples": ("samples of several parser projects", "mixed"),
    "loghub_2k": ("LogHub, 2,000 lines of 16 systems", "research use"),
    "SigmaHQ rules": ("detection rules", "DRL-1.1"),
    "MITRE ATT&CK 18.1": ("technique names and tactics", "ATT&CK terms of use"),
}

_TEXT = """# {name} {version}

Scores and labels single security events: a calibrated probability that the event belongs to an attack, ATT&CK
techniques, a vector of {width} numbers and a novelty. No text is generated. The same event gets the same result in any
batch and on any machine.

## Shape

A transformer encoder of {layers} layers, width {width}, over canonical fields (int8, exact integer sums), beside a bag
of hashed token n-grams and of compiled Sigma rules. Small nets over both predict {techniques} techniques, and attack or
not (averaged over seeds). The encoder was pretrained by masked-value prediction, in the last epoch with contrastive
losses, on {pretraining} distinct canonical events. The heads were fitted on recordings, on {weak_examples} weak
examples (Sigma rules and command catalogues rendered as log events) and on sources with labelled events; they were
calibrated on recordings on which no head was fitted. Flows are classified by boosted trees over integer features of
the flow and its window (sizes, rates, shares, repetitions; no address), trained on labelled and synthetic flows.

## Figures

The figures are those of the same recipe trained **without** the validation recordings. The heads of this folder were
trained on {data}. The encoder was trained without the validation recordings.

{table}

The recordings of atomic_evtx are Atomic Red Team tests, whose commands are weak examples too: its rows are those of a
model trained without these examples.

## Intended use

Ranking events for an analyst, a first technique label, enriching notables. **Not** intended for automatic decisions,
nor as proof of absence: "benign" means "similar to ordinary events of the training data", "unknown" means "unlike
anything in the training data".

## Known limits

- The labels of recordings are coarse, and the training data holds little ordinary Windows telemetry (15,000 events of
  22 files).
- The flow trees (sequence.onnx) were trained on flows of two projects and on synthetic ones. The scores of other events
  take distinct evidence of their window into account.
- The confidence of a technique presumes an attack; it is not the probability that an ordinary event shows the
  technique.

## Training data

This folder holds no raw event, only weights, subword pieces and numbers. Sources and licences, as their owners state
them:

| source | what | licence |
|---|---|---|
{sources}
"""


def card(recipe: Recipe, counts: Mapping[str, int], report: Mapping[str, Any] | None, data: str) -> str:
    """Return the card as Markdown.

    `counts` has `techniques`, `pretraining` and `weak_examples`; `report` is that of `evaluate` for the same recipe;
    `data` names the recordings on which the heads of this folder were trained.
    """
    return _TEXT.format(
        name=recipe.name,
        version=recipe.version,
        width=recipe.encoder.width,
        layers=recipe.encoder.layers,
        techniques=counts["techniques"],
        pretraining=f"{counts['pretraining']:,}",
        weak_examples=f"{counts['weak_examples']:,}",
        table=evaluate.table(report) if report else "Not measured: exported without a report.",
        data=data,
        sources="\n".join(f"| {s} | {what} | {licence} |" for s, (what, licence) in SOURCES.items()),
    )
