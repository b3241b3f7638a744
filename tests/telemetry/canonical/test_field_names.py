"""Raw field names to canonical names and value types."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loglm_bridge.telemetry.canonical.field_names import resolve
from tests.telemetry.parsing import few_examples


@pytest.mark.parametrize(
    ("family", "kind", "name", "mapping"),
    [
        ("windows", "sysmon:1", "CommandLine", ("process", "command")),
        ("windows", "sysmon:1", "Command Line", ("process", "command")),
        ("windows", "sysmon:1", "UtcTime", None),
        ("windows", "sysmon:22", "QueryName", ("query", "domain")),
        ("windows", "security:4688", "ParentProcessName", ("parent_process_path", "path")),
        ("windows", "security:4728", "TargetUserName", ("group", "account")),
        ("windows", "security:4624", "TargetUserName", None),
        ("windows", "security:4769", "ServiceName", ("service_account", "account")),
        ("windows", "services:7045", "ServiceName", ("service_name", "text")),
        ("windows", "services:7036", "param2", ("state", "word")),
        ("endpoint", "defender:processcreated", "FileName", ("process_name", "path")),
        ("endpoint", "defender:filecreated", "FileName", ("file_name", "path")),
        ("endpoint", "defender:filecreated", "properties.FileName", ("file_name", "path")),
        ("endpoint", "crowdstrike:processrollup2", "event.CommandLine", ("process", "command")),
        ("endpoint", "osquery:processes:added", "columns.cmdline", ("process", "command")),
        ("zeek", "dns", "query", ("query", "domain")),
        ("zeek", "dns", "uid", None),
        ("flow", "tcp", "fwd_bytes", ("bytes_out", "bytes")),
        ("web", "access", "bytes", ("bytes_in", "bytes")),
        ("aws", "cloudtrail:iam:x", "userIdentity.arn", ("user", "account")),
        ("kubernetes", "audit", "verb", ("action", "word")),
        ("gcp", "audit", "protoPayload.status.code", ("status", "word")),
        ("microsoft", "o365", "Workload", ("app", "word")),
    ],
)
def test_a_familys_table_decides(family, kind, name, mapping):
    assert resolve(family, kind, name) == mapping


@pytest.mark.parametrize(
    ("name", "mapping"),
    [
        ("client.ipAddress", ("src_ip", "ip")),
        ("source_ip", ("src_ip", "ip")),
        ("http.request.user-agent", ("http_user_agent", "user_agent")),
        ("actor.alternateId", ("user", "account")),
        ("event.created_at", None),
        ("x.correlation_id", None),
        ("device.hostname", None),
        ("actor.name", None),
        ("target.name", ("object", "guess")),
        ("thing.name", ("thing_name", "guess")),
        ("max_runtime", ("max_runtime", "guess")),
        ("owner", ("owner", "account")),
        ("requester.useremail", ("user", "account")),
        ("rule_id", ("rule_id", "identifier")),
        ("my.odd field-name", ("my_odd_field_name", "guess")),
        ("weird!name", ("weird_name", "guess")),
        ("...", ("field", "guess")),
    ],
)
def test_the_last_parts_of_a_name_decide_in_any_other_log(name, mapping):
    assert resolve("json", "", name) == mapping


@few_examples
@given(st.from_regex(r"[a-z]{3,8}", fullmatch=True), st.sampled_from(["", "_", "-", " "]))
def test_case_and_separators_make_no_difference(parent, separator):
    names = {f"{parent}.source{separator}ip", f"{parent}.Source{separator}IP"}
    assert {resolve("json", "", name) for name in names} == {("src_ip", "ip")}


@few_examples
@given(st.sampled_from(["windows", "endpoint", "zeek", "flow", "aws", "json", "device"]), st.text(max_size=120))
def test_any_name_is_mapped_to_a_short_clean_one(family, name):
    mapping = resolve(family, "x:1", name)
    if mapping is not None:
        canonical_name, _ = mapping
        assert 0 < len(canonical_name) <= 80
        assert not set(canonical_name) & set(" .-=|")
