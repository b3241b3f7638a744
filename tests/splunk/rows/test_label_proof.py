"""The proof of a label: an HMAC over event, field, score and verdict."""

import hmac

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loglm_bridge.contract.event import Event
from loglm_bridge.splunk.rows.label_proof import LabelProofs, field_of

EVENT = Event("mimikatz", source="s", time=1.5)


@given(st.text(st.characters(codec="ascii"), max_size=200))
def test_proof_is_an_hmac(token):
    message = b"loglm label 1\0" + b"4 1 malicious 0.97 1.500000 _rawsmimikatz"
    expected = hmac.digest(token.encode(), message, "sha256").hex()[:24]
    assert LabelProofs(token).proof(EVENT, "_raw", "0.97", "malicious") == expected


@given(st.builds(Event, raw=st.text(), source=st.text(), time=st.none() | st.floats(0, 2e9)), st.text(min_size=1))
def test_proof_proves_its_own_label(event, field):
    proofs = LabelProofs("token")
    proof = proofs.proof(event, field, "0.97", "malicious")
    assert field_of(proof) == field
    assert proofs.check(proof, event, "0.97", "malicious")


@pytest.mark.parametrize(
    "changed",
    [
        EVENT._replace(raw="mimikatz "),
        EVENT._replace(source=""),
        EVENT._replace(time=None),
        EVENT._replace(source="sm", raw="imikatz"),
        EVENT._replace(time=1.500001),
    ],
)
def test_proof_of_another_event_proves_nothing(changed):
    proofs = LabelProofs("token")
    assert not proofs.check(proofs.proof(changed, "_raw", "0.97", "malicious"), EVENT, "0.97", "malicious")


@pytest.mark.parametrize("proof", ["", "0" * 24, "0" * 23, "é" * 24, "0" * 24 + " _raw", "\ud800 x", " "])
def test_made_up_proof_proves_nothing(proof):
    assert not LabelProofs("token").check(proof, EVENT, "0.97", "malicious")


def test_proof_of_another_label_or_token_proves_nothing():
    proof = LabelProofs("token").proof(EVENT, "_raw", "0.97", "malicious")
    assert not LabelProofs("token").check(proof, EVENT, "0.97", "benign")
    assert not LabelProofs("token").check(proof, EVENT, "0.9", "malicious")
    assert not LabelProofs("Token").check(proof, EVENT, "0.97", "malicious")
