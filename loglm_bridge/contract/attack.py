"""ATT&CK ids: what they look like, and what a technique is called."""

from __future__ import annotations

import re

from loglm_bridge.contract.attack_table import TECHNIQUES
from loglm_bridge.contract.verdict import Technique

#: The only form peers read out of `annotations.mitre_attack.mitre_technique_id`.
TECHNIQUE_ID = re.compile(r"T\d{4}(\.\d{3})?\Z")


def parent(technique_id: str) -> str:
    """Return the parent technique's id: T1059.001 -> T1059; a parent is its own."""
    return technique_id.partition(".")[0]


def technique(technique_id: str, confidence: float) -> Technique:
    """Return the named technique. Raises KeyError for an id that the table does not hold."""
    # half the time of Technique(...): an alarm has three
    return tuple.__new__(Technique, (technique_id, *TECHNIQUES[technique_id], confidence))


def named(technique_id: str, confidence: float) -> Technique:
    """Return the technique as it is named here; one that the table does not hold is called by its id.

    Raises:
        ValueError: no id.
    """
    known = TECHNIQUES.get(technique_id)
    if known is not None:
        return tuple.__new__(Technique, (technique_id, *known, confidence))  # as above
    if not isinstance(technique_id, str) or not TECHNIQUE_ID.match(technique_id):
        raise ValueError(f"no technique {technique_id!r}")
    return Technique(technique_id, technique_id, (), confidence)


def full_name(technique_id: str) -> str:
    """Return the name with its parent's, as ATT&CK titles it: "OS Credential Dumping: LSASS Memory"."""
    name = TECHNIQUES[technique_id][0]
    above = parent(technique_id)
    return name if above == technique_id or above not in TECHNIQUES else f"{TECHNIQUES[above][0]}: {name}"


def url(technique_id: str) -> str:
    """Return the address of the technique's page."""
    return "https://attack.mitre.org/techniques/" + technique_id.replace(".", "/") + "/"
