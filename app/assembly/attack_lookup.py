"""The ATT&CK lookup of the Splunk app, written from the contract's table so that there is one home."""

from __future__ import annotations

import csv
import io

from loglm_bridge.contract.attack import full_name, url
from loglm_bridge.contract.attack_table import TECHNIQUES

COLUMNS = ("id", "name", "tactics", "url")


def write_lookup() -> str:
    """Return lookups/loglm_attack.csv: one technique a row, full names, tactics separated by blanks."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    for technique_id, (_, tactics) in sorted(TECHNIQUES.items()):
        writer.writerow((technique_id, full_name(technique_id), " ".join(tactics), url(technique_id)))
    return out.getvalue()
