"""What several canonical fields say together."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loglm_bridge.telemetry.canonical.field_merging import add_accounts, add_value, remove_redundancy
from loglm_bridge.telemetry.canonical.untyped_values import MAX_TEXT
from tests.telemetry.parsing import few_examples

PERSON, OTHER = "S-1-5-21-1-2-3-1104", "S-1-5-21-1-2-3-1105"


def test_values_of_one_name_are_joined_without_repeats():
    values = {}
    for value in ("a", "", "b", "a", "c"):
        add_value(values, "role", value)
    assert values == {"role": "a b c"}


@pytest.mark.parametrize("name", ["action", "user", "src_user"])
def test_of_some_names_only_the_first_value_is_taken(name):
    values = {}
    add_value(values, name, "first")
    add_value(values, name, "second")
    assert values == {name: "first"}


@few_examples
@given(st.lists(st.from_regex(r"[a-z]{1,200}", fullmatch=True), max_size=20))
def test_joined_values_are_bounded(parts):
    values = {}
    for part in parts:
        add_value(values, "x", part)
    assert len(values.get("x", "")) <= MAX_TEXT + 201


@pytest.mark.parametrize(
    ("values", "account_values", "expected"),
    [
        ({}, {"subjectusername": "ann", "subjectusersid": PERSON}, {"user": "{user}"}),
        ({}, {"subjectusername": "PC1$", "subjectusersid": "S-1-5-18"}, {"user": "system"}),
        (
            {},
            {"subjectusersid": "S-1-5-18", "targetusername": "ann", "targetusersid": PERSON},
            {"user": "{user}", "src_user": "system"},
        ),
        ({}, {"targetsid": "S-1-5-21-1-2-3-500"}, {"user": "administrator"}),
        ({"group": "domain admins"}, {"subjectusername": "ann", "membersid": OTHER},
         {"group": "domain admins", "user": "{user}", "member": "{user}"}),
        ({"user": "root"}, {"subjectusername": "ann"}, {"user": "root"}),
        ({}, {"securityuserid": "S-1-5-19"}, {"user": "local service"}),
        ({"user": "root"}, {"securityuserid": "S-1-5-19"}, {"user": "root"}),
        ({}, {}, {}),
    ],
)  # fmt: skip
def test_accounts_of_windows_events(values, account_values, expected):
    add_accounts(values, account_values)
    assert values == expected


@pytest.mark.xfail(reason="TargetSid is not used where a name is given")
def test_the_targets_sid_decides_for_built_in_accounts():
    values = {}
    add_accounts(values, {"targetusername": "renamed", "targetsid": "S-1-5-21-1-2-3-500"})
    assert values == {"user": "administrator"}


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (
            {"process_path": r"\windows\system32\cmd.exe", "process": r"\windows\system32\cmd.exe /c dir"},
            {"process_path": r"\windows\system32\cmd.exe", "process": "cmd.exe /c dir"},
        ),
        (
            {"process_path": r"\windows\system32\cmd.exe", "process": r"\windows\system32\cmd /c dir"},
            {"process_path": r"\windows\system32\cmd.exe", "process": "cmd.exe /c dir"},
        ),
        (
            {"process_path": r"\a\cmd.exe", "process": r"\b\cmd.exe /c dir"},
            {"process_path": r"\a\cmd.exe", "process": r"\b\cmd.exe /c dir"},
        ),
        (
            {"process_path": r"\a\cmd.exe", "process_name": "cmd.exe", "original_file_name": "cmd.exe"},
            {"process_path": r"\a\cmd.exe"},
        ),
        (
            {"process_path": r"\a\svch0st.exe", "original_file_name": "cmd.exe"},
            {"process_path": r"\a\svch0st.exe", "original_file_name": "cmd.exe"},
        ),
        (
            {"parent_process_path": r"\a\b.exe", "parent_process": r"\a\b.exe -x", "parent_process_name": "b.exe"},
            {"parent_process_path": r"\a\b.exe", "parent_process": "b.exe -x"},
        ),
        ({"file_path": r"\a\x.txt", "file_name": "x.txt"}, {"file_path": r"\a\x.txt"}),
        ({"src_port": "{ephemeral}", "dest_port": "443"}, {"dest_port": "443"}),
        ({"src_port": "53"}, {"src_port": "53"}),
        ({"action": "registry_key", "change": "createkey"}, {"action": "registry_create"}),
        ({"action": "registry_key", "change": "deletekey"}, {"action": "registry_delete"}),
        ({"registry_path": r"hklm\run", "registry_value_name": "x"}, {"registry_path": r"hklm\run\x"}),
        ({"object": r"\a\b", "object_type": "file"}, {"object_type": "file", "file_path": r"\a\b"}),
        ({"object": "hklm", "object_type": "key"}, {"object_type": "key", "registry_path": "hklm"}),
        ({"object": "x", "object_type": "semaphore"}, {"object": "x", "object_type": "semaphore"}),
        ({"process": "cmd"}, {"process": "cmd"}),
    ],
)
def test_redundant_fields_are_removed(values, expected):
    remove_redundancy(values, "windows")
    assert values == expected


def test_flows_keep_their_source_port():
    values = {"src_port": "{ephemeral}"}
    remove_redundancy(values, "flow")
    assert values == {"src_port": "{ephemeral}"}
