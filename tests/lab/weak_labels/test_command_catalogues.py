"""Command catalogues: placeholders are replaced, unspecific lines left out, each command in the logs that record it."""

import random
import re

import pytest

from loglm_bridge.lab.data.backgrounds import Backgrounds
from loglm_bridge.lab.data.sources import read_events
from loglm_bridge.lab.weak_labels.command_catalogues import commands, render, replace_placeholders
from loglm_bridge.lab.weak_labels.log_renderer import Renderer


@pytest.fixture(scope="module")
def entries(data):
    return {e.group: e for e in read_events(data.folder / "aux_commands.jsonl.gz")}


def rendered(entry, seed=1):
    rng = random.Random(seed)
    return list(render(entry, Renderer(Backgrounds({}, {}), rng), rng))


def text(record):
    return " ".join(value for _, value in record.fields)


def test_atomic_entries_are_left_out_unless_wanted(data):
    path = data.folder / "aux_commands.jsonl.gz"
    assert {e.group for e in commands(path, atomic=True)} - {e.group for e in commands(path, atomic=False)} == {
        "atomic/T1059.001"
    }


@pytest.mark.parametrize("seed", range(10))
def test_no_placeholder_is_left(seed):
    text = "{PATH_ABSOLUTE:.exe} {PATH_SMB:.dll} {PATH} {REMOTEURL:.txt} {CMD} "
    text += "PathToAtomicsFolder\\TXXXX /path/to/temp-file"
    replaced = replace_placeholders(text, random.Random(seed))
    assert not re.search(r"[{}]|PATH|REMOTE|Atomics|TXXXX|/path/to", replaced)
    assert ".exe" in replaced
    assert ".txt" in replaced


def test_braces_of_the_command_itself_stay():
    assert replace_placeholders("gci | % {$_.Name} {OTHER:.x}", random.Random(0)) == "gci | % {$_.Name} {OTHER:.x}"


def test_a_command_prompt_command_becomes_process_creations(entries):
    kinds = [r.kind for r in rendered(entries["lolbas/certutil"])]
    assert kinds == ["sysmon:1", "security:4688"]
    for record in rendered(entries["lolbas/certutil"]):
        assert "-urlcache -f http" in text(record)


def test_a_script_becomes_a_script_block_and_its_specific_lines(entries):
    block, *rest = rendered(entries["atomic/T1059.001"])
    assert block.kind == "powershell:4104"
    assert dict(block.fields)["ScriptBlockText"].startswith("$x = 'a'")
    assert len(rest) == 2
    assert all("DownloadString" in text(r) and "$x = 'a'" not in text(r) for r in rest)


def test_a_unix_command_becomes_audit_and_sudo_events(entries):
    records = rendered(entries["gtfobins/tar"])
    assert [r.kind for r in records] == ["audit:execve", "sudo"]
    assert all("tar" in text(r) for r in records)


def test_a_request_becomes_an_access_line(entries):
    (record,) = rendered(entries["fwaf/sqli"])
    assert record.family == "web"
    assert "union" in text(record)
