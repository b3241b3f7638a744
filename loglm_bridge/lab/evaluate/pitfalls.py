"""The ten pitfalls of machine learning in computer security, and what this evaluation does about each.

Arp et al., "Dos and Don'ts of Machine Learning in Computer Security", USENIX Security 2022, section 2.
"""

from collections.abc import Mapping

PITFALLS: Mapping[str, str] = {
    "P1 Sampling bias": (
        "Recordings are public laboratories, and ordinary Windows telemetry is thin: figures at 1e-3 rest on a "
        "handful of events. Cross-author sets and a figure on laboratory background stand beside them."
    ),
    "P2 Label inaccuracy": (
        "A recording's technique is known, its events' is not. Events are weighted by how few differently "
        "labelled recordings hold them; scores are taken per recording."
    ),
    "P3 Data snooping": (
        "Split by recording and author, never by event; no stage, the tokenizer and the pretraining included, "
        "reads the validation recordings of a model that is scored on them."
    ),
    "P4 Spurious correlations": (
        "Host names, users, addresses, ids and times are replaced before the tokenizer sees an event; words of "
        "fewer than three recordings make no piece; background of an unseen laboratory is reported."
    ),
    "P5 Biased parameter selection": (
        "Thresholds, temperature and score curve are fitted on calibration recordings that neither trained the "
        "heads nor belong to validation. The recipe itself was chosen on the validation split: final figures need "
        "other data."
    ),
    "P6 Inappropriate baseline": (
        "Sigma's rules and TF-IDF with logistic regression stand in every table, on the same split."
    ),
    "P7 Inappropriate measures": (
        "Recall at fixed false-positive rates, alerts per 10,000 ordinary events and calibration errors; accuracy "
        "is not reported."
    ),
    "P8 Base rate fallacy": (
        "Ordinary events outnumber attacks by orders of magnitude: thresholds are set by alert budget, and the "
        "score's base rate is that of the calibration recordings, which is said wherever the score is explained."
    ),
    "P9 Laboratory-only evaluation": (
        "So it is: no production site's events are here. `loglm adapt` fits thresholds to a site, and its figures "
        "are the site's own."
    ),
    "P10 Inappropriate threat model": (
        "Attackers rewrite commands and live among ordinary tools. The model reads one event at a time and can be "
        "evaded; it stands beside rules, not in their place."
    ),
}
