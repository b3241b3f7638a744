"""Cloud resource names and principals."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loglm_bridge.telemetry.canonical.resources import is_resource, principal, resource
from loglm_bridge.telemetry.canonical.untyped_values import guess
from tests.telemetry.parsing import few_examples

NAMES = st.from_regex(r"[a-z][a-z0-9-]{3,12}", fullmatch=True)


@pytest.mark.parametrize(
    ("raw", "canonical"),
    [
        ("arn:aws:iam::123456789012:role/deploy", "arn:aws:iam:role/{name}"),
        ("arn:aws:iam::aws:policy/AdministratorAccess", "arn:aws:iam:policy/administratoraccess"),
        ("arn:aws:iam::123456789012:root", "arn:aws:iam:root"),
        ("arn:aws:s3:::my-bucket", "arn:aws:s3:{name}"),
        ("arn:aws:lambda:eu-west-1:123456789012:function:pay", "arn:aws:lambda:function:{name}"),
        (
            "/subscriptions/x/resourceGroups/g/providers/Microsoft.KeyVault/vaults/v1/keys/k1",
            "microsoft.keyvault/vaults/{name}/keys/{name}",
        ),
        ("/SUBSCRIPTIONS/X/RESOURCEGROUPS/G/PROVIDERS/MICROSOFT.WEB/SITES/S", "microsoft.web/sites/{name}"),
        ("projects/p1/zones/z/instances/i", "projects/{name}/zones/{name}/instances/{name}"),
        ("organizations/1234/roles/viewer", "organizations/{name}/roles/{name}"),
    ],
)
def test_resources(raw, canonical):
    assert resource(raw) == canonical
    assert guess(raw) == canonical


@pytest.mark.xfail(reason="an object's bucket is taken for the resource's kind")
def test_a_buckets_name_is_masked_in_an_objects_arn():
    assert "my-bucket" not in resource("arn:aws:s3:::my-bucket/some/key")


@few_examples
@given(NAMES, NAMES, st.integers(10**11, 10**12 - 1))
def test_no_name_of_a_customer_is_left(one, other, account):
    assert resource(f"arn:aws:iam::{account}:user/{one}/{other}") == "arn:aws:iam:user/{name}"
    azure = f"/subscriptions/{one}/resourceGroups/{other}/providers/Microsoft.Storage/storageAccounts/{one}"
    assert resource(azure) == "microsoft.storage/storageaccounts/{name}"
    assert resource(f"projects/{one}/topics/{other}") == "projects/{name}/topics/{name}"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("arn:aws:iam::1:user/x", True),
        ("/subscriptions/x", True),
        ("Projects/x", True),
        ("folders/1", True),
        ("project/x", False),
        ("/etc/subscriptions/", False),
        ("", False),
    ],
)
def test_is_resource(text, expected):
    assert is_resource(text) is expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("arn:aws:iam::123456789012:user/bob", "{user}"),
        ("arn:aws:iam::123456789012:root", "root"),
        ("arn:aws:iam::123456789012:role/deploy", "{role}"),
        ("arn:aws:sts::123456789012:assumed-role/deploy/bob", "{role}"),
        ("arn:aws-us-gov:iam::123456789012:role/deploy", "{role}"),
        ("arn:aws:sts::123456789012:federated-user/bob", "{user}"),
        ("arn:aws:s3:::x", "{user}"),
    ],
)
def test_principal(text, expected):
    assert principal(text) == expected
