"""The ATT&CK lookup of the Splunk app, generated from the contract's table, its single source."""

from __future__ import annotations

import csv
import io

from loglm_bridge.contract.attack import full_name, url
from loglm_bridge.contract.attack_table import TECHNIQUES

COLUMNS = ("id", "name", "tactics", "url")


def write_lookup() -> str:
    """Return lookups/loglm_attack.csv: one technique per row, full names, tactics separated by spaces."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    for technique_id, (_, tactics) in sorted(TECHNIQUES.items()):
        writer.writerow((technique_id, full_name(technique_id), " ".join(tactics), url(technique_id)))
    return out.getvalue()
