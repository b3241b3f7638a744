"""MITRE ATT&CK technique ids: their form, names and addresses."""

from __future__ import annotations

import re

from loglm_bridge.contract.attack_table import TECHNIQUES
from loglm_bridge.contract.verdict import Technique

#: The only form that Enterprise Security reads from `annotations.mitre_attack.mitre_technique_id`.
TECHNIQUE_ID = re.compile(r"T\d{4}(\.\d{3})?\Z")


def parent(technique_id: str) -> str:
    """Return the parent technique's id: T1059.001 -> T1059, T1059 -> T1059."""
    return technique_id.partition(".")[0]


def technique(technique_id: str, confidence: float) -> Technique:
    """Return the technique with its name and tactics. Raises KeyError for an id that the table lacks."""
    # half the time of Technique(...): a flagged verdict has three
    return tuple.__new__(Technique, (technique_id, *TECHNIQUES[technique_id], confidence))


def technique_or_unknown(technique_id: str, confidence: float) -> Technique:
    """Return the technique with its name and tactics; one that the table lacks has its id as name and no tactics.

    Raises:
        ValueError: `technique_id` has not the form of an id.
    """
    known = TECHNIQUES.get(technique_id)
    if known is not None:
        return tuple.__new__(Technique, (technique_id, *known, confidence))  # as above
    if not isinstance(technique_id, str) or not TECHNIQUE_ID.match(technique_id):
        raise ValueError(f"no technique {technique_id!r}")
    return Technique(technique_id, technique_id, (), confidence)


def full_name(technique_id: str) -> str:
    """Return the name after its parent's, as ATT&CK titles it: "OS Credential Dumping: LSASS Memory"."""
    name = TECHNIQUES[technique_id][0]
    parent_id = parent(technique_id)
    return name if parent_id == technique_id or parent_id not in TECHNIQUES else f"{TECHNIQUES[parent_id][0]}: {name}"


def url(technique_id: str) -> str:
    """Return the URL of the technique's page."""
    return "https://attack.mitre.org/techniques/" + technique_id.replace(".", "/") + "/"
