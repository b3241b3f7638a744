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
    "attack_4104_empire": ("modules of Empire as PowerShell script blocks", "BSD-3-Clause"),
    "mpsd_powershell": ("malicious and ordinary PowerShell scripts of a paper", "none given"),
    "ps_ordinary_4104": ("administration scripts of eight projects", "CC0, MIT, Apache-2.0, PowerStig licence"),
    "tldr_ordinary_commands": ("examples of tldr help pages", "CC-BY-4.0"),
    "cat_hijacklibs_sysmon7": ("HijackLibs as Sysmon image loads", "GPL-3.0"),
    "cat_attack_procedures, cat_ctid_emulation, cat_leonidas, cat_stockpile": (
        "commands of ATT&CK procedures and emulation plans",
        "ATT&CK terms of use, Apache-2.0, MIT, Apache-2.0",
    ),
    "crs_requests": ("requests of the OWASP CRS regression tests", "Apache-2.0"),
    "fail2ban_tests": ("lines that fail2ban's filters ban or do not", "GPL-2.0"),
    "traildiscover": ("CloudTrail events of API calls that attackers use", "CC-BY-4.0"),
    "sbousseaden_macos": ("macOS endpoint events of attacks", "GPL-3.0"),
    "beats_apache, beats_xpack": ("tests of Filebeat's modules", "Apache-2.0, Elastic-2.0"),
    "sentinel_samples": ("sample rows of Microsoft Sentinel's connectors", "MIT"),
    "cloudtrail_ordinary, cloudtrail_doc_samples": ("ordinary CloudTrail events", "Apache-2.0, MIT, CC-BY-SA-4.0"),
    "k8s_audit_samples": ("Kubernetes audit events", "Apache-2.0, none given"),
    "linux_audit_parser_samples": ("auditd records of parser tests", "Apache-2.0/MIT"),
    "maccdc2012_zeek, rita_zeek": ("Zeek logs of contests and test sets", "none given, GPL-3.0"),
    "text_log_parser_samples": ("lines of log tools' tests", "BSD-2/3-Clause, Apache-2.0, none given"),
    "evtxecmd_examples": ("example events of EvtxECmd's maps", "MIT"),
    "SigmaHQ rules": ("detection rules", "DRL-1.1"),
    "MITRE ATT&CK 18.1": ("technique names and tactics", "ATT&CK terms of use"),
}

_TEXT = """# {name} {version}

Scores and labels single security events: how seldom an ordinary event of the log family looks as much like an attack
(0 to 1), ATT&CK techniques, a vector of {width} numbers and a novelty. No text is generated. The same event gets the
same result in any batch and on any machine.

## Shape

A transformer encoder of {layers} layers, width {width}, over canonical fields (int8, exact integer sums), beside a bag
of hashed token n-grams and of compiled rules: SigmaHQ's and the project's own. Small nets over both predict
{techniques} techniques, and attack or not (averaged over seeds). The encoder was pretrained by masked-value prediction,
in the last epoch with contrastive losses, on {pretraining} distinct canonical events. The heads were fitted on
recordings, on {weak_examples} weak examples (Sigma rules and command catalogues rendered as log events), on
{knowledge} events of the project's own detection content (examples of attacks and their ordinary twins), and on sources
with labelled events; they were calibrated on recordings on which no head was fitted. Flows are classified by boosted
trees over integer features of the flow and its window (sizes, rates, shares, repetitions; no address), trained on
labelled and synthetic flows.

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

    `counts` has `techniques`, `pretraining`, `weak_examples` and `knowledge`. `report` is that of `evaluate` for the
    same recipe.
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
        knowledge=f"{counts['knowledge']:,}",
        table=evaluate.table(report) if report else "Not measured: exported without a report.",
        data=data,
        sources="\n".join(f"| {s} | {what} | {licence} |" for s, (what, licence) in SOURCES.items()),
    )
