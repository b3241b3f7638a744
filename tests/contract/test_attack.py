"""The ATT&CK table, ids, names and addresses."""

import pytest

from loglm_bridge.contract.attack import TECHNIQUE_ID, full_name, parent, technique, technique_or_unknown, url
from loglm_bridge.contract.attack_table import TECHNIQUES
from loglm_bridge.contract.verdict import Technique


def test_every_technique_has_valid_id_name_and_tactics():
    for key, (name, tactics) in TECHNIQUES.items():
        assert TECHNIQUE_ID.match(key)
        assert name.strip() == name != ""
        assert tactics
        assert all(t == t.lower() and " " not in t for t in tactics)


def test_every_sub_technique_has_its_parent():
    assert [key for key in TECHNIQUES if parent(key) not in TECHNIQUES] == []


@pytest.mark.parametrize("text", ["T1003", "T1003.001"])
def test_technique_id_matches(text):
    assert TECHNIQUE_ID.match(text)


@pytest.mark.parametrize("text", ["t1003", "T1003.1", "T1003.0011", "T1003 ", "T1003\n", "attack.t1003", "TA0006", ""])
def test_other_text_is_no_technique_id(text):
    assert not TECHNIQUE_ID.match(text)


def test_technique_names_and_url():
    expected = Technique("T1003.001", "LSASS Memory", ("credential-access",), 0.9)
    assert technique("T1003.001", 0.9) == expected
    assert full_name("T1003.001") == "OS Credential Dumping: LSASS Memory"
    assert full_name("T1003") == "OS Credential Dumping"
    assert url("T1003.001") == "https://attack.mitre.org/techniques/T1003/001/"


def test_technique_that_the_table_lacks():
    with pytest.raises(KeyError):
        technique("T9999", 0.5)
    assert technique_or_unknown("T9999", 0.5) == Technique("T9999", "T9999", (), 0.5)
    with pytest.raises(ValueError, match="no technique"):
        technique_or_unknown("x", 0.5)
