"""Signatures of products in general, and those of cloud services."""

import pytest

from loglm_bridge.telemetry.families import cloud, endpoint
from loglm_bridge.telemetry.families.product_signatures import ProductSignature, clean_kind, deciding_fields, match

SIGNATURES = (
    ProductSignature("a", "first", ("x", "y"), ("x", "z")),
    ProductSignature("b", "second", ("x",), (), "constant"),
)
ALL = [*cloud._SIGNATURES, *endpoint._SIGNATURES]


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"x": "1", "y": "2"}, ("a", "first:1")),
        ({"x": "Some Thing", "y": "", "z": "3"}, ("a", "first:some_thing:3")),
        ({"x": "1"}, ("b", "second:constant")),
        ({"y": "1"}, None),
        ({}, None),
    ],
)
def test_the_first_signature_whose_fields_are_present_wins(fields, expected):
    assert match(SIGNATURES, fields) == expected


def test_deciding_fields_are_those_of_the_kind():
    assert deciding_fields(SIGNATURES) == {"x", "z"}


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("A B", "a_b"),
        ("x:y/z.w", "x:y/z.w"),
        ("id 123456", "id_{number}"),
        ("__x__", "x"),
        ("é", ""),
        ("x" * 100, "x" * 80),
    ],
)
def test_kinds_have_one_spelling(text, kind):
    assert clean_kind(text) == kind


@pytest.mark.parametrize("signature", ALL, ids=lambda s: f"{s.product} {'+'.join(s.required)}")
def test_names_are_lower_case_and_a_signature_matches_its_own_fields(signature):
    names = (*signature.required, *signature.kind_fields)
    assert [name for name in names if name != name.lower()] == []
    fields = dict.fromkeys(names, "value")
    table = cloud._SIGNATURES if signature in cloud._SIGNATURES else endpoint._SIGNATURES
    family, _ = match(table, fields)
    assert family in {other.family for other in table if set(other.required) <= set(names)}


@pytest.mark.parametrize("table", [cloud._SIGNATURES, endpoint._SIGNATURES], ids=["cloud", "endpoint"])
def test_no_signature_is_hidden_by_an_earlier_one(table):
    for i, later in enumerate(table):
        assert [earlier for earlier in table[:i] if set(earlier.required) <= set(later.required)] == [], later
