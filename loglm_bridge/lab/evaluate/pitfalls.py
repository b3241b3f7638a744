"""The ten pitfalls of machine learning in computer security, and how this evaluation deals with each.

Arp et al., "Dos and Don'ts of Machine Learning in Computer Security", USENIX Security 2022, section 2.
"""

from collections.abc import Mapping

#: Pitfall -> how it is dealt with.
PITFALLS: Mapping[str, str] = {
    "P1 Sampling bias": (
        "Recordings come from public laboratories, and there is little ordinary Windows telemetry: figures at 1e-3 "
        "rest on a handful of events. Sets of other authors and a figure on laboratory background are reported too."
    ),
    "P2 Label inaccuracy": (
        "The technique of a recording is known, that of its events is not. Events weigh less the more differently "
        "labelled recordings hold them; scores are taken for whole recordings."
    ),
    "P3 Data snooping": (
        "The split is by recording and author, never by event. No stage, including tokenizer and pretraining, "
        "reads the validation recordings of a model that is scored on them."
    ),
    "P4 Spurious correlations": (
        "Host names, users, addresses, ids and times are replaced before the tokenizer sees an event. Words of "
        "fewer than three recordings do not enter the vocabulary. Background of an unseen laboratory is reported."
    ),
    "P5 Biased parameter selection": (
        "Thresholds, temperature and score curve are fitted on calibration recordings, which neither train the "
        "heads nor belong to validation. The recipe itself was chosen on the validation split: final figures need "
        "other data."
    ),
    "P6 Inappropriate baseline": (
        "Sigma rules and TF-IDF with logistic regression are in every table, on the same split."
    ),
    "P7 Inappropriate measures": (
        "Recall at fixed false-positive rates, alerts per 10,000 ordinary events and calibration errors; accuracy "
        "is not reported."
    ),
    "P8 Base rate fallacy": (
        "Ordinary events outnumber attacks by orders of magnitude: thresholds are set by alert budget, and the "
        "base rate of the score is that of the calibration recordings, as every explanation of the score says."
    ),
    "P9 Laboratory-only evaluation": (
        "This evaluation is one: it has no events of a production site. `loglm adapt` fits thresholds to a site, "
        "whose figures are its own."
    ),
    "P10 Inappropriate threat model": (
        "Attackers rewrite commands and use ordinary tools. The model reads single events or short windows and can "
        "be evaded; it complements rules and does not replace them."
    ),
}
