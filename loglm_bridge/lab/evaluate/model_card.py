"""The model card: what a model is, what it saw, what it is good for and what it is not."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from loglm_bridge.lab.evaluate import evaluate
from loglm_bridge.lab.recipe import Recipe

#: Source -> (what, licence), as their owners state it.
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
    "SigmaHQ rules": ("detection rules, as a teacher", "DRL-1.1"),
    "MITRE ATT&CK 18.1": ("technique names and tactics", "ATT&CK terms of use"),
}

_TEXT = """# {name} {version}

Scores and labels single security events: a calibrated probability that the event belongs to an attack, ATT&CK
techniques, a vector of {width} numbers and a novelty. No text is generated; the same event gets the same answer in any
batch and on any machine.

## Shape

A transformer encoder of {layers} layers, width {width}, over canonical fields (int8, whole-number sums), beside a bag
of hashed token grams and of compiled Sigma rules; small nets over both: {techniques} techniques, and attack or not
(averaged over seeds). Pretrained by masked-value prediction, in the last epoch with contrastive losses, on
{pretraining} distinct canonical events; the heads were fitted on recordings, {lessons} made lessons (Sigma rules'
selections and command catalogues rendered into logs) and event-labelled sources; calibrated on recordings no head was
fitted on. Flows are judged by boosted trees over whole numbers of the flow and its window (sizes, paces, shares,
repeats; no address), trained on labelled flows and on flows rendered from what behaviours are known to look like.

## Figures

Measured by the same recipe trained **without** the validation recordings; this folder's heads saw {saw}. The encoder
never saw the validation recordings.

{table}

atomic_evtx and its Atomic Red Team lessons are the same tests: its rows are of a model taught without those lessons.

## Good for

Ranking events for an analyst, a first technique label, enriching notables. **Not for** deciding alone, nor as proof of
absence: "benign" means "looks like ordinary events of the training set", "unknown" means "unlike anything it saw".

## Known limits

- Recordings' labels are coarse; ordinary Windows telemetry in the training data is thin (15,000 events of 22 files).
- Flows (sequence.onnx) were learned from two projects' and from rendered ones; other events see distinct evidence of
  their window.
- A technique's confidence presumes an attack; it is no probability that an ordinary event shows the technique.

## Training data

No raw event is in this folder: it holds weights, subword pieces and numbers. Sources and licences as their owners state
them:

| source | what | licence |
|---|---|---|
{sources}
"""


def card(recipe: Recipe, counts: Mapping[str, int], report: Mapping[str, Any] | None, saw: str) -> str:
    """Return the card as Markdown.

    `counts` has `techniques`, `pretraining` and `lessons`; `report` is `evaluate`'s of the same recipe; `saw` names the
    recordings the heads of this folder were fitted on.
    """
    return _TEXT.format(
        name=recipe.name,
        version=recipe.version,
        width=recipe.encoder.width,
        layers=recipe.encoder.layers,
        techniques=counts["techniques"],
        pretraining=f"{counts['pretraining']:,}",
        lessons=f"{counts['lessons']:,}",
        table=evaluate.table(report) if report else "Not measured: exported without a report.",
        saw=saw,
        sources="\n".join(f"| {s} | {what} | {licence} |" for s, (what, licence) in SOURCES.items()),
    )
