"""OCSF findings: the attributes that the class requires, for any event."""

import ipaddress
import json
import re

from hypothesis import given

from loglm_bridge.contract.attack_table import TECHNIQUES
from loglm_bridge.interchange import ocsf
from tests.interchange.scored_events import any_event


@given(any_event)
def test_an_ocsf_finding_has_the_required_attributes_of_its_class(event):
    finding = json.loads(next(ocsf.findings([event])))
    assert finding["class_uid"] == 2004
    assert finding["type_uid"] == finding["class_uid"] * 100 + finding["activity_id"]
    assert isinstance(finding["time"], int)
    assert finding["severity_id"] in (2, 3, 4, 5)
    assert {"version", "product"} <= finding["metadata"].keys()
    assert {"uid", "title"} <= finding["finding_info"].keys()
    for attack in finding["finding_info"]["attacks"]:
        assert re.fullmatch(r"T\d{4}", attack["technique"]["uid"])
        assert re.fullmatch(r"TA\d{4}", attack["tactic"]["uid"])
        assert "tactics" not in attack
    for evidence in finding["evidences"]:
        assert all(ipaddress.ip_address(end["ip"]) for name, end in evidence.items() if name.endswith("endpoint"))


def test_every_tactic_of_the_catalogue_has_an_id():
    known = {tactic for id_ in TECHNIQUES for tactic in ocsf._tactics(id_)}
    assert known <= ocsf.TACTIC_IDS.keys()
