"""The proof of a label: an HMAC over event, field, score and verdict."""

import hmac

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loglm_bridge.splunk.rows.label_proof import LabelProofs, label_bytes, names_of, proof_suffix

EVENT = b'{"raw":"mimikatz","time":1.5}'
LABEL = label_bytes("0.97", "malicious", ["_raw"])


@given(st.text(st.characters(codec="ascii"), max_size=200))
def test_tag_is_an_hmac(token):
    message = b'loglm label 1\0["malicious", "0.97", "_raw"] ' + EVENT
    assert LabelProofs(token).tag(EVENT, LABEL) == hmac.digest(token.encode(), message, "sha256").hex()[:24]


@given(st.lists(st.text(), min_size=1))
def test_names_read_back_unchanged(names):
    proofs, label = LabelProofs("token"), label_bytes("1", "suspicious", names)
    proof = proofs.tag(EVENT, label) + proof_suffix(names)
    assert names_of(proof) == tuple(names)
    assert proofs.check(proof, EVENT, label)


@given(st.text())
def test_no_text_is_a_proof(text):
    assert not LabelProofs("token").check(text, EVENT, LABEL)
    assert names_of("0" * 24 + " " + text) is None or text == "" or text.startswith(("[", " ", "\t", "\n", "\r"))


@pytest.mark.parametrize("proof", ["", "0" * 24, "0" * 23, "é" * 24, "0" * 24 + ' ["_raw"]', "\ud800 x", " "])
def test_made_up_proof_proves_nothing(proof):
    assert not LabelProofs("token").check(proof, EVENT, LABEL)


@pytest.mark.parametrize("text", ["[", "{}", "[]", "[1]", '"_raw"', "null", "[" * 100_000])
def test_malformed_names_are_none(text):
    assert names_of("0" * 24 + " " + text) is None


@pytest.mark.parametrize(
    "label", [("0.9", "malicious", ["_raw"]), ("0.97", "benign", ["_raw"]), ("0.97", "malicious", ["cmd"])]
)
def test_proof_of_another_label_event_or_token_proves_nothing(label):
    proof = LabelProofs("token").tag(EVENT, LABEL)
    assert not LabelProofs("token").check(proof, EVENT, label_bytes(*label))
    assert not LabelProofs("token").check(proof, EVENT + b" ", LABEL)
    assert not LabelProofs("Token").check(proof, EVENT, LABEL)
